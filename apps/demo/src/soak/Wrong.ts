/** What targets hold after a soak run, compared with what the source says. Pure. */
import type { HeldClass, HeldUser } from "@id-connector/testkit/simulator/KelvinSimulator"
import type { Expected } from "./Changes.js"

export interface Held {
  readonly users: ReadonlyArray<HeldUser>
  readonly classes: ReadonlyArray<HeldClass>
}

/** A line for each object that is missing, should not be there, or is not as the source says. */
export const differences = (
  target: string,
  expected: { readonly [authority: string]: Expected },
  { classes, users }: Held
): ReadonlyArray<string> => {
  const wanted = expected[target] ?? { users: [], classes: [] }
  return [
    ...compare(
      `${target}: user`,
      wanted.users.map((user) => [user.name, user]),
      users.map(({ lastname, name, record_uid, school }) => [name, { name, school, lastname, record_uid }])
    ),
    ...compare(
      `${target}: class`,
      wanted.classes.map((each) => [`${each.school}-${each.name}`, each]),
      classes.map(({ description, name, school, users }) => [
        `${school}-${name}`,
        { school, name, description, users: [...users].sort() }
      ])
    )
  ]
}

type Named = ReadonlyArray<readonly [name: string, object: unknown]>

const compare = (what: string, wanted: Named, held: Named): ReadonlyArray<string> => {
  const byName = new Map(held)
  const names = new Set(wanted.map(([name]) => name))
  return [
    ...held.filter(([name]) => !names.has(name)).map(([name]) => `${what} ${name} should not be there`),
    ...wanted.flatMap(([name, object]) => {
      if (!byName.has(name)) return [`${what} ${name} is missing`]
      const [is, should] = [JSON.stringify(byName.get(name)), JSON.stringify(object)]
      return is === should ? [] : [`${what} ${name} is ${is} instead of ${should}`]
    })
  ]
}
