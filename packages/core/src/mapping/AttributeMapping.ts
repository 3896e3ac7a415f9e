/**
 * The mapping engine: what an authority's mapping `here -> there` makes of an object, given what is known about the
 * target. Total and pure: the same object, mapping and facts always give the same attributes or the same problems.
 *
 * *Here* are UDM properties, some with a meaning of their own (see {@link mapUser}); *there* are attributes of the Kelvin
 * REST API, and whatever it does not know goes into `udm_properties`. When two keys are mapped to the same attribute the later
 * one that has a value wins. What has no value (null, missing, an empty text, an empty list for a text) is not sent, unless a
 * value was delivered before: what was delivered is cleared, what was never delivered stays.
 */
import { Either, Option } from "effect"
import * as ListenerObject from "../changes/ListenerObject.js"
import { cut } from "../input/Problems.js"
import * as Sentence from "../input/Sentence.js"
import * as Dn from "../schools/Dn.js"
import * as SchoolClass from "../schools/SchoolClass.js"
import * as SchoolName from "../schools/SchoolName.js"
import type { DirectoryLayout } from "../schools/SourceDomain.js"

/** What is strange about what is sent, by code. */
export const warningSentences = {
  password_not_sent: "password is mapped, but not sent: password hashes are synchronised",
  property_not_configured: "udm_properties.{property}: is not configured at the target, which will probably refuse it",
  references_missing: "{attribute}: the target does not have {names} yet: they are left out, and added when they exist"
} as const

/** Something that is strange about what is sent. */
export const sayWarning: Sentence.Saying<typeof warningSentences> = Sentence.saying(warningSentences)

/** `here -> there`, in the order of the configuration. */
export type Mapping = { readonly [here: string]: string }

/** What the engine has to know besides the object. */
export interface Facts {
  /** The schools the target has, in its spelling. */
  readonly schools: SchoolName.SchoolSet
  /** The roles the target knows. */
  readonly roles: ReadonlySet<string>
  readonly layout: DirectoryLayout
  /** For users that have no source UID of their own. */
  readonly sourceUid: string
  /** Password hashes are synchronised, so no password is made up. */
  readonly hashesAreSent: boolean
  /** Values of keys *here* that a plugin has functions for. */
  readonly own?: ReadonlyMap<string, unknown>
}

/** What the target may hold of earlier deliveries of the object. */
export interface Earlier {
  /** Attributes and UDM properties *there* that were given a value. */
  readonly given: ReadonlySet<string>
  /** Properties *here* that had a value in a change that may have been delivered. */
  readonly hadValues: ReadonlySet<string>
}

/** It was never delivered. */
export const nothingEarlier: Earlier = { given: new Set(), hadValues: new Set() }

/** Attributes by their names at the target. Schools, roles and users are bare names. Null clears. */
export type Attributes = { readonly [attribute: string]: unknown }

export interface Mapped {
  readonly attributes: Attributes
  readonly udmProperties: Attributes
  /** Attributes and UDM properties that get a value, of those that can be cleared again. */
  readonly given: ReadonlyArray<string>
  /** All others of those that are mapped: they have no value. */
  readonly empty: ReadonlyArray<string>
  /** A new account gets a random password. An existing one keeps what it has. */
  readonly randomPassword: boolean
  /** The key *here* that each attribute or UDM property *there* has its value from. */
  readonly sources: { readonly [there: string]: string }
  /** For the log: nothing is wrong enough to stop the delivery. */
  readonly warnings: ReadonlyArray<string>
}

/** Why an object can't be mapped: every problem, each naming the key. */
export type Problems = ReadonlyArray<string>

/** Attributes of a user at the target; all other names are `udm_properties`. */
const userAttributes: ReadonlySet<string> = new Set([
  "name",
  "birthday",
  "disabled",
  "email",
  "expiration_date",
  "firstname",
  "lastname",
  "password",
  "record_uid",
  "roles",
  "school",
  "school_classes",
  "schools",
  "source_uid",
  "legal_wards",
  "legal_guardians",
  "ucsschool_roles"
])

/** Those that hold one text: a list takes its first element, an empty list counts as missing (UDM's `e-mail` is a list). */
const textAttributes: ReadonlySet<string> = new Set([
  "name",
  "birthday",
  "email",
  "expiration_date",
  "firstname",
  "lastname",
  "record_uid",
  "school",
  "source_uid"
])

const classAttributes: ReadonlySet<string> = new Set(["name", "school", "description", "users"])

