/**
 * The small world of the demonstration: two school authorities, their schools, and a morning of changes in the state's
 * directory. All of it is data; the names are made up.
 */
import { adminGroup } from "@id-connector/core/directory/Directory"
import * as Builders from "@id-connector/testkit/data/Builders"

/** A listener file: its name and what is in it. A text is written as it is. */
export interface ListenerFile {
  readonly name: string
  readonly content: unknown
}

/** Each school authority with the schools its Kelvin server has. */
export const authorities: ReadonlyArray<{ readonly name: string; readonly schools: ReadonlyArray<string> }> = [
  { name: "Landkreis Nord", schools: ["GymNord", "GsNord"] },
  { name: "Stadt Sued", schools: ["GymSued", "GsSued"] }
]

export const mapping: { readonly [school: string]: string } = Object.fromEntries(
  authorities.flatMap(({ name, schools }) => schools.map((school) => [school, name] as const))
)

type Kind = "student" | "teacher" | "staff"

interface Person {
  readonly username: string
  readonly firstname: string
  readonly lastname: string
  readonly kind: Kind
  readonly schools: readonly [string, ...ReadonlyArray<string>]
  /** `school -> class`. */
  readonly classes?: { readonly [school: string]: string }
}

const pupil = (username: string, firstname: string, lastname: string, school: string, schoolClass: string): Person => ({
  username,
  firstname,
  lastname,
  kind: "student",
  schools: [school],
  classes: { [school]: schoolClass }
})

const ada = pupil("ada.w", "Ada", "Winter", "GymNord", "5a")
const ben = pupil("ben.k", "Ben", "Krüger", "GymNord", "5a")
const cem = pupil("cem.y", "Cem", "Yıldız", "GsNord", "2b")
const dora = pupil("dora.s", "Dora", "Sommer", "GymSued", "7c")
const emil = pupil("emil.f", "Emil", "Fuchs", "GymSued", "7c")
const frida = pupil("frida.o", "Frida", "Olsen", "GsSued", "1a")

const gerd: Person = {
  username: "gerd.l",
  firstname: "Gerd",
  lastname: "Lehmann",
  kind: "teacher",
  schools: ["GymNord"],
  classes: { GymNord: "5a" }
}
const hanna: Person = {
  username: "hanna.b",
  firstname: "Hanna",
  lastname: "Brandt",
  kind: "teacher",
  schools: ["GymNord", "GymSued"],
  classes: { GymSued: "7c" }
}
const ines: Person = { username: "ines.r", firstname: "Ines", lastname: "Roth", kind: "staff", schools: ["GsSued"] }

export const people: ReadonlyArray<Person> = [ada, ben, cem, dora, emil, frida, gerd, hanna, ines]

const dnOf = (person: Person) => Builders.userDn(person.username, person.schools[0], person.kind)

const userFile = (person: Person) =>
  Builders.user(person.username, {
    schools: person.schools,
    kind: person.kind,
    properties: {
      firstname: person.firstname,
      lastname: person.lastname,
      displayName: `${person.firstname} ${person.lastname}`,
      groups: Object.entries(person.classes ?? {}).map(([school, name]) => Builders.classDn(school, name))
    }
  })

const removedUser = (person: Person) => Builders.removedUser(person.username, { schools: person.schools })

const classFile = (school: string, name: string, members: ReadonlyArray<Person>) =>
  Builders.schoolClass(school, name, members.map(dnOf))

/** Time stamps of the first morning; each file a moment after the one before. */
const numbered = (contents: ReadonlyArray<unknown>, hour: string): ReadonlyArray<ListenerFile> =>
  contents.map((content, index) => ({
    name: `2026-02-03-${hour}-00-00-${String(index + 1).padStart(6, "0")}.json`,
    content
  }))

const [class5a, ...otherClasses] = [
  classFile("GymNord", "5a", [ada, ben, gerd]),
  classFile("GsNord", "2b", [cem]),
  classFile("GymSued", "7c", [dora, emil, hanna]),
  classFile("GsSued", "1a", [frida])
] as const

/** The first day: everybody is new. Classes come before some of their members, as they do in reality. */
export const firstDay = numbered([class5a, ...people.map(userFile), ...otherClasses], "08")

const adaRenamed: Person = { ...ada, lastname: "Winter-Frost" }
const benMoved: Person = { ...ben, schools: ["GymSued"], classes: { GymSued: "7c" } }
const guest: Person = pupil("guest", "Gabi", "Gast", "Internat", "1a")

/** The second day: a new name, a move to the other authority, a leaver, and things that are nobody's or broken. */
export const secondDay = numbered(
  [
    userFile(adaRenamed),
    userFile(benMoved),
    classFile("GymNord", "5a", [ada, gerd]),
    classFile("GymSued", "7c", [benMoved, dora, emil, hanna]),
    removedUser(ines),
    userFile(guest),
    { ...userFile(dora), options: ["default"], object: { ...userFile(dora).object, school: [] } }
  ],
  "09"
)

/** A change to try out by hand. */
export const example: ListenerFile = {
  name: "2026-02-04-10-00-00-000001.json",
  content: userFile({ ...frida, firstname: "Frida Marie" })
}

/** Who may use the management API. */
export const administrator = { uid: "admin", dn: `uid=admin,cn=users,${Builders.base}`, password: "demo" }

/** The source directory: who exists, with which password hashes. */
export const directory = {
  users: [
    administrator,
    ...[...people, guest].map((person, index) => ({
      dn: dnOf(person),
      uid: person.username,
      entryUUID: userFile(person).id,
      displayName: `${person.firstname} ${person.lastname}`,
      ucsschoolRole: person.schools.map((school) => `${person.kind}:school:${school}`),
      properties: userFile(person).object,
      schools: person.schools,
      hashes: {
        userPassword: [`{crypt}$6$demo${index}`],
        sambaNTPassword: "CAA1239D44DA7EDF926BCE39F5C65D0F",
        krb5Key: ["AQL6AE0="],
        krb5KeyVersionNumber: 1,
        sambaPwdLastSet: 1700000000
      }
    }))
  ],
  groups: [
    { cn: adminGroup, uniqueMember: [administrator.dn] },
    ...[class5a, ...otherClasses].map(({ dn, id, object: { name, ucsschoolRole, users, ...properties } }) => ({
      cn: name,
      dn,
      entryUUID: id,
      ucsschoolRole,
      uniqueMember: users,
      properties
    }))
  ]
}

/** What an authority's file in `conf/school_authorities` holds. */
export const authorityFile = (
  name: string,
  url: string,
  // The simulator's certificate is made up at each start.
  ssl_context: object = { check_hostname: false, verify_mode: 0 }
) => Builders.authority(name, { url, kelvin: { sync_password_hashes: true, ssl_context } })
