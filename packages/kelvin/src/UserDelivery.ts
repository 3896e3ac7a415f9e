/**
 * Brings one user to one target: one search, then a new user, a change of what differs, a removal, or nothing. Repeating
 * it is harmless: it always looks first at what the target has.
 */
import * as AttributeMapping from "@id-connector/core/AttributeMapping"
import {
  type DeliveryError,
  ObjectUndeliverable,
  ReferencesUnknown,
  TargetFailed,
  TargetRefused
} from "@id-connector/core/DeliveryError"
import type { ChangedUser, RemovedUser } from "@id-connector/core/ListenerObject"
import * as MappingChoice from "@id-connector/core/MappingChoice"
import type { Delivered, Delivery, Outcome } from "@id-connector/core/Plugin"
import type { PreviousUser } from "@id-connector/core/PreviousState"
import * as SchoolName from "@id-connector/core/SchoolName"
import { Effect, Either, Option, Random, Redacted } from "effect"
import * as KelvinBody from "./KelvinBody.js"
import type { KelvinUser } from "./KelvinUser.js"
import type { Target } from "./Target.js"
import * as UserChange from "./UserChange.js"

/** What names a user at a target. */
interface Identity {
  readonly record_uid: string
  readonly source_uid: string
}

export const deliver = (target: Target, delivery: Delivery): Effect.Effect<Delivered, DeliveryError> => {
  const { object } = delivery
  switch (object._tag) {
    case "ChangedUser":
      return change(target, object, delivery)
    case "RemovedUser":
      return remove(target, object, delivery)
    case "ChangedGroup":
    case "RemovedGroup":
      return Effect.succeed(delivered("ignored", { detail: "not a user" }))
  }
}

const remove = Effect.fnUntraced(function* (target: Target, user: RemovedUser, delivery: Delivery) {
  if (user.previous === null) return delivered("absent", { detail: "nothing is known of the user's identity" })
  const identities = yield* identitiesOf(target, [user.previous, ...delivery.aliases])
  return yield* removeFirst(target, identities, delivery, null)
})

const change = Effect.fnUntraced(function* (target: Target, user: ChangedUser, delivery: Delivery) {
  const schools = yield* target.schoolsFor(user.schools)
  const current = { record_uid: user.recordUid, source_uid: user.sourceUid, schools: user.schools }
  const states = [...Option.toArray(Option.fromNullable(user.previous)), ...delivery.aliases, current]
  const identities = yield* identitiesOf(target, states)
  if (SchoolName.intersect(user.schools, schools).length === 0) {
    return yield* removeFirst(target, identities, delivery, "the target has none of the user's schools")
  }
  if (!user.recordUid) {
    return yield* new ObjectUndeliverable({ reasons: ["ucsschoolRecordUID: the user has none"] })
  }
  const mapped = yield* map(target, user, schools)
  const hashes = target.settings.syncPasswordHashes ? user.hashes : null
  const digest = hashes === null ? null : yield* target.digest(hashes)
  const found = yield* findFirst(target, identities)
  if (found !== null && delivery.recreate) yield* target.client.deleteUser(found.name)
  const write = { target, user, mapped, hashes, digest, receipt: delivery.receipt }
  return found === null || delivery.recreate ? yield* create(write, identities) : yield* modify(write, found)
})

interface Write {
  readonly target: Target
  readonly user: ChangedUser
  readonly mapped: AttributeMapping.Mapped
  readonly hashes: ChangedUser["hashes"]
  readonly digest: string | null
  readonly receipt: string | null
}

const create = (write: Write, identities: ReadonlyArray<Identity>): Effect.Effect<Delivered, DeliveryError> =>
  Effect.gen(function* () {
    const { digest, hashes, mapped, target } = write
    const password = mapped.randomPassword && hashes === null ? yield* randomPassword : null
    const body = UserChange.creation(mapped)
    return yield* withKnownReferences(target, body, (body) =>
      target.client.createUser(KelvinBody.encode(target.urls, body, { hashes, password }))
    ).pipe(
      Effect.flatMap(partly(() => delivered("created", { receipt: digest, warnings: mapped.warnings }))),
      // An earlier delivery that was cut off has created the user, or somebody else has just now.
      Effect.catchTag("AlreadyExists", (conflict) =>
        Effect.gen(function* () {
          const own = yield* findAgain(target, String(body.name ?? ""), identities)
          return own === null
            ? yield* new TargetRefused({ detail: conflict.detail, evidence: conflict.evidence })
            : yield* modify({ ...write, receipt: null }, own)
        })
      )
    )
  })

