/** What somebody typed: which command is meant, and what is wrong with it, before anything is done. */

import * as Similar from "@id-connector/core/input/Similar"
import type { CommandShape, Parameter } from "./CommandShape.js"
import * as Help from "./Help.js"

export type Meaning =
  | { readonly _tag: "Run"; readonly path: ReadonlyArray<string> }
  | { readonly _tag: "Help"; readonly shape: CommandShape; readonly path: ReadonlyArray<string> }
  | { readonly _tag: "Version" }
  | { readonly _tag: "Completions"; readonly shell: Shell }
  /** What is wrong, and how it is right. */
  | { readonly _tag: "Wrong"; readonly lines: ReadonlyArray<string> }
  /** A group of commands alone does nothing. */
  | { readonly _tag: "Incomplete"; readonly shape: CommandShape; readonly path: ReadonlyArray<string> }

export const shells = ["bash", "zsh", "fish"] as const
export type Shell = (typeof shells)[number]

/** `words`: what follows the name of the executable. */
export const read = (root: CommandShape, words: ReadonlyArray<string>): Meaning => {
  const path = [root.name]
  let shape = root
  let at = 0
  for (; at < words.length; at++) {
    const below = shape.commands.find(({ name }) => name === words[at])
    if (below === undefined) break
    shape = below
    path.push(below.name)
  }
  const rest = words.slice(at)
  const end = rest.indexOf("--")
  if ((end < 0 ? rest : rest.slice(0, end)).some((word) => word === "--help" || word === "-h"))
    return { _tag: "Help", shape, path }
  if (shape === root && rest[0] === "--version") return { _tag: "Version" }
  if (shape === root && /^(--)?completions(=|$)/.test(rest[0] ?? ""))
    return completions(rest[0]?.split("=")[1] ?? rest[1] ?? "")
  if (shape.commands.length > 0) {
    const [word] = rest
    return word === undefined
      ? { _tag: "Incomplete", shape, path }
      : { _tag: "Wrong", lines: noCommand(shape, path, word) }
  }
  const problem = problemOf(shape, rest)
  return problem === null
    ? { _tag: "Run", path }
    : {
        _tag: "Wrong",
        lines: [
          `${path.join(" ")}: ${problem}`,
          `Usage: ${Help.usage(shape, path)} (${[...path, "--help"].join(" ")} says more)`
        ]
      }
}

const completions = (word: string): Meaning => {
  const shell = shells.find((one) => one === word)
  return shell === undefined
    ? { _tag: "Wrong", lines: [`--completions: ${shells.join(", ")} are known, ${JSON.stringify(word)} is not.`] }
    : { _tag: "Completions", shell }
}

const noCommand = ({ commands }: CommandShape, path: ReadonlyArray<string>, word: string): ReadonlyArray<string> => {
  const names = commands.map(({ name }) => name)
  const what = word.startsWith("-") ? "option" : "command"
  return [
    `${path.join(" ")}: there is no ${what} ${JSON.stringify(word)}.${Similar.meant(word, names)}`,
    `There are: ${names.join(", ")}. ${[...path, "--help"].join(" ")} says what they do.`
  ]
}

/** What is wrong with arguments and options, or null. */
const problemOf = ({ args, options }: CommandShape, words: ReadonlyArray<string>): string | null => {
  const given: Array<string> = []
  const seen = new Set<string>()
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ""
    if (word === "--") {
      given.push(...words.slice(at + 1))
      break
    }
    if (!word.startsWith("-") || word === "-") {
      given.push(word)
      continue
    }
    const [name = "", ...more] = word.split("=")
    const option = options.find((one) => one.name === name || one.aliases.includes(name))
    if (option === undefined) {
      const names = options.flatMap((one) => [one.name, ...one.aliases])
      return `there is no option ${name}.${Similar.meant(name, names)}`
    }
    if (seen.has(option.name) && !option.isRepeated) return `${name} is given twice.`
    seen.add(option.name)
    if (option.value._tag === "Flag") continue
    const value = more.length > 0 ? more.join("=") : words[++at]
    if (value === undefined) return `${name} needs a value${expected(option)}.`
    const wrong = unfit(option, value)
    if (wrong !== null) return `${name}: ${wrong}`
  }
  return tooFewOrMany(args, options, seen, given)
}

const tooFewOrMany = (
  args: ReadonlyArray<Parameter>,
  options: ReadonlyArray<Parameter>,
  seen: ReadonlySet<string>,
  given: ReadonlyArray<string>
): string | null => {
  const needed = args.filter(({ isOptional }) => !isOptional)
  const missing = needed[given.length]
  if (missing !== undefined) return `<${missing.name}> is missing: ${missing.description}.`
  const absent = options.find((one) => !one.isOptional && !seen.has(one.name))
  if (absent !== undefined) return `${absent.name} is missing: ${absent.description}.`
  const surplus = args.some(({ isRepeated }) => isRepeated) ? undefined : given[args.length]
  if (surplus !== undefined) return `${JSON.stringify(surplus)} is one argument too many.`
  for (const [at, argument] of args.entries()) {
    const wrong = given[at] === undefined ? null : unfit(argument, given[at])
    if (wrong !== null) return `<${argument.name}>: ${wrong}`
  }
  return null
}

const expected = ({ value }: Parameter): string => (value._tag === "Choice" ? `: ${value.choices.join(" or ")}` : "")

const unfit = ({ value }: Parameter, text: string): string | null => {
  if (value._tag === "Number" && !(value.isWhole ? /^-?\d+$/ : /^-?\d+(\.\d+)?$/).test(text))
    return `${JSON.stringify(text)} is no ${value.isWhole ? "whole " : ""}number.`
  if (value._tag === "Choice" && !value.choices.includes(text))
    return `${JSON.stringify(text)} is none of ${value.choices.join(", ")}.`
  return null
}