/** What clears an attribute. The others can't be cleared: the target insists on them, or they always have a value. */
const clearing: { readonly [attribute: string]: unknown } = {
  birthday: null,
  email: null,
  expiration_date: null,
  ucsschool_roles: [],
  legal_wards: [],
  legal_guardians: [],
  description: null
}

/** The targets of a mapping that are no attributes but UDM properties. */
export const propertiesOf = (kind: "user" | "class", mapping: Mapping): ReadonlyArray<string> => {
  const attributes = kind === "user" ? userAttributes : classAttributes
  return [...new Set(Object.values(mapping))].filter((there) => !attributes.has(there))
}

/** What becomes of one key: a value (null clears), nothing, a password to be made up, or a problem. */
type Value =
  | { readonly _tag: "Send"; readonly value: unknown }
  | { readonly _tag: "Skip"; readonly warning?: string }
  | { readonly _tag: "RandomPassword" }
  | { readonly _tag: "Problem"; readonly problem: string }

const send = (value: unknown): Value => ({ _tag: "Send", value })
const skip: Value = { _tag: "Skip" }
const problem = (text: string): Value => ({ _tag: "Problem", problem: text })

/**
 * Maps a user. Keys *here* with a meaning of their own: `birthday`, `userexpiry` (date or null, which clears), `disabled`,
 * `password` (random), `roles`, `school` (the primary school, if the target has it), `schools`, `school_classes` (from the
 * groups), `ucsschoolSourceUID`/`source_uid`, `ucsschoolLegalGuardian`, `ucsschoolLegalWard` (user names).
 */
export const mapUser = (
  user: ListenerObject.ChangedUser,
  mapping: Mapping,
  facts: Facts,
  earlier: Earlier = nothingEarlier
): Either.Either<Mapped, Problems> => collect(mapping, userAttributes, earlier, (here) => userValue(here, user, facts))

/** Maps a school class: `name` without the school's prefix, `school` in the target's spelling, `users` as user names. */
export const mapClass = (
  group: ListenerObject.ChangedGroup,
  schoolClass: SchoolClass.SchoolClass,
  mapping: Mapping,
  facts: Pick<Facts, "schools" | "own">,
  earlier: Earlier = nothingEarlier
): Either.Either<Mapped, Problems> =>
  collect(mapping, classAttributes, earlier, (here) => {
    if (facts.own?.has(here) === true) return plain(facts.own.get(here))
    switch (here) {
      case "name":
        return send(Option.getOrElse(SchoolClass.withoutPrefix(group.name, schoolClass.school), () => schoolClass.name))
      case "school":
        return send(facts.schools.spelling(schoolClass.school) ?? schoolClass.school)
      case "users":
        return namesOf(here, group.members)
      default:
        return plain(group.properties[here])
    }
  })

const collect = (
  mapping: Mapping,
  known: ReadonlySet<string>,
  earlier: Earlier,
  valueOf: (here: string) => Value
): Either.Either<Mapped, Problems> => {
  /** What is sent for an attribute; undefined: nothing so far. */
  const wanted = new Map<string, unknown>()
  const sources: Record<string, string> = {}
  const perhapsGiven = new Set(earlier.given)
  const warnings: Array<string> = []
  const problems: Array<string> = []
  let randomPassword = false
  for (const [here, there] of Object.entries(mapping)) {
    if (!wanted.has(there)) wanted.set(there, undefined)
    if (earlier.hadValues.has(here)) perhapsGiven.add(there)
    const value = valueOf(here)
    switch (value._tag) {
      case "Send": {
        const isText = known.has(there) && textAttributes.has(there)
        const sent = isText && Array.isArray(value.value) ? value.value[0] : value.value
        const isMissing = sent === undefined || (isText && sent === "")
        // Nothing takes the place of what another key has.
        if (!isMissing && (!isEmpty(sent) || isEmpty(wanted.get(there)))) {
          wanted.set(there, sent)
          define(sources, there, here)
        }
        break
      }
      case "Skip":
        if (value.warning !== undefined) warnings.push(value.warning)
        break
      case "RandomPassword":
        randomPassword = true
        break
      case "Problem":
        problems.push(value.problem)
        break
    }
  }
  if (problems.length > 0) return Either.left(problems)
  const attributes: Record<string, unknown> = {}
  const udmProperties: Record<string, unknown> = {}
  const given: Array<string> = []
  const empty: Array<string> = []
  for (const [there, value] of wanted) {
    const canBeCleared = !known.has(there) || there in clearing
    if (canBeCleared) (isEmpty(value) ? empty : given).push(there)
    const isCleared = value === undefined && canBeCleared && perhapsGiven.has(there)
    const sent = isCleared ? (known.has(there) ? clearing[there] : null) : value
    // Not by assignment: a property may have any name, `__proto__`, too.
    if (sent !== undefined) define(known.has(there) ? attributes : udmProperties, there, sent)
  }
  return Either.right({ attributes, udmProperties, given, empty, randomPassword, sources, warnings })
}

