/** What `--help` prints: what a command is for, how it is used, its arguments and options, and an example. */
import type { Block, CommandShape, Parameter } from "./CommandShape.js"

/** Where it is printed. */
export interface Page {
  /** In characters. */
  readonly width: number
  /** Whether escape codes are understood. */
  readonly hasColour: boolean
}

/** The help of a command; `path` are the words that it is called with: `id-connector queue items`. */
export const render = (shape: CommandShape, path: ReadonlyArray<string>, page: Page): string => {
  const bold = (text: string) => (page.hasColour ? `\u001b[1m${text}\u001b[0m` : text)
  const section = (title: string, lines: ReadonlyArray<string>) =>
    lines.length === 0 ? [] : ["", bold(`${title}:`), ...lines]
  const { description } = shape
  return [
    ...wrap(description.sentence, page.width),
    "",
    `${bold("Usage:")} ${usage(shape, path)}`,
    ...section("Arguments", list(shape.args.map(described), page.width)),
    ...section("Commands", list(leaves(shape, []), page.width)),
    ...section("Options", list([...shape.options.map(described), ...builtIn(path)], page.width)),
    ...description.details.flatMap((block) => ["", ...paragraph(block, page.width)]),
    ...section("Example", description.example === null ? [] : [`  ${description.example}`])
  ].join("\n")
}

/** `id-connector queue items [options] <queue>` */
export const usage = (shape: CommandShape, path: ReadonlyArray<string>): string =>
  [
    ...path,
    ...(shape.commands.length > 0 ? ["<command>"] : []),
    ...(shape.options.length > 0 ? ["[options]"] : []),
    ...shape.args.map(argument)
  ].join(" ")

/** `<queue>`, `[<id>...]` */
export const argument = ({ isOptional, isRepeated, name }: Parameter): string => {
  const text = `<${name}>${isRepeated ? "..." : ""}`
  return isOptional ? `[${text}]` : text
}

type Entry = readonly [term: string, text: string]

/** What is understood without being an option of the command. */
const builtIn = (path: ReadonlyArray<string>): ReadonlyArray<Entry> => [
  ["-h, --help", "prints this"],
  ...(path.length === 1
    ? ([
        ["--version", "prints the version"],
        ["--completions <bash|zsh|fish>", "prints what makes a shell complete the commands"]
      ] as const)
    : [])
]

const described = (parameter: Parameter): Entry => {
  const { aliases, defaultsTo, description, isRepeated, name } = parameter
  const value = placeholder(parameter)
  const term = name.startsWith("-") ? `${[...aliases, name].join(", ")}${value === "" ? "" : ` ${value}`}` : `<${name}>`
  const more = [
    ...(isRepeated ? ["may be given several times"] : []),
    ...(defaultsTo === null ? [] : [`default ${defaultsTo}`])
  ]
  return [term, more.length === 0 ? description : `${description} (${more.join(", ")})`]
}

const placeholder = ({ value }: Parameter): string => {
  switch (value._tag) {
    case "Flag":
      return ""
    case "Choice":
      return `<${value.choices.join("|")}>`
    case "Number":
      return "<number>"
    case "Text":
      return `<${value.placeholder}>`
  }
}

/** Every command that does something, with the words it is called with. */
const leaves = (shape: CommandShape, path: ReadonlyArray<string>): ReadonlyArray<Entry> =>
  shape.commands.flatMap((command) => {
    const words = [...path, command.name]
    return command.commands.length > 0 ? leaves(command, words) : [[words.join(" "), firstSentence(command)]]
  })

/** The first of what a description begins with, for lists. */
export const firstSentence = ({ description: { sentence } }: CommandShape): string =>
  /^.*?\.(?=\s)/.exec(sentence)?.[0] ?? sentence

const paragraph = (block: Block, width: number): ReadonlyArray<string> =>
  typeof block === "string" ? wrap(block, width) : list(block, width)

/** Terms longer than this have a line of their own, in characters. */
const longestTerm = 28

const list = (entries: ReadonlyArray<Entry>, width: number): ReadonlyArray<string> => {
  const lengths = entries.map(([term]) => term.length).filter((length) => length <= longestTerm)
  const column = Math.max(0, ...lengths) + 4
  return entries.flatMap(([term, text]) => {
    const [first = "", ...rest] = wrap(text, Math.max(20, width - column))
    const start = `  ${term}`
    const body = [first, ...rest].map((line) => `${" ".repeat(column)}${line}`.trimEnd())
    return start.length + 2 > column
      ? [start, ...body]
      : [`${start.padEnd(column)}${first}`.trimEnd(), ...body.slice(1)]
  })
}

/** Lines of at most so many characters; a longer word has one of its own. */
export const wrap = (text: string, width: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ""
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === "" ? word : `${line} ${word}`
  }
  return [...lines, line]
}
