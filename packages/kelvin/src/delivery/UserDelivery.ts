/**
 * Brings one user to one target: one search, then a new user, a change of what differs, a removal, or nothing. Repeating
 * it is harmless: it always looks first at what the target has.
 */

import type { Aside } from "@id-connector/core/changes/Aside"
import type { UserObject } from "@id-connector/core/changes/ListenerObject"
import {
  type DeliveryError,
  ReferencesUnknown,
  TargetFailed,
  TargetRefused
} from "@id-connector/core/targets/DeliveryError"
import type { Delivered, Delivery, Outcome } from "@id-connector/core/targets/Plugin"
import { Effect, Option, Random, Redacted } from "effect"
import * as KelvinBody from "../client/KelvinBody.js"
import type { NotFound } from "../client/KelvinError.js"
import type { KelvinUser } from "../client/KelvinUser.js"
import * as Differences from "./Differences.js"
import * as Receipt from "./Receipt.js"
import type { Target } from "./Target.js"
import * as UserChange from "./UserChange.js"
import * as UserPlan from "./UserPlan.js"

export const deliver = Effect.fnUntraced(function* (
  target: Target,
  user: UserObject,
  delivery: Delivery
): Effect.fn.Return<Delivered, DeliveryError> {
  const plan = yield* UserPlan.decide(target, user, delivery)
  switch (plan._tag) {
    case "Nothing":
      return delivered("absent", { detail: plan.detail })
    case "Remove": {
      yield* delivery.mayDelete
      const wasThere = yield* target.client.deleteUser(plan.found.name)
      return delivered(wasThere ? "removed" : "absent", { detail: plan.detail })
    }
    case "Create":
      return delivery.aside === null
        ? yield* sayingWho(target, plan.wanted, create(target, plan.wanted, delivery))
        : delivered("stepped aside")
    case "Modify":
      return delivery.aside === null
        ? yield* sayingWho(target, plan.wanted, modify(target, plan, delivery))
        : yield* stepAside(target, plan.found, delivery.aside)
  }
})

/** When another account is in the way, whoever reads that wants to know which. */
const sayingWho = <A>(
  target: Target,
  { identities, mapped }: UserPlan.Wanted,
  delivery: Effect.Effect<A, DeliveryError>
): Effect.Effect<A, DeliveryError> =>
  Effect.catchIf(
    delivery,
    (error): error is TargetRefused => error instanceof TargetRefused && error.isConflict,
    (refused) =>
      Effect.gen(function* () {
        const { email, name } = mapped.attributes
        const found = [
          ...(typeof name === "string" ? Option.toArray(yield* target.client.getUser(name)) : []),
          ...(typeof email === "string" && email !== "" ? yield* target.client.usersWithEmail(email) : [])
        ]
        const others = found.filter(
          (user) => !identities.some(({ record_uid }) => record_uid.toLowerCase() === user.record_uid?.toLowerCase())
        )
        const who = [...new Set(others.map(accountOf))].join("; ")
        return yield* new TargetRefused({
          detail: who === "" ? refused.detail : `${refused.detail} (in the way: ${who})`,
          evidence: refused.evidence,
          isConflict: true
        })
      })
  )

const accountOf = ({ email, name, record_uid, source_uid }: KelvinUser): string =>
  `account ${name}, record_uid ${record_uid ?? "none"}, source_uid ${source_uid ?? "none"}, email ${email ?? "none"}`

/** Gives up what others need: the account has temporary names until they have been delivered. */
const stepAside = Effect.fnUntraced(function* (
  target: Target,
  { name }: KelvinUser,
  { hasNoEmail, recordUid, username }: Aside
): Effect.fn.Return<Delivered, DeliveryError> {
  const body = {
    ...(username === null ? {} : { name: username }),
    ...(recordUid === null ? {} : { record_uid: recordUid }),
    ...(hasNoEmail ? { email: null } : {})
  }
  yield* Effect.catchTag(
    target.client.patchUser(name, KelvinBody.encode(target.urls, body, { hashes: null, password: null })),
    "NotFound",
    (gone) => Effect.fail(vanished(gone))
  )
  return delivered("stepped aside", {
    detail: `has ${Object.entries(body)
      .map(([attribute, value]) => `${attribute} ${value ?? "none"}`)
      .join(", ")} until others have been delivered`
  })
})

/** What is to be said of a delivery. */
type Asked = Pick<Delivery, "wantsDifferences">

/** It was there a moment ago: the next attempt looks again. */
const vanished = ({ detail, evidence }: NotFound) =>
  new TargetFailed({ detail: `the user vanished meanwhile: ${detail}`, evidence })

const create = Effect.fnUntraced(function* (
  target: Target,
  wanted: UserPlan.Wanted,
  asked: Asked
): Effect.fn.Return<Delivered, DeliveryError> {
  const { choice, digest, hashes, mapped } = wanted
  const said = { warnings: mapped.warnings, mapping: choice.name }
  // A new account holds nothing of earlier deliveries.
  const receipt = Receipt.encode(Receipt.after(Receipt.nothing, mapped, digest))
  const password = mapped.randomPassword && hashes === null ? yield* randomPassword : null
  const body = UserChange.creation(mapped)
  return yield* withKnownReferences(target, body, (body) =>
    target.client.createUser(KelvinBody.encode(target.urls, body, { hashes, password }))
  ).pipe(
    Effect.flatMap(
      partly(() =>
        delivered("created", {
          ...said,
          receipt,
          changed: [...Object.keys(body), ...secretsOf(hashes, password)],
          ...Differences.wanted(asked, mapped, () => body, {})
        })
      )
    ),
    // An earlier delivery that was cut off has created the user, or somebody else has just now.
    Effect.catchTag("AlreadyExists", (conflict) =>
      Effect.gen(function* () {
        const own = yield* findAgain(target, String(body.name ?? ""), wanted.identities)
        return own === null
          ? yield* new TargetRefused({ detail: conflict.detail, evidence: conflict.evidence, isConflict: true })
          : yield* modify(target, UserPlan.modification({ ...wanted, hasHashes: false }, own), asked)
      })
    )
  )
})

