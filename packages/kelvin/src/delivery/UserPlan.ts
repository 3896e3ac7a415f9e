/**
 * What is to be done about a user at a target: decided from what the target has now, nothing is written. A delivery carries
 * a plan out, a preview shows it.
 */

import * as Belonging from "@id-connector/core/changes/Belonging"
import type { ChangedUser, RemovedUser, UserObject } from "@id-connector/core/changes/ListenerObject"
import type { PreviousUser } from "@id-connector/core/changes/PreviousState"
import type { PasswordHashes } from "@id-connector/core/directory/PasswordHashes"
import * as AttributeMapping from "@id-connector/core/mapping/AttributeMapping"
import * as MappingChoice from "@id-connector/core/mapping/MappingChoice"
import * as SchoolName from "@id-connector/core/schools/SchoolName"
import { type DeliveryError, ObjectUndeliverable } from "@id-connector/core/targets/DeliveryError"
import { sayWhy } from "@id-connector/core/targets/Outcomes"
import type { Delivery, Undelivered } from "@id-connector/core/targets/Plugin"
import { Effect, Either, Option } from "effect"
import type { KelvinUser } from "../client/KelvinUser.js"
import * as Variation from "../settings/Variation.js"
import * as Receipt from "./Receipt.js"
import * as Target from "./Target.js"
import * as UserChange from "./UserChange.js"

/** What names a user at a target. */
export interface Identity {
  readonly record_uid: string
  readonly source_uid: string
}

/** What a user is to be like at the target. */
export interface Wanted {
  readonly choice: MappingChoice.MappingChoice
  readonly mapped: AttributeMapping.Mapped
  /** Null: they are unknown, or not synchronised. */
  readonly hashes: ChangedUser["hashes"]
  /** Keyed digest of `hashes`. */
  readonly digest: string | null
  /** Of the last delivery. */
  readonly receipt: Receipt.Receipt
  /** The target has these hashes, as far as is known. */
  readonly hasHashes: boolean
  /** The identities under which the user may be found, the first one first. */
  readonly identities: ReadonlyArray<Identity>
}

export type UserPlan =
  | { readonly _tag: "Nothing"; readonly detail: string | null }
  | { readonly _tag: "Remove"; readonly found: KelvinUser; readonly detail: string | null }
  | { readonly _tag: "Create"; readonly wanted: Wanted }
  | Modify

export interface Modify {
  readonly _tag: "Modify"
  readonly wanted: Wanted
  readonly found: KelvinUser
  /** Null: the attributes agree. */
  readonly patch: UserChange.UserAttributes | null
  readonly isNewPassword: boolean
}

/** What a plan is made from besides the object. A preview knows less than a delivery. */
type Facts = Undelivered & Partial<Pick<Delivery, "aside" | "contested">>

export const decide = (
  target: Target.Target,
  user: UserObject,
  delivery: Facts
): Effect.Effect<UserPlan, DeliveryError> =>
  user._tag === "ChangedUser" ? change(target, user, delivery) : remove(target, user, delivery)

const remove = Effect.fnUntraced(function* (target: Target.Target, user: RemovedUser, delivery: Undelivered) {
  if (user.previous === null) return nothing(sayWhy("identity_unknown").text)
  const identities = yield* identitiesOf(target, [user.previous, ...delivery.aliases])
  return yield* removal(target, delivery, yield* findFirst(target, identities), null)
})

const nothing = (detail: string | null): UserPlan => ({ _tag: "Nothing", detail })

const removal = Effect.fnUntraced(function* (
  target: Target.Target,
  delivery: Undelivered,
  found: KelvinUser | null,
  detail: string | null
) {
  if (found === null) return nothing(detail)
  return (yield* isAnothers(target, delivery, found))
    ? nothing(sayWhy("account_of_another", { account: found.name }).text)
    : ({ _tag: "Remove", found, detail } as const)
})

/** Another object of the source was delivered under the account's ids, later than this one or at the same time. */
const isAnothers = Effect.fnUntraced(function* (
  target: Target.Target,
  { othersWith }: Undelivered,
  account: KelvinUser
) {
  if (!account.record_uid) return false
  const others = yield* othersWith(account.record_uid)
  const own = yield* target.sourceUid
  return others.some((sourceUid) => (sourceUid ?? own).toLowerCase() === account.source_uid?.toLowerCase())
})

