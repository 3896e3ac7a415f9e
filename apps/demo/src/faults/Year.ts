/**
 * A made-up year of a state with three school authorities, as listener files: users come, change, move, get another record
 * UID, leave, and come back under a new account; classes are made before and after their members and change with them. The
 * same seed gives the same year.
 */
import * as Builders from "@id-connector/testkit/data/Builders"

/** Schools by authority. */
export const schools: { readonly [authority: string]: readonly [string, ...ReadonlyArray<string>] } = {
  Nord: ["Nord1", "Nord2", "Nord3"],
  Mitte: ["Mitte1", "Mitte2", "Mitte3"],
  Sued: ["Sued1", "Sued2", "Sued3"]
}

const allSchools = Object.values(schools).flat()

export interface Size {
  readonly users: number
  readonly classes: number
  readonly seed: number
}

export interface Year {
  /** Contents of listener files, in their order. */
  readonly files: ReadonlyArray<unknown>
  /** Names of the users that each authority has in the end. */
  readonly users: { readonly [authority: string]: ReadonlyArray<string> }
}

/** Numbers from 0 to 1, the same for the same seed. */
export const generator = (seed: number) => {
  let state = (seed * 2_654_435_761) >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state / 0x1_0000_0000
  }
}

interface Pupil {
  readonly name: string
  /** How many accounts of that name there were: each has an entryUUID of its own. */
  account: number
  school: string
  version: number
  record: number
  present: boolean
}

export const make = ({ classes, seed, users }: Size): Year => {
  const random = generator(seed)
  const below = (limit: number) => Math.floor(random() * limit)
  const anySchool = () => allSchools[below(allSchools.length)] ?? "Nord1"
  const files: Array<unknown> = []
  const pupils = Array.from(
    { length: users },
    (_, index): Pupil => ({ name: `p${index}`, account: 1, school: anySchool(), version: 0, record: 0, present: false })
  )
  const idOf = ({ account, name }: Pupil) => `${name}-account-${account}`

  const write = (pupil: Pupil) => {
    pupil.present = true
    pupil.version += 1
    files.push(
      Builders.user(pupil.name, {
        id: idOf(pupil),
        schools: [pupil.school],
        properties: {
          lastname: `Version${pupil.version}`,
          ucsschoolRecordUID: `record-${pupil.name}-${pupil.record}`
        }
      })
    )
  }
  const remove = (pupil: Pupil) => {
    pupil.present = false
    files.push(Builders.removedUser(pupil.name, { id: idOf(pupil), schools: [pupil.school] }))
  }
  const writeClass = (index: number) => {
    const school = allSchools[index % allSchools.length] ?? "Nord1"
    const members = pupils.filter((pupil, at) => at % classes === index && pupil.present && pupil.school === school)
    files.push(
      Builders.schoolClass(
        school,
        `${index}a`,
        members.map(({ name }) => name),
        { description: `Class ${index}` }
      )
    )
  }

  // Every pupil begins in a school that has its class.
  for (const [at, pupil] of pupils.entries()) pupil.school = allSchools[(at % classes) % allSchools.length] ?? "Nord1"
  for (const [at, pupil] of pupils.entries()) {
    write(pupil)
    if (at % 40 === 39) writeClass(below(classes))
  }
  for (let index = 0; index < classes; index++) writeClass(index)

  for (let change = 0; change < users; change++) {
    const pupil = pupils[below(users)]
    if (pupil === undefined) continue
    const what = random()
    if (!pupil.present) {
      pupil.account += 1
      write(pupil)
    } else if (what < 0.5) {
      write(pupil)
    } else if (what < 0.7) {
      pupil.school = anySchool()
      write(pupil)
    } else if (what < 0.8) {
      pupil.record += 1
      write(pupil)
    } else if (what < 0.95) {
      remove(pupil)
    } else {
      // An import that deletes somebody and creates the account anew.
      remove(pupil)
      pupil.account += 1
      write(pupil)
    }
    if (change % 50 === 49) writeClass(below(classes))
  }
  // Who has moved is not in the class of the old school any more.
  for (let index = 0; index < classes; index++) writeClass(index)

  return {
    files,
    users: Object.fromEntries(
      Object.entries(schools).map(([authority, own]) => [
        authority,
        pupils.flatMap(({ name, present, school }) => (present && own.includes(school) ? [name] : [])).sort()
      ])
    )
  }
}