const define = (attributes: Record<string, unknown>, name: string, value: unknown): void => {
  Object.defineProperty(attributes, name, { value, enumerable: true, configurable: true, writable: true })
}

/** To a directory nothing, an empty text and an empty list are all "no value". */
export const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0)

const userValue = (here: string, user: ListenerObject.ChangedUser, facts: Facts): Value => {
  if (facts.own?.has(here) === true) return plain(facts.own.get(here))
  const property = user.properties[here]
  switch (here) {
    case "birthday":
    case "userexpiry":
      return date(here, property)
    case "disabled":
      return send(property === true || property === "1")
    case "password":
      return facts.hashesAreSent
        ? { _tag: "Skip", warning: sayWarning("password_not_sent").text }
        : { _tag: "RandomPassword" }
    case "roles":
      return roles(user, facts)
    case "school":
      return primarySchool(user, facts)
    case "schools":
      return send(SchoolName.intersect(user.schools, facts.schools))
    case "school_classes":
      return schoolClasses(user, facts)
    case "ucsschoolSourceUID":
    case "source_uid":
      return send(user.sourceUid === null || user.sourceUid === "" ? facts.sourceUid : user.sourceUid)
    case "ucsschoolLegalGuardian":
    case "ucsschoolLegalWard":
      return namesOf(here, property ?? [])
    default:
      return plain(property)
  }
}

const plain = (value: unknown): Value => (value === null || value === undefined || value === "" ? skip : send(value))

const date = (here: string, value: unknown): Value => {
  if (value === null || value === undefined || value === "") return send(null)
  if (typeof value === "string" && isDate(value)) return send(value)
  return problem(`${here}: ${cut(JSON.stringify(value))} is not a date YYYY-MM-DD`)
}

/** `YYYY-MM-DD` of a day that exists. */
const isDate = (text: string): boolean => {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (match === null) return false
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  return year > 0 && days !== undefined && day >= 1 && day <= days
}

const roles = (user: ListenerObject.ChangedUser, facts: Facts): Value => {
  const unknown = user.roles.filter((role) => !facts.roles.has(role))
  return unknown.length === 0
    ? send(user.roles)
    : problem(`roles: the target does not know ${unknown.join(", ")} (it knows ${cut([...facts.roles].join(", "))})`)
}

const primarySchool = (user: ListenerObject.ChangedUser, facts: Facts): Value => {
  const primary = ListenerObject.primarySchool(user)
  const there = facts.schools.spelling(primary.school) ?? SchoolName.intersect(user.schools, facts.schools)[0]
  return there === undefined
    ? problem(`school: the target has none of the schools ${cut(user.schools.join(", "))}`)
    : send(there)
}

/** Only classes of schools that the user has at the target: it refuses a user with a class anywhere else. */
const schoolClasses = (user: ListenerObject.ChangedUser, facts: Facts): Value => {
  const groups = user.properties.groups
  const own = SchoolName.makeSet(SchoolName.intersect(user.schools, facts.schools))
  const classes = new Map<string, Set<string>>()
  for (const dn of Array.isArray(groups) ? groups : []) {
    const found = typeof dn === "string" ? Option.getOrUndefined(SchoolClass.fromDn(dn, facts.layout)) : undefined
    const school = found === undefined ? undefined : own.spelling(found.school)
    if (found === undefined || school === undefined) continue
    const names = classes.get(school)
    if (names === undefined) classes.set(school, new Set([found.name]))
    else names.add(found.name)
  }
  return send(Object.fromEntries([...classes].map(([school, names]) => [school, [...names]])))
}

/** User names of DNs. One DN alone is taken as a list of one. */
const namesOf = (here: string, dns: unknown): Value => {
  const names = new Set<string>()
  for (const dn of Array.isArray(dns) ? dns : [dns]) {
    const name = typeof dn === "string" ? Option.getOrUndefined(Dn.firstValue(dn)) : undefined
    if (name === undefined) return problem(`${here}: ${cut(JSON.stringify(dn) ?? "nothing")} is not a DN`)
    names.add(name)
  }
  return send([...names])
}
