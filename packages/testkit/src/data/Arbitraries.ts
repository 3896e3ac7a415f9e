/** Generators of generated data for properties: what comes from the directory, from the configuration, from a target. */
import * as SchoolName from "@id-connector/core/schools/SchoolName"
import { FastCheck as fc } from "effect"

/** A few schools, so that generated objects and mappings meet. Some differ only in case. */
const schoolNames = ["Gym", "gym", "GYM", "Real2", "real2", "Haupt-3", "DEMO", "demo", "Unmapped"]

export const school: fc.Arbitrary<string> = fc.constantFrom(...schoolNames)

export const schools: fc.Arbitrary<Array<string>> = fc.array(school, { minLength: 1, maxLength: 4 })

const username = fc.stringMatching(/^[a-z][a-z0-9.]{0,8}[a-z0-9]$/)

const text = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom("", "Jörg", "O'Brien", "a,b", "漢"))

/** Any JSON value. */
export const json: fc.Arbitrary<unknown> = fc.jsonValue({ maxDepth: 3 })

const options = fc.constantFrom(
  ["ucsschoolStudent"],
  ["ucsschoolTeacher"],
  ["ucsschoolStaff"],
  ["ucsschoolTeacher", "ucsschoolStaff"],
  ["ucsschoolLegalGuardian"]
)

const previousUser = fc.option(
  fc.record({ schools, record_uid: fc.option(username), source_uid: fc.option(fc.constant("S")) })
)

const base = "dc=example,dc=com"

/** A valid file of a changed user, as parsed JSON. */
export const changedUserFile = fc
  .record({
    name: username,
    schools,
    options,
    previous: previousUser,
    recordUid: fc.option(username),
    extra: fc.dictionary(username, json)
  })
  .map(({ extra, name, options, previous, recordUid, schools }) => ({
    id: `id-${name}`,
    dn: `uid=${name},cn=users,ou=${schools[0]},${base}`,
    udm_object_type: "users/user",
    options: ["default", ...options],
    object: {
      ...extra,
      username: name,
      school: schools,
      ucsschoolRole: schools.map((school) => `student:school:${school}`),
      ucsschoolRecordUID: recordUid,
      ucsschoolSourceUID: "S",
      birthday: null,
      groups: schools.map((school) => `cn=${school}-1a,cn=klassen,cn=schueler,cn=groups,ou=${school},${base}`)
    },
    old_data: previous
  }))

const removedUserFile = fc.record({ name: username, previous: previousUser }).map(({ name, previous }) => ({
  id: `id-${name}`,
  dn: `uid=${name},cn=users,ou=Gym,${base}`,
  udm_object_type: "users/user",
  object: null,
  options: null,
  old_data: previous
}))

const groupFile = fc
  .record({
    school,
    name: fc.stringMatching(/^[0-9][a-z0-9 -]{0,5}[a-z0-9]$/),
    isClass: fc.boolean(),
    isRemoved: fc.boolean()
  })
  .map(({ isClass, isRemoved, name, school }) => ({
    id: `id-${school}-${name}`,
    dn: `cn=${school}-${name},${isClass ? "cn=klassen," : ""}cn=schueler,cn=groups,ou=${school},${base}`,
    udm_object_type: "groups/group",
    object: isRemoved ? null : { name: `${school}-${name}`, users: [] }
  }))

/** A valid listener file of any kind, as parsed JSON. */
export const listenerFile: fc.Arbitrary<object> = fc.oneof(changedUserFile, removedUserFile, groupFile)

/** A listener file with fields taken away or given another type. */
export const almostListenerFile: fc.Arbitrary<unknown> = fc
  .tuple(listenerFile, fc.array(fc.tuple(fc.nat(), fc.option(json, { nil: undefined })), { maxLength: 3 }))
  .map(([file, damages]) => {
    const damaged: Record<string, unknown> = { ...file }
    for (const [at, value] of damages) {
      const keys = Object.keys(damaged)
      const key = keys[at % Math.max(1, keys.length)]
      if (key === undefined) continue
      if (value === undefined) delete damaged[key]
      else damaged[key] = value
    }
    return damaged
  })

/** Which authority runs which school; some schools have none, some authorities do not exist. */
export const schoolMapping: fc.Arbitrary<Record<string, string>> = fc.dictionary(
  school,
  fc.constantFrom("North", "South", "East", "Nobody"),
  { maxKeys: 6 }
)

const hereKeys = [
  "birthday",
  "userexpiry",
  "disabled",
  "password",
  "roles",
  "school",
  "schools",
  "school_classes",
  "ucsschoolSourceUID",
  "source_uid",
  "ucsschoolLegalGuardian",
  "ucsschoolLegalWard",
  "username",
  "title",
  "phone"
]
const thereKeys = [
  "name",
  "birthday",
  "disabled",
  "email",
  "expiration_date",
  "firstname",
  "lastname",
  "record_uid",
  "roles",
  "school",
  "school_classes",
  "schools",
  "source_uid",
  "legal_wards",
  "legal_guardians",
  "title",
  "phone"
]

/** A mapping of attributes, `here -> there`. */
export const attributeMapping: fc.Arbitrary<Record<string, string>> = fc.dictionary(
  fc.constantFrom(...hereKeys),
  fc.constantFrom(...thereKeys)
)

/** UDM properties with whatever values. */
export const udmProperties: fc.Arbitrary<Record<string, unknown>> = fc.dictionary(
  fc.constantFrom(...hereKeys),
  fc.oneof(fc.constant(null), text, fc.array(text), fc.boolean(), fc.constant("2012-02-29"), json)
)

/** The schools a target has. */
export const targetSchools: fc.Arbitrary<SchoolName.SchoolSet> = fc.array(school).map(SchoolName.makeSet)
