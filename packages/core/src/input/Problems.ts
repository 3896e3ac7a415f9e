/**
 * What is wrong with data from outside, in words: one text per problem, each with the place it is about. Values are shown
 * only where they are short, and never the content of lists and objects: it may be large, or hold a secret.
 */
import { ParseResult } from "effect"
import * as Sentence from "./Sentence.js"

/** What can be wrong with a value, by code. */
export const problemSentences = {
  value_unexpected: "{expected} is expected, actual {actual}",
  value_expected: "{expected} is expected",
  value_missing: "is missing",
  more_problems: "and {count} more"
} as const

const say = Sentence.saying(problemSentences)

/** Nobody reads more of them, and a list of a million may be wrong in each place. */
const mostProblems = 50

/** Problems, each once: `object.school: a list of at least one is expected, actual 3`. The first ones when there are many. */
export const describe = (error: ParseResult.ParseError): ReadonlyArray<string> => {
  const issues = ParseResult.ArrayFormatter.formatIssueSync(firstOf(error.issue))
  // Of an attribute that may be missing or null, the alternatives "nothing" are reported beside what is really wrong.
  const real = issues.filter(({ message }) => !/^Expected (undefined|null), actual /.test(message))
  const texts = merged(real.length > 0 ? real : issues).map(({ message, path }) => {
    const place = path.map((key) => String(key).slice(0, 100)).join(".")
    return place === "" ? inWords(message) : `${place}: ${inWords(message)}`
  })
  return firstFew([...new Set(texts)])
}

/** The first of many problems, and that there are more. */
export const firstFew = (problems: ReadonlyArray<string>): ReadonlyArray<string> =>
  problems.length <= mostProblems
    ? problems
    : [...problems.slice(0, mostProblems), say("more_problems", { count: problems.length - mostProblems }).text]

/** Without all but a few of what is wrong in the same way: to put a million issues into words takes seconds. */
const firstOf = (issue: ParseResult.ParseIssue): ParseResult.ParseIssue => {
  switch (issue._tag) {
    case "Composite": {
      const [first, ...others] = Array.isArray(issue.issues) ? issue.issues.slice(0, mostProblems + 1) : [issue.issues]
      return new ParseResult.Composite(issue.ast, issue.actual, [firstOf(first), ...others.map(firstOf)], issue.output)
    }
    case "Pointer":
      return new ParseResult.Pointer(issue.path, issue.actual, firstOf(issue.issue))
    case "Refinement":
      return new ParseResult.Refinement(issue.ast, issue.actual, issue.kind, firstOf(issue.issue))
    case "Transformation":
      return new ParseResult.Transformation(issue.ast, issue.actual, issue.kind, firstOf(issue.issue))
    default:
      return issue
  }
}

interface Issue {
  readonly message: string
  readonly path: ReadonlyArray<PropertyKey>
}

/** Of a value that is none of several, one problem that names them all, instead of one for each. */
export const merged = <I extends Issue>(issues: ReadonlyArray<I>): ReadonlyArray<I> => {
  const kept = new Map<string, I>()
  for (const issue of issues) {
    const [, value, actual] = literal.exec(issue.message) ?? []
    const key = value === undefined ? `${kept.size}` : `${issue.path.map(String).join("\u001f")}\u001f${actual}`
    const before = kept.get(key)
    const values = before === undefined ? [] : [literals.exec(before.message)?.[1] ?? literal.exec(before.message)?.[1]]
    kept.set(
      key,
      before === undefined
        ? issue
        : { ...issue, message: `Expected one of ${[...values, value].join(", ")}, actual ${actual}` }
    )
  }
  return [...kept.values()]
}

const literal = /^Expected ("[^"]{0,100}"|true|false|-?\d{1,20}), actual ([\s\S]*)$/
const literals = /^Expected one of ([\s\S]{0,10000}), actual /

const inWords = (message: string): string => {
  const [, expected, actual] = /^Expected ([\s\S]*?), actual ([\s\S]*)$/.exec(message) ?? []
  return expected === undefined || actual === undefined
    ? cut(message)
    : say("value_unexpected", { expected: expectation(expected), actual: content(actual) }).text
}

/** What a schema calls by its own name, in words. */
export const expectation = (type: string): string => {
  if (type === "string") return "a text"
  if (/non empty string|NonEmptyString/i.test(type) && !type.startsWith("readonly [")) return "a text that is not empty"
  if (type.startsWith("readonly [")) return "a list of at least one"
  if (type.startsWith("ReadonlyArray<")) return "a list"
  if (type.startsWith("{") || type.startsWith("(")) return "an object"
  if (type === "boolean") return "true or false"
  if (type.startsWith("one of ")) return type
  if (type === "number" || type === "integer" || type === "Int") return "a number"
  // Named shapes are objects, all of them.
  return /^[A-Z][A-Za-z]+$/.test(type) ? "an object" : cut(type)
}

const content = (value: string): string => {
  if (value.startsWith("{")) return "an object"
  if (value.startsWith("[")) return value === "[]" ? "an empty list" : "a list"
  return cut(value)
}

/** Problems end in log lines: a value of a megabyte must not. */
export const cut = (text: string): string => (text.length <= 200 ? text : `${text.slice(0, 200)}...`)
