/** Brings one school class to one target: found by the names in its DN, then created, changed, removed, or left alone. */

import type { Aside } from "@id-connector/core/changes/Aside"
import type { GroupObject } from "@id-connector/core/changes/ListenerObject"
import type { SchoolClass } from "@id-connector/core/schools/SchoolClass"
import {
  type DeliveryError,
  ReferencesUnknown,
  TargetFailed,
  TargetRefused
} from "@id-connector/core/targets/DeliveryError"
import type { Delivered, Delivery } from "@id-connector/core/targets/Plugin"
import { Effect, Option } from "effect"
import * as KelvinBody from "../client/KelvinBody.js"
import { UnresolvedReference } from "../client/KelvinError.js"
import * as ClassPlaces from "./ClassPlaces.js"
import * as ClassPlan from "./ClassPlan.js"
import * as Differences from "./Differences.js"
import { sameSet } from "./Equality.js"
import * as Receipt from "./Receipt.js"
import type { Target } from "./Target.js"
import { delivered } from "./UserDelivery.js"

export const deliver = (
  target: Target,
  group: GroupObject,
  delivery: Delivery
): Effect.Effect<Delivered, DeliveryError> =>
  Effect.gen(function* () {
    if (delivery.aside !== null) return yield* stepAside(target, group, delivery.aside)
    const plan = yield* ClassPlan.decide(target, group, delivery)
    switch (plan._tag) {
      case "Nothing":
        return delivered("ignored", { detail: plan.detail })
      case "Remove": {
        const wasThere = yield* remove(target, plan.places, delivery)
        return delivered(wasThere ? "removed" : "absent", { detail: plan.detail })
      }
      case "Create":
        return yield* Effect.zipLeft(create(target, plan, delivery), remove(target, plan.leftovers, delivery))
      case "Modify":
        return yield* Effect.zipLeft(modify(target, plan, delivery), remove(target, plan.leftovers, delivery))
    }
  })

/** Answers whether any of them was there. */
const remove = (
  target: Target,
  places: ReadonlyArray<SchoolClass>,
  { mayDelete }: Pick<Delivery, "mayDelete">
): Effect.Effect<boolean, DeliveryError> =>
  places.length === 0
    ? Effect.succeed(false)
    : Effect.zipRight(
        mayDelete,
        Effect.map(
          Effect.forEach(places, ({ name, school }) => target.client.deleteClass(school, name)),
          (were) => were.includes(true)
        )
      )

/** Gives the class its temporary name, where the target has it. */
const stepAside = (target: Target, group: GroupObject, { className }: Aside): Effect.Effect<Delivered, DeliveryError> =>
  Effect.gen(function* () {
    const { formers } = yield* ClassPlaces.find(target, group)
    const [own] = yield* ClassPlaces.existing(target, group, formers)
    if (own === undefined || className === null) return delivered("stepped aside")
    yield* Effect.catchTags(target.client.patchClass(own.school, own.name, { name: className }), {
      NotFound: ({ detail, evidence }) => Effect.fail(new TargetFailed({ detail, evidence })),
      UnresolvedReference: ({ detail, evidence }) => Effect.fail(new TargetRefused({ detail, evidence }))
    })
    return delivered("stepped aside", { detail: `has the name ${className} until others have been delivered` })
  })

/** What is to be said of a delivery. */
type Asked = Pick<Delivery, "wantsDifferences">

const create = (
  target: Target,
  { body, users, wanted }: Extract<ClassPlan.ClassPlan, { readonly _tag: "Create" }>,
  asked: Asked
): Effect.Effect<Delivered, DeliveryError> =>
  Effect.gen(function* () {
    const { name, school } = wanted.place
    const said = { mapping: "school_classes" }
    // A new class holds nothing of earlier deliveries.
    const receipt = Receipt.encode(Receipt.after(Receipt.nothing, wanted.mapped, null))
    const whole = users === null ? body : { ...body, users }
    return yield* withKnownMembers(target, users, { school, atTarget: [] }, (known) =>
      target.client.createClass(KelvinBody.encodeClass(target.urls, known === null ? body : { ...body, users: known }))
    ).pipe(
      Effect.flatMap(
        partly(
          delivered("created", {
            ...said,
            receipt,
            changed: Object.keys(whole),
            ...Differences.wanted(asked, wanted.mapped, () => whole, {})
          })
        )
      ),
      Effect.catchTag("AlreadyExists", (conflict) =>
        Effect.gen(function* () {
          const found = Option.getOrNull(yield* target.client.findClass(school, name))
          return found === null
            ? yield* new TargetRefused({ detail: conflict.detail, evidence: conflict.evidence, isConflict: true })
            : yield* modify(target, yield* ClassPlan.modification(wanted, found), asked)
        })
      )
    )
  })