const change = Effect.fnUntraced(function* (target: Target.Target, user: ChangedUser, delivery: Facts) {
  const listed = yield* target.schoolsFor(user.schools)
  const hasNone = SchoolName.intersect(user.schools, listed).length === 0
  const known = hasNone ? yield* target.askedFor(listed, user.schools) : listed
  const current = { record_uid: user.recordUid, source_uid: user.sourceUid, schools: user.schools }
  const earlier = Belonging.states(user.previous, delivery.aliases)
  if (delivery.contested?.has("record") === true && !earlier.some(({ record_uid }) => record_uid === user.recordUid)) {
    return yield* new ObjectUndeliverable({
      reasons: [
        `the record UID ${user.recordUid} still belongs to another user of the source directory at the target, whose change is a dead letter: retry that one first, then this one`
      ]
    })
  }
  // It may have stepped aside before the connector could remember that.
  const recordUid = delivery.aside?.recordUid ?? null
  const aside = recordUid === null ? [] : earlier.map((state) => ({ ...state, record_uid: recordUid }))
  const identities = yield* identitiesOf(target, [...aside, ...earlier, current])
  const found = yield* findFirst(target, identities)
  if (SchoolName.intersect(user.schools, known).length === 0) {
    return yield* removal(target, delivery, found, sayWhy("no_school_there").text)
  }
  if (!user.recordUid) {
    return yield* new ObjectUndeliverable({ reasons: ["ucsschoolRecordUID: the user has none"] })
  }
  // Leaving a school takes its classes along: it must be gone, not only from a list.
  const own = SchoolName.makeSet(user.schools)
  const schools = yield* target.askedFor(known, found?.schools.filter(own.has) ?? [])
  const receipt = Receipt.decode(delivery.receipt)
  const { choice, mapped } = yield* map(target, user, schools, Receipt.earlier(receipt, delivery))
  const hashes = target.settings.syncPasswordHashes ? user.hashes : null
  const digest = hashes === null ? null : yield* target.digest(hashes)
  const hasHashes = hashes !== null && !delivery.sendAgain && (yield* isDelivered(target, hashes, receipt))
  const wanted: Wanted = { choice, mapped, hashes, digest, receipt, hasHashes, identities }
  return found === null ? ({ _tag: "Create", wanted } as const) : modification(wanted, found)
})

/** How to bring a user that the target has to what is wanted. */
export const modification = (wanted: Wanted, found: KelvinUser): Modify => ({
  _tag: "Modify",
  wanted,
  found,
  patch: UserChange.modification(wanted.mapped, found),
  isNewPassword: wanted.hashes !== null && !wanted.hasHashes
})

const isDelivered = (
  target: Target.Target,
  hashes: PasswordHashes,
  { hashes: delivered, hashesAnywhere }: Receipt.Receipt
) =>
  hashesAnywhere === null
    ? Effect.map(target.digest(hashes), (digest) => digest === delivered)
    : Effect.map(target.digestAnywhere(hashes), (digest) => digest === hashesAnywhere)

const map = Effect.fnUntraced(function* (
  target: Target.Target,
  user: ChangedUser,
  schools: SchoolName.SchoolSet,
  earlier: AttributeMapping.Earlier
) {
  const choice = MappingChoice.choose(
    user.contextRoles,
    yield* target.handledSchools,
    new Set(Object.keys(target.settings.mapping))
  )
  const mapping = Option.isNone(choice) ? undefined : target.settings.mapping[choice.value.name]
  if (Option.isNone(choice) || mapping === undefined) {
    return yield* new ObjectUndeliverable({
      reasons: ['mapping: there is no "users", and none for a role of the user']
    })
  }
  const known = yield* Target.factsFor(target, schools)
  const facts = {
    own: yield* target.varied.userValues(user, Object.keys(mapping), known),
    schools,
    roles: yield* target.client.roles,
    layout: target.layout,
    sourceUid: yield* target.sourceUid,
    hashesAreSent: target.settings.syncPasswordHashes
  }
  const mapped = yield* Either.mapLeft(
    AttributeMapping.mapUser(user, mapping, facts, earlier),
    (reasons) => new ObjectUndeliverable({ reasons })
  )
  const { changeUser } = target.varied
  return {
    choice: choice.value,
    mapped:
      changeUser === null
        ? mapped
        : Variation.changed(mapped, yield* changeUser(Variation.wantedOf(mapped), user, known))
  }
})

/** The complete identities among states, each once, in their order. The source UID falls back to the connector's own. */
const identitiesOf = (target: Target.Target, states: ReadonlyArray<PreviousUser>) =>
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
export const findFirst = Effect.fnUntraced(function* (
  target: Target.Target,
  identities: ReadonlyArray<Identity>
): Effect.fn.Return<KelvinUser | null, DeliveryError> {
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