const modify = (write: Write, found: KelvinUser): Effect.Effect<Delivered, DeliveryError> =>
  Effect.gen(function* () {
    const { digest, hashes, mapped, receipt, target } = write
    const patch = UserChange.modification(mapped, found)
    const isNewPassword = digest !== null && digest !== receipt
    if (patch === null && !isNewPassword) {
      return delivered("unchanged", { receipt: digest, warnings: mapped.warnings })
    }
    return yield* withKnownReferences(target, patch ?? {}, (body) =>
      target.client.patchUser(
        found.name,
        KelvinBody.encode(target.urls, body, { hashes: isNewPassword ? hashes : null, password: null })
      )
    ).pipe(
      Effect.flatMap(partly(() => delivered("modified", { receipt: digest, warnings: mapped.warnings }))),
      Effect.catchTag("NotFound", (gone) =>
        // It was there a moment ago: the next attempt looks again.
        Effect.fail(
          new TargetFailed({ detail: `the user vanished meanwhile: ${gone.detail}`, evidence: gone.evidence })
        )
      )
    )
  })

const map = (target: Target, user: ChangedUser, schools: SchoolName.SchoolSet) =>
  Effect.gen(function* () {
    const choice = MappingChoice.choose(
      user.contextRoles,
      yield* target.handledSchools,
      new Set(Object.keys(target.settings.mapping))
    )
    const mapping = Option.isNone(choice) ? undefined : target.settings.mapping[choice.value.name]
    if (mapping === undefined) {
      return yield* new ObjectUndeliverable({
        reasons: ['mapping: there is no "users", and none for a role of the user']
      })
    }
    const facts = {
      schools,
      roles: yield* target.client.roles,
      layout: target.layout,
      sourceUid: yield* target.sourceUid,
      hashesAreSent: target.settings.syncPasswordHashes
    }
    return yield* Either.mapLeft(
      AttributeMapping.mapUser(user, mapping, facts),
      (reasons) => new ObjectUndeliverable({ reasons })
    )
  })

/** The complete identities among states, each once, in their order. The source UID falls back to the connector's own. */
const identitiesOf = (target: Target, states: ReadonlyArray<PreviousUser>) =>
  Effect.flatMap(target.sourceUid, (sourceUid) => {
    const identities = new Map<string, Identity>()
    for (const { record_uid, source_uid } of states) {
      const identity = { record_uid: record_uid ?? "", source_uid: source_uid || sourceUid }
      const key = JSON.stringify(identity)
      if (identity.record_uid !== "" && identity.source_uid !== "" && !identities.has(key))
        identities.set(key, identity)
    }
    return identities.size === 0
      ? Effect.fail(
          new ObjectUndeliverable({
            reasons: ["ucsschoolRecordUID: the user has none, so it can't be found at the target"]
          })
        )
      : Effect.succeed([...identities.values()])
  })

/** The user that the target has under the first of the identities that it knows. */
const findFirst = (
  target: Target,
  identities: ReadonlyArray<Identity>
): Effect.Effect<KelvinUser | null, DeliveryError> =>
  Effect.gen(function* () {
    for (const identity of identities) {
      const [user, ...others] = yield* target.client.findUsers(identity)
      if (others.length > 0 && user !== undefined) {
        const names = [user, ...others].map(({ name }) => name).join(", ")
        return yield* new ObjectUndeliverable({
          reasons: [
            `not unique: the target has several users with record_uid ${identity.record_uid} and source_uid ${identity.source_uid}: ${names}`
          ]
        })
      }
      if (user !== undefined) return user
    }
    return null
  })

/** After "exists already": by identity, else by name if that account has one of the identities. */
const findAgain = (target: Target, name: string, identities: ReadonlyArray<Identity>) =>
  Effect.gen(function* () {
    const found = yield* findFirst(target, identities)
    if (found !== null || name === "") return found
    const named = Option.getOrNull(yield* target.client.getUser(name))
    const isOwn = identities.some(
      ({ record_uid, source_uid }) =>
        named?.record_uid?.toLowerCase() === record_uid.toLowerCase() &&
        named.source_uid?.toLowerCase() === source_uid.toLowerCase()
    )
    return isOwn ? named : null
  })

const removeFirst = (
  target: Target,
  identities: ReadonlyArray<Identity>,
  { mayDelete }: Delivery,
  detail: string | null
) =>
  Effect.gen(function* () {
    const found = yield* findFirst(target, identities)
    if (found === null) return delivered("absent", { detail })
    yield* mayDelete
    const wasThere = yield* target.client.deleteUser(found.name)
    return delivered(wasThere ? "removed" : "absent", { detail })
  })

/** Attributes that name other users. */
const references = ["legal_guardians", "legal_wards"] as const

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
          for (const { attribute, names } of unknown) {
            Object.assign(reduced, { [attribute]: namesIn(body[attribute]).filter((name) => !names.includes(name)) })
          }
          yield* write(reduced)
          return unknown
        })
    )
  )

const namesIn = (value: unknown): ReadonlyArray<string> =>
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

const passwordCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

/** 15 characters: nobody is to know it, the user sets another one. */
const randomPassword = Effect.map(
  Effect.forEach(Array.from({ length: 15 }), () => Random.nextIntBetween(0, passwordCharacters.length)),
  (indices) => Redacted.make(indices.map((index) => passwordCharacters[index]).join(""))
)