const modify = Effect.fnUntraced(function* (
  target: Target,
  { found, isNewPassword, patch, wanted }: UserPlan.Modify,
  asked: Asked
): Effect.fn.Return<Delivered, DeliveryError> {
  const { choice, digest, hashes, mapped } = wanted
  const said = { warnings: mapped.warnings, mapping: choice.name }
  const receipt = Receipt.encode(Receipt.after(wanted.receipt, mapped, digest))
  if (patch === null && !isNewPassword) return delivered("unchanged", { ...said, receipt, changed: [] })
  const changed = [...Object.keys(patch ?? {}), ...secretsOf(isNewPassword ? hashes : null, null)]
  return yield* withKnownReferences(target, patch ?? {}, (body) =>
    target.client.patchUser(
      found.name,
      KelvinBody.encode(target.urls, body, { hashes: isNewPassword ? hashes : null, password: null })
    )
  ).pipe(
    Effect.flatMap(
      partly(() =>
        delivered("modified", {
          ...said,
          receipt,
          changed,
          ...Differences.wanted(asked, mapped, () => patch ?? {}, found)
        })
      )
    ),
    Effect.catchTag("NotFound", (gone) => Effect.fail(vanished(gone)))
  )
})

/** After "exists already": by identity, else by name if that account has one of the identities. */
const findAgain = Effect.fnUntraced(function* (
  target: Target,
  name: string,
  identities: ReadonlyArray<UserPlan.Identity>
) {
  const found = yield* UserPlan.findFirst(target, identities)
  if (found !== null || name === "") return found
  const named = Option.getOrNull(yield* target.client.getUser(name))
  const isOwn = identities.some(
    ({ record_uid, source_uid }) =>
      named?.record_uid?.toLowerCase() === record_uid.toLowerCase() &&
      named.source_uid?.toLowerCase() === source_uid.toLowerCase()
  )
  return isOwn ? named : null
})

/** Attributes that name other users. */
export const references = ["legal_guardians", "legal_wards"] as const

interface Unknown {
  readonly attribute: string
  readonly names: ReadonlyArray<string>
}

/**
 * Writes; when the target refuses it and lacks users that the body names, writes again without these, and says which they
 * were.
 */
const withKnownReferences = <A, E>(
  target: Target,
  body: UserChange.UserAttributes,
  write: (body: UserChange.UserAttributes) => Effect.Effect<A, E | TargetRefused>
): Effect.Effect<ReadonlyArray<Unknown>, E | DeliveryError> =>
  Effect.as(write(body), []).pipe(
    Effect.catchIf(
      (error): error is TargetRefused => error instanceof TargetRefused && error.evidence.status === 400,
      (refused) =>
        Effect.gen(function* () {
          const unknown: Array<Unknown> = []
          for (const attribute of references) {
            const named = namesIn(body[attribute])
            const missing = named.length === 0 ? [] : yield* target.client.unknownUsers(named)
            const refusedNames = named.filter(
              (name) => refused.detail.includes(`Couldn't find`) && refused.detail.includes(` ${name} for `)
            )
            const names = [...new Set([...missing, ...refusedNames])]
            if (names.length > 0) unknown.push({ attribute, names })
          }
          if (unknown.length === 0) return yield* refused
          const reduced = { ...body }
          for (const { attribute, names: unknownNames } of unknown) {
            const names = new Set(unknownNames)
            Object.assign(reduced, { [attribute]: namesIn(body[attribute]).filter((name) => !names.has(name)) })
          }
          yield* write(reduced)
          return unknown
        })
    )
  )

export const namesIn = (value: unknown): ReadonlyArray<string> =>
  Array.isArray(value) ? value.filter((name) => typeof name === "string") : []

/** Delivered wholly, or all but some references. */
const partly =
  (whole: () => Delivered) =>
  (unknown: ReadonlyArray<Unknown>): Effect.Effect<Delivered, ReferencesUnknown> =>
    unknown.length === 0
      ? Effect.succeed(whole())
      : Effect.fail(
          new ReferencesUnknown({
            attribute: unknown.map(({ attribute }) => attribute).join(", "),
            names: unknown.flatMap(({ names }) => names)
          })
        )

export const delivered = (outcome: Outcome, more: Partial<Delivered> = {}): Delivered => ({
  outcome,
  detail: null,
  warnings: [],
  receipt: null,
  ...more
})

/** Under which names secrets are sent. */
const secretsOf = (hashes: unknown, password: unknown): ReadonlyArray<string> => [
  ...(hashes === null ? [] : ["kelvin_password_hashes"]),
  ...(password === null ? [] : ["password"])
]

const passwordCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

/** 15 characters: nobody is to know it, the user sets another one. */
const randomPassword = Effect.map(
  Effect.forEach(Array.from({ length: 15 }), () => Random.nextIntBetween(0, passwordCharacters.length)),
  (indices) => Redacted.make(indices.map((index) => passwordCharacters[index]).join(""))
)
