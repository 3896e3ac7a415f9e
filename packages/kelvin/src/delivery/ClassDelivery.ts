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
import { sameSet } from "./Equality.js"
import * as Receipt from "./Receipt.js"
import type { Target } from "./Target.js"
import { delivered } from "./UserDelivery.js"

export const deliver = (
  target: Target,
  group: GroupObject,
  delivery: Delivery,
  chooseMembers: ClassPlan.ChooseMembers
): Effect.Effect<Delivered, DeliveryError> =>
  Effect.gen(function* () {
    if (delivery.aside !== null) return yield* stepAside(target, group, delivery.aside)
    const plan = yield* ClassPlan.decide(target, group, delivery, chooseMembers)
    switch (plan._tag) {
      case "Nothing":
        return delivered("ignored", { detail: plan.detail })
      case "Remove": {
        const wasThere = yield* remove(target, plan.places, delivery)
        return delivered(wasThere ? "removed" : "absent", { detail: plan.detail })
      }
      case "Create":
        return yield* Effect.zipLeft(create(target, plan), remove(target, plan.leftovers, delivery))
      case "Modify":
        return yield* Effect.zipLeft(modify(target, plan), remove(target, plan.leftovers, delivery))
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

const create = (
  target: Target,
  { body, users, wanted }: Extract<ClassPlan.ClassPlan, { readonly _tag: "Create" }>
): Effect.Effect<Delivered, DeliveryError> =>
  Effect.gen(function* () {
    const { name, school } = wanted.place
    // A new class holds nothing of earlier deliveries.
    const receipt = Receipt.encode(Receipt.after(Receipt.nothing, wanted.mapped, null))
    return yield* withKnownMembers(target, users, (known) =>
      target.client.createClass(KelvinBody.encodeClass(target.urls, known === null ? body : { ...body, users: known }))
    ).pipe(
      Effect.flatMap(partly(delivered("created", { receipt }))),
      Effect.catchTag("AlreadyExists", (conflict) =>
        Effect.gen(function* () {
          const found = Option.getOrNull(yield* target.client.findClass(school, name))
          return found === null
            ? yield* new TargetRefused({ detail: conflict.detail, evidence: conflict.evidence })
            : yield* modify(target, yield* ClassPlan.modification(wanted, found))
        })
      )
    )
  })

const modify = (
  target: Target,
  { found, patch, users, wanted }: ClassPlan.Modify
): Effect.Effect<Delivered, DeliveryError> => {
  const receipt = Receipt.encode(Receipt.after(wanted.receipt, wanted.mapped, null))
  const isOnlyMembers = Object.keys(patch).length === 0
  if (users === null && isOnlyMembers) return Effect.succeed(delivered("unchanged", { receipt }))
  return withKnownMembers(target, users, (known) =>
    // Without those the target lacks, nothing may be left to change.
    isOnlyMembers && known !== null && sameSet(known, found.users)
      ? Effect.void
      : target.client.patchClass(
          wanted.place.school,
          found.name,
          KelvinBody.encodeClass(target.urls, known === null ? patch : { ...patch, users: known })
        )
  ).pipe(
    Effect.flatMap(partly(delivered("modified", { receipt }))),
    Effect.catchTag("NotFound", (gone) =>
      // It was there a moment ago: the next attempt looks again.
      Effect.fail(new TargetFailed({ detail: `the class vanished meanwhile: ${gone.detail}`, evidence: gone.evidence }))
    )
  )
}

/**
 * Writes with all members; when the target lacks some, finds out which and writes without these. Answers with those that
 * are missing.
 */
const withKnownMembers = <E>(
  target: Target,
  users: ReadonlyArray<string> | null,
  write: (users: ReadonlyArray<string> | null) => Effect.Effect<unknown, E | UnresolvedReference>
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
          const missing = new Set([...(yield* target.client.unknownUsers(users ?? [])), reference.name].map(lowerCase))
          const known = (users ?? []).filter((name) => !missing.has(lowerCase(name)))
          if (users === null || known.length === users.length) {
            return yield* new TargetRefused({ detail: reference.detail, evidence: reference.evidence })
          }
          const later = yield* withKnownMembers(target, known, write)
          return [...users.filter((name) => missing.has(lowerCase(name))), ...later]
        })
    )
  )

const lowerCase = (name: string) => name.toLowerCase()

/** Delivered wholly, or all but some members. */
const partly =
  (whole: Delivered) =>
  (missing: ReadonlyArray<string>): Effect.Effect<Delivered, ReferencesUnknown> =>
    missing.length === 0
      ? Effect.succeed(whole)
      : Effect.fail(new ReferencesUnknown({ attribute: "users", names: missing }))