const modify = (
  target: Target,
  { found, patch, users, wanted }: ClassPlan.Modify,
  asked: Asked
): Effect.Effect<Delivered, DeliveryError> => {
  const receipt = Receipt.encode(Receipt.after(wanted.receipt, wanted.mapped, null))
  const isOnlyMembers = Object.keys(patch).length === 0
  const said = { receipt, mapping: "school_classes" }
  if (users === null && isOnlyMembers) return Effect.succeed(delivered("unchanged", { ...said, changed: [] }))
  const changed = [...Object.keys(patch), ...(users === null ? [] : ["users"])]
  return withKnownMembers(target, users, { school: wanted.place.school, atTarget: found.users }, (known) =>
    // Without those the target lacks, nothing may be left to change.
    isOnlyMembers && known !== null && sameSet(known, found.users)
      ? Effect.void
      : target.client.patchClass(
          wanted.place.school,
          found.name,
          KelvinBody.encodeClass(target.urls, known === null ? patch : { ...patch, users: known })
        )
  ).pipe(
    Effect.flatMap(
      partly(
        delivered("modified", {
          ...said,
          changed,
          ...Differences.wanted(asked, wanted.mapped, () => (users === null ? patch : { ...patch, users }), found)
        })
      )
    ),
    Effect.catchTag("NotFound", (gone) =>
      // It was there a moment ago: the next attempt looks again.
      Effect.fail(new TargetFailed({ detail: `the class vanished meanwhile: ${gone.detail}`, evidence: gone.evidence }))
    )
  )
}

/** What is known of members before a class is written. */
interface Known {
  readonly school: string
  /** Members that the target has: those of the class as it is there. */
  readonly atTarget: ReadonlyArray<string>
}

/** Of many, so many unknown ones are found by their names in the target's refusals. When there are more, it is asked for all at once. */
const namedOneByOne = 2

/** So many members are asked for one by one. Of more, those who are not of the school count as unknown. */
const askedOneByOne = 20

/**
 * Writes with all members; when the target lacks some, finds out which with few requests, and writes without these. Answers with
 * those that are missing.
 */
const withKnownMembers = <E>(
  target: Target,
  users: ReadonlyArray<string> | null,
  known: Known,
  write: (users: ReadonlyArray<string> | null) => Effect.Effect<unknown, E | UnresolvedReference>,
  refusals = 1
): Effect.Effect<ReadonlyArray<string>, Exclude<E, UnresolvedReference> | DeliveryError> =>
  write(users).pipe(
    Effect.as<ReadonlyArray<string>>([]),
    Effect.catchIf(
      (error): error is UnresolvedReference => error instanceof UnresolvedReference,
      (reference) =>
        Effect.gen(function* () {
          if (reference.type !== "user") {
            return yield* new TargetRefused({ detail: reference.detail, evidence: reference.evidence })
          }
          const all = users ?? []
          const uncertain = uncertainOf(all, known)
          const isToAsk = refusals > namedOneByOne || uncertain.length <= askedOneByOne
          const others = isToAsk ? yield* unknownAmong(target, uncertain, known) : []
          const missing = new Set([...others, reference.name].map(lowerCase))
          const rest = all.filter((name) => !missing.has(lowerCase(name)))
          if (users === null || rest.length === all.length) {
            return yield* new TargetRefused({ detail: reference.detail, evidence: reference.evidence })
          }
          const later = yield* withKnownMembers(target, rest, known, write, refusals + 1)
          return [...all.filter((name) => missing.has(lowerCase(name))), ...later]
        })
    )
  )

/** Those that are not members at the target already. */
const uncertainOf = (users: ReadonlyArray<string>, { atTarget }: Known): ReadonlyArray<string> => {
  const there = new Set(atTarget.map(lowerCase))
  return users.filter((name) => !there.has(lowerCase(name)))
}

const unknownAmong = (target: Target, uncertain: ReadonlyArray<string>, { school }: Known) =>
  Effect.gen(function* () {
    if (uncertain.length <= askedOneByOne) return yield* target.client.unknownUsers(uncertain)
    const ofSchool = yield* target.client.namesOfSchool(school)
    const elsewhere = uncertain.filter((name) => !ofSchool.has(lowerCase(name)))
    return elsewhere.length <= askedOneByOne ? yield* target.client.unknownUsers(elsewhere) : elsewhere
  })

const lowerCase = (name: string) => name.toLowerCase()

/** Delivered wholly, or all but some members. */
const partly =
  (whole: Delivered) =>
  (missing: ReadonlyArray<string>): Effect.Effect<Delivered, ReferencesUnknown> =>
    missing.length === 0
      ? Effect.succeed(whole)
      : Effect.fail(new ReferencesUnknown({ attribute: "users", names: missing }))
