/**
 * What is to be done about a school class at a target: decided from what the target has now, nothing is written. A delivery
 * carries a plan out, a preview shows it.
 */

import type { GroupObject } from "@id-connector/core/changes/ListenerObject"
import * as AttributeMapping from "@id-connector/core/mapping/AttributeMapping"
import * as SchoolClass from "@id-connector/core/schools/SchoolClass"
import { type DeliveryError, ObjectUndeliverable } from "@id-connector/core/targets/DeliveryError"
import type { Undelivered } from "@id-connector/core/targets/Plugin"
import { Effect, Either, Option } from "effect"
import type { KelvinClass } from "../client/KelvinClass.js"
import { sameSet, sameValue } from "./Equality.js"
import * as Receipt from "./Receipt.js"
import type { Target } from "./Target.js"
import { changedProperties } from "./UserChange.js"

/** Decides who is to be a member at the target: of the local members, and of those the target has. */
export type ChooseMembers = (members: {
  readonly local: ReadonlyArray<string>
  readonly atTarget: ReadonlyArray<string>
}) => Effect.Effect<ReadonlyArray<string>, DeliveryError>

/** The members are the local ones. */
export const localMembers: ChooseMembers = ({ local }) => Effect.succeed(local)

/** What a class is to be like at the target. */
export interface Wanted {
  /** In the target's spelling. */
  readonly place: SchoolClass.SchoolClass
  readonly mapped: AttributeMapping.Mapped
  /** Of the last delivery. */
  readonly receipt: Receipt.Receipt
  readonly chooseMembers: ChooseMembers
}

export type ClassPlan =
  | { readonly _tag: "Nothing"; readonly detail: string }
  /** Perhaps it is not there. */
  | { readonly _tag: "Remove"; readonly place: SchoolClass.SchoolClass }
  /** `users` null: members are not mapped. `replaces`: what the target has is to be removed before. */
  | {
      readonly _tag: "Create"
      readonly wanted: Wanted
      readonly body: AttributeMapping.Attributes
      readonly users: ReadonlyArray<string> | null
      readonly replaces: boolean
    }
  | Modify

export interface Modify {
  readonly _tag: "Modify"
  readonly wanted: Wanted
  readonly found: KelvinClass
  /** Without members. */
  readonly patch: AttributeMapping.Attributes
  /** Null: the members agree, or are not mapped. */
  readonly users: ReadonlyArray<string> | null
}

export const decide = (
  target: Target,
  object: GroupObject,
  undelivered: Pick<Undelivered, "hadValues" | "receipt" | "recreate" | "sendAgain">,
  chooseMembers: ChooseMembers
): Effect.Effect<ClassPlan, DeliveryError> =>
  Effect.gen(function* () {
    const { recreate } = undelivered
    const schoolClass = Option.getOrNull(SchoolClass.fromDn(object.dn, target.layout))
    if (schoolClass === null) return nothing("not a school class")
    const listed = yield* target.schoolsFor([schoolClass.school])
    const schools = yield* target.askedFor(listed, [schoolClass.school])
    const school = schools.spelling(schoolClass.school)
    if (school === undefined) return nothing(`the target has no school ${schoolClass.school}`)
    const mapping = target.settings.mapping.school_classes
    if (mapping === undefined) return nothing('the mapping has no "school_classes"')
    const place = { school, name: schoolClass.name }
    if (object._tag !== "ChangedGroup") return { _tag: "Remove", place } as const
    const receipt = Receipt.decode(undelivered.receipt)
    const mapped = yield* Either.mapLeft(
      AttributeMapping.mapClass(object, schoolClass, mapping, { schools }, Receipt.earlier(receipt, undelivered)),
      (reasons) => new ObjectUndeliverable({ reasons })
    )
    const wanted: Wanted = { place, mapped, receipt, chooseMembers }
    const found = recreate ? null : Option.getOrNull(yield* target.client.findClass(place.school, place.name))
    return found === null ? yield* creation(wanted, recreate) : yield* modification(wanted, found)
  })

const nothing = (detail: string): ClassPlan => ({ _tag: "Nothing", detail })

const creation = (wanted: Wanted, replaces: boolean): Effect.Effect<ClassPlan, DeliveryError> =>
  Effect.map(membersOf(wanted, []), (users) => ({
    _tag: "Create",
    wanted,
    body: { ...wanted.place, ...withoutNulls(wanted.mapped.attributes), ...udm(wanted.mapped) },
    users,
    replaces
  }))

/** How to bring a class that the target has to what is wanted. */
export const modification = (wanted: Wanted, found: KelvinClass): Effect.Effect<Modify, DeliveryError> =>
  Effect.gen(function* () {
    const { mapped } = wanted
    const patch: Record<string, unknown> = {}
    const { name, school: _, users: __, ...plain } = mapped.attributes
    if (name !== undefined && name !== found.name) patch.name = name
    for (const [attribute, value] of Object.entries(plain)) {
      if (attribute !== "description" || !sameValue(value, found.description)) patch[attribute] = value
    }
    const properties = changedProperties(mapped.udmProperties, found.udm_properties)
    if (properties !== null) patch.udm_properties = properties
    const users = yield* membersOf(wanted, found.users)
    return {
      _tag: "Modify",
      wanted,
      found,
      patch,
      users: users === null || sameSet(users, found.users) ? null : users
    }
  })

/** Who is to be a member, or null when members are not mapped. */
const membersOf = ({ chooseMembers, mapped }: Wanted, atTarget: ReadonlyArray<string>) => {
  const local = mapped.attributes.users
  return Array.isArray(local) ? chooseMembers({ local: local.map(String), atTarget }) : Effect.succeed(null)
}

const udm = (mapped: AttributeMapping.Mapped) => {
  const properties = withoutNulls(mapped.udmProperties)
  return Object.keys(properties).length === 0 ? {} : { udm_properties: properties }
}

/** A new class has nothing that could be cleared. */
const withoutNulls = (attributes: AttributeMapping.Attributes): AttributeMapping.Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null))
