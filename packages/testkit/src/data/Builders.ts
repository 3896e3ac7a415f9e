/**
 * Listener files and authority files for tests and examples, as parsed JSON: a readable call gives a whole valid file. The
 * same names always give the same file.
 */

import type { PreviousUser } from "@id-connector/core/changes/PreviousState"
import type { Decided, Delivered } from "@id-connector/core/history/HistoryEntry"
import { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"

/** Base DN of everything that is built here. */
export const base = "dc=example,dc=com"

/** As they stand in a directory file. */
export const passwordHashes = {
  userPassword: ["{crypt}$6$abc"],
  sambaNTPassword: "CAA1239D44DA7EDF926BCE39F5C65D0F",
  krb5Key: ["MB2hGzAZ"],
  krb5KeyVersionNumber: 1,
  sambaPwdLastSet: 1_600_000_000
}

/** What somebody is. Teachers who are staff, too, are `teacher_and_staff`. */
export type Kind = "student" | "teacher" | "staff" | "teacher_and_staff" | "legal_guardian"

const kinds: {
  readonly [kind in Kind]: {
    readonly options: ReadonlyArray<string>
    readonly roles: ReadonlyArray<string>
    readonly container: string
  }
} = {
  student: { options: ["ucsschoolStudent"], roles: ["student"], container: "schueler" },
  teacher: { options: ["ucsschoolTeacher"], roles: ["teacher"], container: "lehrer" },
  staff: { options: ["ucsschoolStaff"], roles: ["staff"], container: "mitarbeiter" },
  teacher_and_staff: {
    options: ["ucsschoolTeacher", "ucsschoolStaff"],
    roles: ["teacher", "staff"],
    container: "lehrer und mitarbeiter"
  },
  legal_guardian: { options: ["ucsschoolLegalGuardian"], roles: ["legal_guardian"], container: "sorgeberechtigte" }
}

/** What a user that is built may have. */
export interface UserOptions {
  /** The first is the primary one. Default `School1`. */
  readonly schools?: readonly [string, ...ReadonlyArray<string>]
  /** Default `student`. */
  readonly kind?: Kind
  /** The entryUUID; by default made of the name. */
  readonly id?: string
  /** UDM properties instead of, or besides, the ones that every user has. */
  readonly properties?: { readonly [property: string]: unknown }
  /** For a file that was preprocessed already. */
  readonly previous?: PreviousUser | null
}

/** The DN of a user that is built. */
export const userDn = (name: string, school = "School1", kind: Kind = "student"): string =>
  `uid=${name},cn=${kinds[kind].container},cn=users,ou=${school},${base}`

/** The DN of a school class that is built. */
export const classDn = (school: string, name: string): string =>
  `cn=${school}-${name},cn=klassen,cn=schueler,cn=groups,ou=${school},${base}`

/** The listener file of a user that is new or has changed. */
export const user = (name: string, options: UserOptions = {}) => {
  const { kind = "student", schools = ["School1"] } = options
  return {
    id: options.id ?? entryUuid(name),
    dn: userDn(name, schools[0], kind),
    udm_object_type: "users/user",
    options: ["default", ...kinds[kind].options],
    object: {
      username: name,
      firstname: `F-${name}`,
      lastname: `L-${name}`,
      displayName: `F-${name} L-${name}`,
      school: schools,
      ucsschoolRole: schools.flatMap((school) => kinds[kind].roles.map((role) => `${role}:school:${school}`)),
      ucsschoolRecordUID: `rec-${name}`,
      ucsschoolSourceUID: "S",
      disabled: "0",
      groups: schools.map((school) => `cn=Domain Users ${school},cn=groups,ou=${school},${base}`),
      ...options.properties
    },
    ...(options.previous === undefined ? {} : { old_data: options.previous })
  }
}

/** The listener file of a user that was removed. */
export const removedUser = (name: string, options: Pick<UserOptions, "id" | "previous" | "schools"> = {}) => ({
  ...user(name, options),
  object: null,
  options: null
})

/** The listener file of a class; members are names of users, or DNs. */
export const schoolClass = (
  school: string,
  name: string,
  members: ReadonlyArray<string> = [],
  properties: { readonly [property: string]: unknown } = {}
) => ({
  id: entryUuid(`${school}-${name}`),
  dn: classDn(school, name),
  udm_object_type: "groups/group",
  options: ["default"],
  object: {
    name: `${school}-${name}`,
    description: `Class ${name}`,
    users: members.map((member) => (member.includes("=") ? member : userDn(member, school))),
    ucsschoolRole: [`school_class:school:${school}`],
    ...properties
  }
})

/** The listener file of a class that was removed. */
export const removedClass = (school: string, name: string) => ({
  ...schoolClass(school, name),
  object: null,
  options: null
})

/** A mapping with what every user needs, and what most have. */
export const usersMapping = {
  username: "name",
  firstname: "firstname",
  lastname: "lastname",
  school: "school",
  schools: "schools",
  school_classes: "school_classes",
  roles: "roles",
  birthday: "birthday",
  mailPrimaryAddress: "email",
  title: "title",
  ucsschoolRecordUID: "record_uid",
  ucsschoolSourceUID: "source_uid"
}

/** A mapping of the attributes of school classes. */
export const classesMapping = { name: "name", description: "description", school: "school", users: "users" }

/** The configuration file of an active school authority. `kelvin` is laid over the plugin's configuration. */
export const authority = (
  name: string,
  options: { readonly active?: boolean; readonly url?: string; readonly kelvin?: object } = {}
) => ({
  name,
  active: options.active ?? true,
  url: options.url ?? "https://kelvin.example.com/ucsschool/kelvin/v1/",
  plugins: ["kelvin"],
  plugin_configs: {
    kelvin: {
      username: "Administrator",
      password: "univention",
      mapping: { users: usersMapping, school_classes: classesMapping },
      ...options.kelvin
    }
  }
})

/** A UUID that is the same for the same name. */
const entryUuid = (name: string): string => {
  let hash = 7
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 0xffffffffffff
  return `00000000-0000-4000-8000-${hash.toString(16).padStart(12, "0")}`
}

/** What the history says of a change of a user that goes to nobody. */
export const decided = (name: string, more: Partial<Decided> = {}): Decided => ({
  _tag: "Decided",
  at: 1,
  kind: "user",
  objectKey: `user:${name}`,
  name,
  file: name,
  change: "changed",
  recipients: [],
  ignored: [],
  ...more
})

/** What the history says of a delivery that changed a user. */
export const delivered = (name: string, more: Partial<Delivered> = {}): Delivered => ({
  _tag: "Delivered",
  at: 1,
  kind: "user",
  objectKey: `user:${name}`,
  name,
  file: name,
  authority: AuthorityName.make("North"),
  item: 1,
  outcome: "modified",
  detail: null,
  mapping: "users",
  changed: ["firstname"],
  warnings: [],
  attempts: 1,
  millis: 1,
  request: null,
  ...more
})
