/**
 * What has to be sent to bring a user at the target to the wanted state: a whole new user, the attributes that differ, or
 * nothing. Pure. The rules of the Kelvin REST API for a change of schools are kept here: `school` and `schools` go together,
 * and a school that is left takes its `school_classes` and `workgroups` with it in the same request.
 */
import type { Attributes, Mapped } from "@id-connector/core/mapping/AttributeMapping"
import { byCodePoint } from "@id-connector/core/schools/SchoolName"
import type { KelvinUser } from "../client/KelvinUser.js"
import { differs, sameSet, sameValue } from "./Equality.js"

/** Attributes of a user by their names in the API; schools and roles are bare names still. */
export type UserAttributes = Attributes

/** `school -> names` of classes or work groups. */
type Memberships = { readonly [school: string]: ReadonlyArray<string> }

/** The body of a new user. Nulls and empty lists are the API's defaults and left out. */
export const creation = (mapped: Mapped): UserAttributes => {
  const body: Record<string, unknown> = {}
  for (const [attribute, value] of Object.entries(mapped.attributes)) {
    if (value === null || (Array.isArray(value) && value.length === 0)) continue
    body[attribute] = attribute === "school_classes" ? classNames(value) : value
  }
  const properties = Object.fromEntries(Object.entries(mapped.udmProperties).filter(([, value]) => value !== null))
  return Object.keys(properties).length === 0 ? body : { udm_properties: properties, ...body }
}

/** The attributes that differ from what the target has, or null when none does. Attributes that are not mapped stay. */
export const modification = (mapped: Mapped, current: KelvinUser): UserAttributes | null => {
  const { school, school_classes, schools, ...plain } = mapped.attributes
  const patch: Record<string, unknown> = {}
  for (const [attribute, value] of Object.entries(plain)) {
    if (differs(attribute, value, current)) patch[attribute] = value
  }
  const places = placesAfter(current, school, schools)
  if (places.school !== current.school || !sameSet(places.schools, current.schools)) Object.assign(patch, places)
  const wanted = school_classes === undefined ? current.school_classes : classNames(school_classes)
  const classes = onlyIn(places.schools, wanted)
  // The API ignores classes of people who are staff and nothing else: they would differ for ever.
  if (!isStaffOnly(mapped, current) && !sameMemberships(classes, current.school_classes)) patch.school_classes = classes
  if (current.workgroups !== undefined) {
    const workgroups = onlyIn(places.schools, current.workgroups)
    if (!sameMemberships(workgroups, current.workgroups)) patch.workgroups = workgroups
  }
  const properties = changedProperties(mapped.udmProperties, current.udm_properties)
  if (properties !== null) patch.udm_properties = properties
  return Object.keys(patch).length === 0 ? null : patch
}

/**
 * All mapped properties together, or null when all agree: the API merges them by key, so those that agree do no harm. But for
 * those that are to be cleared and have no value there: the target may not know them any more.
 */
export const changedProperties = (wanted: Attributes, current: Attributes): Attributes | null => {
  const entries = Object.entries(wanted)
  return entries.some(([key, value]) => !sameValue(value, current[key]))
    ? Object.fromEntries(entries.filter(([key, value]) => value !== null || !sameValue(value, current[key])))
    : null
}

/** The schools afterwards. What is not mapped stays, as far as the API's rule allows: `school` is one of `schools`. */
const placesAfter = (
  current: KelvinUser,
  school: unknown,
  schools: unknown
): { readonly school: string; readonly schools: ReadonlyArray<string> } => {
  const all = Array.isArray(schools) ? schools.filter((name) => typeof name === "string") : current.schools
  if (typeof school === "string") return { school, schools: all.includes(school) ? all : [...all, school] }
  return {
    school: all.includes(current.school) ? current.school : ([...all].sort(byCodePoint)[0] ?? current.school),
    schools: all
  }
}

const onlyIn = (schools: ReadonlyArray<string>, memberships: Memberships): Memberships => {
  const kept = new Set(schools)
  return Object.fromEntries(Object.entries(memberships).filter(([school]) => kept.has(school)))
}

const isStaffOnly = (mapped: Mapped, current: KelvinUser): boolean => {
  const roles = Array.isArray(mapped.attributes.roles) ? mapped.attributes.roles : current.roles
  return roles.length === 1 && roles[0] === "staff"
}

const sameMemberships = (a: Memberships, b: Memberships): boolean => {
  const schools = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...schools].every((school) => sameSet(a[school] ?? [], b[school] ?? []))
}

/**
 * In new users the server replaces what class names must not contain by `-`; in changes it refuses it. Done here, both
 * come to the same class.
 */
const classNames = (value: unknown): Memberships => {
  const memberships: Record<string, ReadonlyArray<string>> = {}
  for (const [school, names] of Object.entries(value ?? {})) {
    memberships[school] = (Array.isArray(names) ? names : []).map((name) =>
      String(name).replace(/[^A-Za-z0-9 ._-]/g, "-")
    )
  }
  return memberships
}
