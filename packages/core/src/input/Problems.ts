/**
 * What is wrong with data from outside, in words: one text per problem, each with the place it is about. Values are shown
 * only where they are short, and never the content of lists and objects: it may be large, or hold a secret.
 */
import { ParseResult } from "effect"

/** Every problem once: `object.school: a list of at least one is expected, actual 3`. */
export const describe = (error: ParseResult.ParseError): ReadonlyArray<string> => {
  const issues = ParseResult.ArrayFormatter.formatErrorSync(error)
  // Of an attribute that may be missing or null, the alternatives "nothing" are reported beside what is really wrong.
  const real = issues.filter(({ message }) => !/^Expected (undefined|null), actual /.test(message))
  const texts = (real.length > 0 ? real : issues).map(({ message, path }) => {
    const place = path.join(".")
    return place === "" ? inWords(message) : `${place}: ${inWords(message)}`
  })
  return [...new Set(texts)]
}

const inWords = (message: string): string => {
  const [, expected, actual] = /^Expected ([\s\S]*?), actual ([\s\S]*)$/.exec(message) ?? []
  return expected === undefined || actual === undefined
    ? cut(message)
    : `${expectation(expected)} is expected, actual ${content(actual)}`
}

/** What a schema calls by its own name, in words. */
export const expectation = (type: string): string => {
  if (type === "string") return "a text"
  if (/non empty string|NonEmptyString/i.test(type) && !type.startsWith("readonly [")) return "a text that is not empty"
  if (type.startsWith("readonly [")) return "a list of at least one"
  if (type.startsWith("ReadonlyArray<")) return "a list"
  if (type.startsWith("{") || type.startsWith("(")) return "an object"
  if (type === "boolean") return "true or false"
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

/** Whether objects and lists are nested deeper than so many levels. Ends there, however deep they are. */
export const isDeeperThan = (value: unknown, levels: number): boolean => {
  if (typeof value !== "object" || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1))
}
