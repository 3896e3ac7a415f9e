/**
 * The changes of a state that go on for ever among the same number of people: they come, change, change school and class, get another
 * record UID, leave, and come back under a new account; classes follow them. The same seed gives the same changes.
 */
import * as Builders from "@id-connector/testkit/data/Builders"
import * as Year from "../faults/Year.js"

/** What a school authority's target has to hold, as far as the source says it. */
export interface Expected {
  readonly users: ReadonlyArray<{
    readonly name: string
    readonly school: string
    readonly lastname: string
    readonly record_uid: string
  }>
  readonly classes: ReadonlyArray<{
    readonly school: string
    readonly name: string
    readonly description: string
    readonly users: ReadonlyArray<string>
  }>
}

export interface Changes {
  /** Names of all people there may be. */
  readonly people: ReadonlyArray<string>
  /** Contents of listener files that make all classes and people. */
  readonly initial: () => ReadonlyArray<unknown>
  /** The files of one more change, in their order. */
  readonly next: () => ReadonlyArray<unknown>
  /** After all that was handed out so far. */
  readonly expected: () => { readonly [authority: string]: Expected }
}

interface SchoolClass {
  readonly school: string
  readonly name: string
  version: number
}

interface Pupil {
  readonly name: string
  account: number
  version: number
  record: number
  schoolClass: SchoolClass
  present: boolean
}

const classesOfSchool = ["1a", "2b", "3c"]

export const make = (users: number, random: () => number): Changes => {
  const one = <A>(items: ReadonlyArray<A>): A => items[Math.floor(random() * items.length)] as A
  const schools = Object.values(Year.schools).flat()
  const classes = schools.flatMap((school) =>
    classesOfSchool.map((name): SchoolClass => ({ school, name, version: 0 }))
  )
  const pupils = Array.from(
    { length: users },
    (_, index): Pupil => ({
      name: `p${index}`,
      account: 1,
      version: 1,
      record: 0,
      schoolClass: one(classes),
      present: true
    })
  )
  const membersOf = (schoolClass: SchoolClass) =>
    pupils.filter((pupil) => pupil.present && pupil.schoolClass === schoolClass).map(({ name }) => name)
  const idOf = ({ account, name }: Pupil) => `${name}-account-${account}`
  const heldOf = ({ name, record, schoolClass: { school }, version }: Pupil) => ({
    name,
    school,
    lastname: `Version${version}`,
    record_uid: `record-${name}-${record}`
  })

  const userFile = (pupil: Pupil) => {
    const { lastname, record_uid, school } = heldOf(pupil)
    const groups = [
      `cn=Domain Users ${school},cn=groups,ou=${school},${Builders.base}`,
      Builders.classDn(school, pupil.schoolClass.name)
    ]
    const properties = { lastname, ucsschoolRecordUID: record_uid, groups }
    return Builders.user(pupil.name, { id: idOf(pupil), schools: [school], properties })
  }
  const removalFile = (pupil: Pupil) =>
    Builders.removedUser(pupil.name, { id: idOf(pupil), schools: [pupil.schoolClass.school] })
  const descriptionOf = ({ name, version }: SchoolClass) => `Class ${name}, version ${version}`
  const classFile = (schoolClass: SchoolClass) =>
    Builders.schoolClass(schoolClass.school, schoolClass.name, membersOf(schoolClass), {
      description: descriptionOf(schoolClass)
    })

  const change = (pupil: Pupil): ReadonlyArray<unknown> => {
    const what = random()
    pupil.version += 1
    if (!pupil.present) {
      pupil.present = true
      pupil.account += 1
      return [userFile(pupil), classFile(pupil.schoolClass)]
    }
    if (what < 0.55) return [userFile(pupil)]
    if (what < 0.7) {
      const before = pupil.schoolClass
      pupil.schoolClass = one(classes)
      return [userFile(pupil), classFile(before), classFile(pupil.schoolClass)]
    }
    if (what < 0.78) {
      pupil.record += 1
      return [userFile(pupil)]
    }
    if (what < 0.85) {
      pupil.schoolClass.version += 1
      return [userFile(pupil), classFile(pupil.schoolClass)]
    }
    pupil.present = false
    return [removalFile(pupil), classFile(pupil.schoolClass)]
  }

  return {
    people: pupils.map(({ name }) => name),
    initial: () => [
      ...classes.map(({ name, school }) => Builders.schoolClass(school, name)),
      ...pupils.map(userFile),
      ...classes.map(classFile)
    ],
    next: () => change(one(pupils)),
    expected: () =>
      Object.fromEntries(
        Object.entries(Year.schools).map(([authority, own]) => [
          authority,
          {
            users: pupils.filter(({ present, schoolClass }) => present && own.includes(schoolClass.school)).map(heldOf),
            classes: classes
              .filter(({ school }) => own.includes(school))
              .map((schoolClass) => ({
                school: schoolClass.school,
                name: schoolClass.name,
                description: descriptionOf(schoolClass),
                users: membersOf(schoolClass).sort()
              }))
          }
        ])
      )
  }
}
