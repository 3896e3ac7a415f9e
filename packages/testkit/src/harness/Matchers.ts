/**
 * Matchers for outcomes, for `expect.extend` of vitest and jest. Objects are named as in the outcome: `user anna`, `group School1-1a`.
 *
 *     expect.extend(Matchers.matchers)
 *     declare module "vitest" { interface Assertion<T> extends Matchers.OutcomeMatchers<T> {} }
 */
import type { Outcome, Request } from "./Outcome.js"

/** The matchers, as `expect` has them. */
export interface OutcomeMatchers<R = unknown> {
  /** Something was written about the object at the authority, with at least these values in its body. */
  readonly toSend: (authority: string, object: string, body?: { readonly [attribute: string]: unknown }) => R
  /** Nothing was written about the object at the authority. */
  readonly toLeaveUntouched: (authority: string, object: string) => R
  /** The target has the object in the end, with at least these values. Null: it does not have it. */
  readonly toEndAs: (authority: string, object: string, values: { readonly [attribute: string]: unknown } | null) => R
}

interface Result {
  readonly pass: boolean
  readonly message: () => string
}

type Values = { readonly [attribute: string]: unknown }

const isRecord = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const same = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))

const sorted = (value: unknown): unknown =>
  isRecord(value)
    ? Object.fromEntries(
        Object.keys(value)
          .sort()
          .map((key) => [key, sorted(value[key])])
      )
    : Array.isArray(value)
      ? value.map(sorted)
      : value

/** What of the wanted values is otherwise, a line each: `firstname: "Anna" is expected, it is "Anne"`. */
const differences = (actual: unknown, wanted: Values, path = ""): ReadonlyArray<string> =>
  Object.entries(wanted).flatMap(([key, value]) => {
    const place = `${path}${key}`
    const there = isRecord(actual) ? actual[key] : undefined
    if (isRecord(value)) return differences(there, value, `${place}.`)
    return same(there, value)
      ? []
      : [`${place}: ${JSON.stringify(value)} is expected, it is ${JSON.stringify(there) ?? "not there"}`]
  })

const writesOf = (outcome: Outcome, authority: string, object: string): ReadonlyArray<Request> =>
  outcome.changes
    .filter((change) => change.object === object)
    .flatMap(({ decisions }) => decisions)
    .filter((decision) => decision.authority === authority)
    .flatMap(({ attempts }) => attempts)
    .flatMap(({ requests }) => requests)
    .filter(({ method }) => method !== "GET")

/** Why nothing was sent, or what was. */
const story = (outcome: Outcome, authority: string, object: string): ReadonlyArray<string> => {
  const changes = outcome.changes.filter((change) => change.object === object)
  if (!Object.hasOwn(outcome.targets, authority)) {
    return [`there is no school authority ${authority} (there are: ${Object.keys(outcome.targets).join(", ")})`]
  }
  if (changes.length === 0) {
    const all = [...new Set(outcome.changes.map((one) => one.object))].join(", ")
    return [`no change of ${object} was accepted (there are: ${all}; "user NAME" or "group SCHOOL-CLASS" is expected)`]
  }
  return changes.flatMap(({ decisions, file }) =>
    decisions
      .filter((decision) => decision.authority === authority)
      .flatMap(({ attempts, because, concerned }) => [
        `${file}: ${concerned ? "concerned" : "not concerned"} (${because.join(", ")})`,
        ...attempts.map(({ error, outcome }) => `  ${error ?? outcome}`),
        ...attempts.flatMap(({ requests }) =>
          requests.map(({ body, method, path, status }) => `  ${method} ${path} -> ${status} ${JSON.stringify(body)}`)
        )
      ])
  )
}

const result = (pass: boolean, lines: ReadonlyArray<string>): Result => ({ pass, message: () => lines.join("\n") })

const toSend = (outcome: Outcome, authority: string, object: string, body: Values = {}): Result => {
  const writes = writesOf(outcome, authority, object)
  const pass = writes.some((write) => differences(write.body, body).length === 0)
  const closest = writes.map((write) => differences(write.body, body)).sort((a, b) => a.length - b.length)[0]
  return result(pass, [
    pass
      ? `${authority} was not expected to get this about ${object}:`
      : `${authority} was expected to get something about ${object}:`,
    ...(closest ?? []).map((line) => `  ${line}`),
    ...story(outcome, authority, object)
  ])
}

const toLeaveUntouched = (outcome: Outcome, authority: string, object: string): Result => {
  const pass = writesOf(outcome, authority, object).length === 0
  return result(pass, [
    `${authority} was ${pass ? "" : "not "}expected to get something about ${object}:`,
    ...story(outcome, authority, object)
  ])
}

const endOf = (outcome: Outcome, authority: string, object: string): unknown => {
  const target = outcome.targets[authority]
  const [kind, name = ""] = object.split(/ (.*)/s)
  return kind === "user"
    ? target?.users.find((user) => user.name === name)
    : target?.classes.find((one) => `${one.school}-${one.name}`.toLowerCase() === name.toLowerCase())
}

const toEndAs = (outcome: Outcome, authority: string, object: string, values: Values | null): Result => {
  const end = endOf(outcome, authority, object)
  if (values === null || end === undefined) {
    return result((values === null) === (end === undefined), [
      `${authority} was ${values === null ? "not " : ""}expected to have ${object} in the end, and ${end === undefined ? "does not have it" : "has it"}:`,
      ...story(outcome, authority, object)
    ])
  }
  const found = differences(end, values)
  return result(found.length === 0, [
    `${object} at ${authority} in the end:`,
    ...found.map((line) => `  ${line}`),
    ...story(outcome, authority, object)
  ])
}

/** For `expect.extend`. */
export const matchers = { toSend, toLeaveUntouched, toEndAs }
