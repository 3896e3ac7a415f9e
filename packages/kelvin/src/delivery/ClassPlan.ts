/**
 * What is to be done about a school class at a target: decided from what the target has now, nothing is written. A delivery
 * carries a plan out, a preview shows it.
 */

import type { GroupObject } from "@id-connector/core/changes/ListenerObject"
import * as AttributeMapping from "@id-connector/core/mapping/AttributeMapping"
import * as SchoolClass from "@id-connector/core/schools/SchoolClass"
import { type DeliveryError, ObjectUndeliverable } from "@id-connector/core/targets/DeliveryError"
import { sayWhy } from "@id-connector/core/targets/Outcomes"
import type { Delivery, Undelivered } from "@id-connector/core/targets/Plugin"
import { Effect, Either, Option } from "effect"
import type { KelvinClass } from "../client/KelvinClass.js"
import * as Variation from "../settings/Variation.js"
import * as ClassPlaces from "./ClassPlaces.js"
import { sameSet, sameValue } from "./Equality.js"
import * as Receipt from "./Receipt.js"
import * as Target from "./Target.js"
import { changedProperties } from "./UserChange.js"

/** Decides who is to be a member at the target: of the local members, and of those the target has. */
type ChooseMembers = (members: {
  readonly local: ReadonlyArray<string>
  readonly atTarget: ReadonlyArray<string>
}) => Effect.Effect<ReadonlyArray<string>, DeliveryError>

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
  /** Perhaps they are not there. At least one. */
  | { readonly _tag: "Remove"; readonly places: ReadonlyArray<SchoolClass.SchoolClass>; readonly detail: string | null }
  /** `users` null: members are not mapped. `leftovers`: what the class was before, to be removed after that. */
  | {
      readonly _tag: "Create"
      readonly wanted: Wanted
      readonly body: AttributeMapping.Attributes
      readonly users: ReadonlyArray<string> | null
      readonly leftovers: ReadonlyArray<SchoolClass.SchoolClass>
    }
  | Modify

export interface Modify {
  readonly _tag: "Modify"
  readonly wanted: Wanted
  readonly found: KelvinClass
  /** What the class was before, to be removed after the change. */
  readonly leftovers: ReadonlyArray<SchoolClass.SchoolClass>
  /** Without members. */
  readonly patch: AttributeMapping.Attributes
  /** Null: the members agree, or are not mapped. */
  readonly users: ReadonlyArray<string> | null
}

/** What a plan is made from besides the object. A preview knows less than a delivery. */
type Facts = Undelivered & Partial<Pick<Delivery, "contested">>

export const decide = (
  target: Target.Target,
  object: GroupObject,
  undelivered: Facts
): Effect.Effect<ClassPlan, DeliveryError> =>
  Effect.gen(function* () {
    const { contested } = undelivered
    const mapping = target.settings.mapping.school_classes
    if (mapping === undefined) return nothing(sayWhy("classes_ignored").text)
    const schoolClass = Option.getOrNull(SchoolClass.fromDn(object.dn, target.layout))
    const { formers, place, schools } = yield* ClassPlaces.find(target, object)
    if (schoolClass === null || place === null || object._tag !== "ChangedGroup") {
      return yield* removal(
        target,
        object,
        place === null ? formers : [place, ...formers],
        reasonOf(schoolClass, place)
      )
    }
    const receipt = Receipt.decode(undelivered.receipt)
    const { changeClass, chooseMembers, classValues } = target.varied
    const known = yield* Target.factsFor(target, schools)
    const own = yield* classValues(object, Object.keys(mapping), known)
    const mapped = yield* Either.mapLeft(
      AttributeMapping.mapClass(object, schoolClass, mapping, { schools, own }, Receipt.earlier(receipt, undelivered)),
      (reasons) => new ObjectUndeliverable({ reasons })
    )
    const wanted: Wanted = {
      place,
      mapped:
        changeClass === null
          ? mapped
          : Variation.changed(mapped, yield* changeClass(Variation.wantedOf(mapped), object, known)),
      receipt,
      chooseMembers: (members) =>
        chooseMembers === null
          ? Effect.succeed(members.local)
          : chooseMembers({ ...members, schoolClass: place }, known)
    }
    const found = Option.getOrNull(yield* target.client.findClass(place.school, place.name))
    if (found !== null && contested?.has("class") === true) {
      return yield* new ObjectUndeliverable({
        reasons: [
          `the class ${place.name} at the target still belongs to another class of the source directory, whose change is a dead letter: retry that one first, then this one`
        ]
      })
    }
    const old = yield* ClassPlaces.existing(target, object, formers)
    const renamed = found === null ? (old.find(({ school }) => school === place.school) ?? null) : null
    const leftovers = old.filter((one) => one !== renamed).map(({ name, school }) => ({ name, school }))
    if (found !== null) return { ...(yield* modification(wanted, found)), leftovers }
    return renamed === null
      ? { ...(yield* creation(wanted)), leftovers }
      : { ...(yield* modification(wanted, renamed.found)), leftovers }
  })

const nothing = (detail: string): ClassPlan => ({ _tag: "Nothing", detail })

const reasonOf = (schoolClass: SchoolClass.SchoolClass | null, place: SchoolClass.SchoolClass | null): string | null =>
  schoolClass === null
    ? sayWhy("no_school_class").text
    : place === null
      ? sayWhy("school_missing", { school: schoolClass.school }).text
      : null

const removal = (
  target: Target.Target,
  object: GroupObject,
  places: ReadonlyArray<SchoolClass.SchoolClass>,
  detail: string | null
): Effect.Effect<ClassPlan, DeliveryError> =>
  places.length === 0
    ? Effect.succeed(nothing(detail ?? sayWhy("class_unknown").text))
    : Effect.map(ClassPlaces.withoutOthers(target, object, places), (own) =>
        own.length === 0 ? nothing(sayWhy("class_of_another").text) : { _tag: "Remove", places: own, detail }
      )

const creation = (wanted: Wanted) =>
  Effect.map(membersOf(wanted, []), (users) => ({
    _tag: "Create" as const,
    wanted,
    body: { ...wanted.place, ...withoutNulls(wanted.mapped.attributes), ...udm(wanted.mapped) },
    users
  }))

/** How to bring a class that the target has to what is wanted. */
export const modification = (wanted: Wanted, found: KelvinClass): Effect.Effect<Modify, DeliveryError> =>
  Effect.gen(function* () {
    const { mapped } = wanted
    const patch: Record<string, unknown> = {}
    const { name, school: _, users: __, ...plain } = mapped.attributes
    // A class that was renamed is, whether its name is mapped or not: under the old one nobody would find it again.
    const called = name ?? wanted.place.name
    if (name === undefined ? !isSameName(called, found.name) : called !== found.name) patch.name = called
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
      leftovers: [],
      patch,
      users: users === null || sameSet(users, found.users) ? null : users
    }
  })

const isSameName = (a: unknown, b: string): boolean => String(a).toLowerCase() === b.toLowerCase()

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
