/** Where a target may have a class: under its name, and under those it had before. */
import type { GroupObject } from "@id-connector/core/changes/ListenerObject"
import * as SchoolClass from "@id-connector/core/schools/SchoolClass"
import type { DeliveryError } from "@id-connector/core/targets/DeliveryError"
import { Effect, Option } from "effect"
import type { Target } from "./Target.js"

type Place = SchoolClass.SchoolClass

/**
 * The place of the class at the target, in its spelling, and the places it had before, oldest first. Null: it is no school
 * class, or the target does not have its school.
 */
export const find = Effect.fnUntraced(function* (target: Target, object: GroupObject) {
  const now = Option.getOrNull(SchoolClass.fromDn(object.dn, target.layout))
  const before = (object.previous?.dns ?? []).flatMap((dn) => Option.toArray(SchoolClass.fromDn(dn, target.layout)))
  const classes = now === null ? before : [now, ...before]
  const named = [...new Set(classes.map(({ school }) => school))]
  const schools = yield* target.askedFor(yield* target.schoolsFor(named), named)
  const at = ({ name, school }: Place): Option.Option<Place> =>
    Option.map(Option.fromNullable(schools.spelling(school)), (spelling) => ({ school: spelling, name }))
  const place = now === null ? null : Option.getOrNull(at(now))
  const formers: Array<Place> = []
  for (const former of before.flatMap((one) => Option.toArray(at(one)))) {
    if (![...formers, ...(place === null ? [] : [place])].some((other) => isSame(other, former))) formers.push(former)
  }
  return { place, formers, schools }
})

const isSame = (a: Place, b: Place): boolean => a.school === b.school && a.name.toLowerCase() === b.name.toLowerCase()

/** Those of the places at which the target has a class that is no other one's in the source directory. */
export const existing = (target: Target, object: GroupObject, places: ReadonlyArray<Place>) =>
  Effect.gen(function* () {
    const own = yield* withoutOthers(target, object, places)
    const found = yield* Effect.forEach(own, ({ name, school }) =>
      Effect.map(
        target.client.findClass(school, name),
        Option.map((found) => ({ school, name, found }))
      )
    )
    return found.flatMap((one) => Option.toArray(one))
  })

/** Without the places that another class of the source directory has by now. */
export const withoutOthers = (
  target: Target,
  { id }: GroupObject,
  places: ReadonlyArray<Place>
): Effect.Effect<ReadonlyArray<Place>, DeliveryError> =>
  Effect.filter(places, ({ name, school }) =>
    Effect.map(target.sourceClass(school, name), (owner) => owner === null || owner.toLowerCase() === id.toLowerCase())
  )
