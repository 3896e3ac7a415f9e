/** The search of the resource `users` of the Kelvin REST API 4.0. */
import { invalid, json, type SimulatorResponse } from "./Answer.js"
import { roleNames, type Server } from "./Server.js"
import { shown } from "./ShownUser.js"
import { wildcard } from "./Wildcard.js"
import { keyOf, type SimulatedUser } from "./World.js"

/** Whether a user is one that is looked for. */
type Test = (user: SimulatedUser) => boolean

export const search = (server: Server, host: string, query: URLSearchParams): SimulatorResponse => {
  const tests = testsOf(query)
  const users = candidates(server, last(query, "record_uid"), last(query, "name"))
    .filter((user) => tests.every((test) => test(user)))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return json(
    200,
    users.map((user) => shown(server, host, user))
  )
}

/** What a query asks for: all of it has to fit. */
const testsOf = (query: URLSearchParams): ReadonlyArray<Test> => {
  const texts = ["name", "firstname", "lastname", "record_uid", "source_uid", "email"] as const
  const dates = ["birthday", "expiration_date"] as const
  return [
    ...rolesTest(query.getAll("roles")),
    ...texts.flatMap((field) => given(query, field, (wanted) => matcher(wanted, (user) => user[field]))),
    ...dates.flatMap((field) => given(query, field, (wanted) => (user) => user[field] === wanted)),
    ...given(query, "school", (wanted) => {
      const matches = wildcard(wanted)
      return (user) => user.schools.some(matches)
    }),
    ...given(query, "disabled", (wanted) => (user) => String(user.disabled) === wanted.toLowerCase())
  ]
}

const rolesTest = (roles: ReadonlyArray<string>): ReadonlyArray<Test> => {
  if (roles.some((role) => !roleNames.some((name) => name === role))) {
    throw invalid([
      { loc: ["query", "roles", 0], msg: "value is not a valid enumeration member", type: "type_error.enum" }
    ])
  }
  if (roles.length === 0) return []
  return [(user) => user.roles.length === roles.length && roles.every((role) => user.roles.includes(role))]
}

const given = (query: URLSearchParams, field: string, test: (wanted: string) => Test): ReadonlyArray<Test> => {
  const wanted = last(query, field)
  return wanted === undefined ? [] : [test(wanted)]
}

/** Those that can match at all: an index instead of all users where the search has no wildcard. */
const candidates = (server: Server, recordUid: string | undefined, name: string | undefined) => {
  const { byRecordUid, users } = server.world
  if (recordUid !== undefined && !recordUid.includes("*")) {
    return [...(byRecordUid.get(keyOf(recordUid)) ?? [])].flatMap((key) => users.get(key) ?? [])
  }
  if (name !== undefined && !name.includes("*")) return [users.get(keyOf(name))].flatMap((user) => user ?? [])
  return [...users.values()]
}

const last = (query: URLSearchParams, field: string): string | undefined => query.getAll(field).at(-1)

const matcher = (wanted: string, of: (user: SimulatedUser) => string | null): Test => {
  const matches = wildcard(wanted)
  return (user) => {
    const value = of(user)
    return value !== null && matches(value)
  }
}
