/** Brings one school class to one target: found by the names in its DN, then created, changed, removed, or left alone. */
import * as AttributeMapping from "@id-connector/core/AttributeMapping"
import {
  type DeliveryError,
  ObjectUndeliverable,
  ReferencesUnknown,
  TargetFailed,
  TargetRefused
} from "@id-connector/core/DeliveryError"
import type { ChangedGroup } from "@id-connector/core/ListenerObject"
import type { Delivered, Delivery } from "@id-connector/core/Plugin"
import * as SchoolClass from "@id-connector/core/SchoolClass"
import { Effect, Either, Option } from "effect"
import * as KelvinBody from "./KelvinBody.js"
import type { KelvinClass } from "./KelvinClass.js"
import { UnresolvedReference } from "./KelvinError.js"
import { sameSet, sameValue } from "./Same.js"
import type { Target } from "./Target.js"
import { delivered } from "./UserDelivery.js"

/** Decides who is to be a member at the target: of the local members, and of those the target has. */
export type ChooseMembers = (members: {
  readonly local: ReadonlyArray<string>
  readonly atTarget: ReadonlyArray<string>
}) => Effect.Effect<ReadonlyArray<string>, DeliveryError>

/** The members are the local ones. */
export const localMembers: ChooseMembers = ({ local }) => Effect.succeed(local)

export const deliver = (
  target: Target,
  delivery: Delivery,
  chooseMembers: ChooseMembers
): Effect.Effect<Delivered, DeliveryError> =>
  Effect.gen(function* () {
    const { object } = delivery
    const schoolClass = Option.getOrNull(SchoolClass.fromDn(object.dn, target.layout))
    if (schoolClass === null) return delivered("ignored", { detail: "not a school class" })
    const schools = yield* target.schoolsFor([schoolClass.school])
    const school = schools.spelling(schoolClass.school)
    if (school === undefined) return delivered("ignored", { detail: `the target has no school ${schoolClass.school}` })
    const mapping = target.settings.mapping.school_classes
    if (mapping === undefined) return delivered("ignored", { detail: 'the mapping has no "school_classes"' })
    if (object._tag !== "ChangedGroup") {
      yield* delivery.mayDelete
      const wasThere = yield* target.client.deleteClass(school, schoolClass.name)
      return delivered(wasThere ? "removed" : "absent")
    }
    const mapped = yield* Either.mapLeft(
      AttributeMapping.mapClass(object, schoolClass, mapping, { schools }),
      (reasons) => new ObjectUndeliverable({ reasons })
    )
    if (delivery.recreate) yield* target.client.deleteClass(school, schoolClass.name)
    const place = { school, name: schoolClass.name }
    const found = Option.getOrNull(yield* target.client.findClass(place.school, place.name))
    return yield* found === null
      ? create({ target, place, group: object, mapped, chooseMembers })
      : modify({ target, place, group: object, mapped, chooseMembers }, found)
  })

interface Write {
  readonly target: Target
  /** In the target's spelling. */
  readonly place: SchoolClass.SchoolClass
  readonly group: ChangedGroup
  readonly mapped: AttributeMapping.Mapped
  readonly chooseMembers: ChooseMembers
}

const create = (write: Write): Effect.Effect<Delivered, DeliveryError> =>
  Effect.gen(function* () {
    const { mapped, place, target } = write
    const users = yield* membersOf(write, [])
    const body = { ...place, ...mapped.attributes, ...udm(mapped) }
    return yield* withKnownMembers(target, users, (known) =>
      target.client.createClass(KelvinBody.encodeClass(target.urls, known === null ? body : { ...body, users: known }))
    ).pipe(
      Effect.flatMap(partly(delivered("created"))),
      Effect.catchTag("AlreadyExists", (conflict) =>
        Effect.gen(function* () {
          const found = Option.getOrNull(yield* target.client.findClass(place.school, place.name))
          return found === null
            ? yield* new TargetRefused({ detail: conflict.detail, evidence: conflict.evidence })
            : yield* modify(write, found)
        })
      )
    )
  })

const modify = (write: Write, found: KelvinClass): Effect.Effect<Delivered, DeliveryError> =>
  Effect.gen(function* () {
    const { mapped, place, target } = write
    const patch: Record<string, unknown> = {}
    const { name, school: _, users: __, ...plain } = mapped.attributes
    if (name !== undefined && name !== found.name) patch.name = name
    for (const [attribute, value] of Object.entries(plain)) {
      if (attribute !== "description" || !sameValue(value, found.description)) patch[attribute] = value
    }
    if (Object.entries(mapped.udmProperties).some(([key, value]) => !sameValue(value, found.udm_properties[key]))) {
      Object.assign(patch, udm(mapped))
    }
    const users = yield* membersOf(write, found.users)
    const newUsers = users === null || sameSet(users, found.users) ? null : users
    if (newUsers === null && Object.keys(patch).length === 0) return delivered("unchanged")
    const isOnlyMembers = Object.keys(patch).length === 0
    return yield* withKnownMembers(target, newUsers, (known) =>
      // Without those the target lacks, nothing may be left to change.
      isOnlyMembers && known !== null && sameSet(known, found.users)
        ? Effect.void
        : target.client.patchClass(
            place.school,
            found.name,
            KelvinBody.encodeClass(target.urls, known === null ? patch : { ...patch, users: known })
          )
    ).pipe(
      Effect.flatMap(partly(delivered("modified"))),
      Effect.catchTag("NotFound", (gone) =>
        // It was there a moment ago: the next attempt looks again.
        Effect.fail(
          new TargetFailed({ detail: `the class vanished meanwhile: ${gone.detail}`, evidence: gone.evidence })
        )
      )
    )
  })

/** Who is to be a member, or null when members are not mapped. */
const membersOf = ({ chooseMembers, mapped }: Write, atTarget: ReadonlyArray<string>) => {
  const local = mapped.attributes.users
  return Array.isArray(local) ? chooseMembers({ local: local.map(String), atTarget }) : Effect.succeed(null)
}

const udm = (mapped: AttributeMapping.Mapped) =>
  Object.keys(mapped.udmProperties).length === 0 ? {} : { udm_properties: mapped.udmProperties }

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
