/** What targets hold after a year, compared with what they should hold. */
import type { HeldClass, HeldUser } from "@id-connector/testkit/simulator/KelvinSimulator"

export interface Held {
  readonly users: ReadonlyArray<HeldUser>
  readonly classes: ReadonlyArray<HeldClass>
}

/** What differs at a target, a line for each object. */
export const differences = (target: string, expected: Held, actual: Held): ReadonlyArray<string> => [
  ...compare(`${target}: user`, expected.users, actual.users, (user) => user.name),
  ...compare(`${target}: class`, expected.classes, actual.classes, (each) => `${each.school}-${each.name}`)
]

/** Whether the undisturbed run came to the end that the year says: a line when it did not. `names` are in order. */
export const unexpected = (target: string, names: ReadonlyArray<string>, undisturbed: Held): ReadonlyArray<string> => {
  const held = undisturbed.users.map((user) => user.name).sort()
  return JSON.stringify(held) === JSON.stringify(names)
    ? []
    : [`${target}: undisturbed it holds ${held.length} users, ${names.length} are expected`]
}

const compare = <A>(
  what: string,
  expected: ReadonlyArray<A>,
  actual: ReadonlyArray<A>,
  keyOf: (object: A) => string
): ReadonlyArray<string> => {
  const wanted = new Map(expected.map((object) => [keyOf(object), JSON.stringify(object)]))
  const held = new Map(actual.map((object) => [keyOf(object), JSON.stringify(object)]))
  return [
    ...[...wanted.keys()].filter((key) => !held.has(key)).map((key) => `${what} ${key} is missing`),
    ...[...held.keys()].filter((key) => !wanted.has(key)).map((key) => `${what} ${key} should not be there`),
    ...[...wanted].flatMap(([key, text]) =>
      held.has(key) && held.get(key) !== text ? [`${what} ${key} is ${held.get(key)} instead of ${text}`] : []
    )
  ]
}

export interface Request {
  /** In milliseconds. */
  readonly at: number
  readonly method: string
  readonly path: string
}

/** The longest time without a request until the last write, in seconds. */
export const longestPause = (requests: ReadonlyArray<Request>): number => {
  const lastWrite = requests.findLastIndex(({ method, path }) => method !== "GET" && path !== "/token")
  let longest = 0
  for (let index = 1; index <= lastWrite; index++) {
    longest = Math.max(longest, (requests[index]?.at ?? 0) - (requests[index - 1]?.at ?? 0))
  }
  return longest / 1000
}
