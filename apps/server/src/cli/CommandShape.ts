/**
 * What a command looks like from outside: its name, arguments, options and commands below it, as help, completions and the
 * check of a command line need it. It is read out of the command itself, so that it is said once.
 */
import { type Command, HelpDoc, type Span } from "@effect/cli"
import { Option, Predicate } from "effect"

export interface CommandShape {
  readonly name: string
  readonly description: Description
  readonly args: ReadonlyArray<Parameter>
  readonly options: ReadonlyArray<Parameter>
  readonly commands: ReadonlyArray<CommandShape>
}

/** An argument or an option. */
export interface Parameter {
  /** `queue` or `--state`. */
  readonly name: string
  readonly aliases: ReadonlyArray<string>
  readonly description: string
  readonly value: Value
  readonly isOptional: boolean
  readonly isRepeated: boolean
  /** For people; null: nothing, or what anybody would expect. */
  readonly defaultsTo: string | null
}

/** What may be given. */
export type Value =
  | { readonly _tag: "Flag" }
  | { readonly _tag: "Choice"; readonly choices: ReadonlyArray<string> }
  | { readonly _tag: "Number"; readonly isWhole: boolean }
  | { readonly _tag: "Text"; readonly placeholder: string }

export interface Description {
  /** What the command does, for lists. */
  readonly sentence: string
  readonly details: ReadonlyArray<Block>
  readonly example: string | null
}

/** A paragraph, or terms that are explained. */
export type Block = string | ReadonlyArray<readonly [term: string, text: string]>

const exampleMark = "Example: "

/** The description of a command: a sentence, an example, and what else there is to say. */
export const describe = (
  sentence: string,
  { details = [], example }: { readonly details?: ReadonlyArray<string>; readonly example: string }
): HelpDoc.HelpDoc => HelpDoc.blocks([sentence, ...details, `${exampleMark}${example}`].map((text) => HelpDoc.p(text)))

/** The shape of a command of @effect/cli. */
export const of = <Name extends string, R, E, A>(command: Command.Command<Name, R, E, A>): CommandShape =>
  ofDescriptor(node(command.descriptor))

/** @effect/cli has no other way to look into a command; what it is made of is told apart by `_tag`. */
type Node = { readonly _tag: string; readonly [key: string]: unknown }

const node = (value: unknown): Node => (Predicate.hasProperty(value, "_tag") ? (value as Node) : { _tag: "Empty" })

const ofDescriptor = (descriptor: Node): CommandShape => {
  switch (descriptor._tag) {
    case "Standard":
      return {
        name: String(descriptor.name),
        description: descriptionOf(descriptor.description),
        args: parametersOf(node(descriptor.args), required),
        options: parametersOf(node(descriptor.options), required),
        commands: []
      }
    case "Subcommands":
      return {
        ...ofDescriptor(node(descriptor.parent)),
        commands: list(descriptor.children).map((child) => ofDescriptor(node(child)))
      }
    default:
      // What its values become does not show.
      return ofDescriptor(node(descriptor.command))
  }
}

type Given = Pick<Parameter, "defaultsTo" | "isOptional" | "isRepeated">
const required: Given = { isOptional: false, isRepeated: false, defaultsTo: null }

const parametersOf = (parameters: Node, given: Given): ReadonlyArray<Parameter> => {
  const inner = (key: string, more: Partial<Given> = {}) => parametersOf(node(parameters[key]), { ...given, ...more })
  switch (parameters._tag) {
    case "Single":
      return [parameter(parameters, given)]
    case "Both":
    case "OrElse":
      return [...inner("left"), ...inner("right")]
    case "Variadic": {
      const least = Option.getOrElse(parameters.min as Option.Option<number>, () => 0)
      const more = { isRepeated: true, isOptional: given.isOptional || least === 0 }
      return [...inner("argumentOption", more), ...inner("args", more)]
    }
    case "WithDefault": {
      const more = { isOptional: true, defaultsTo: defaultOf(parameters.fallback) }
      return [...inner("options", more), ...inner("args", more)]
    }
    case "WithFallback":
    case "WithFallbackConfig":
    case "Map":
      return [...inner("options"), ...inner("args")]
    case "KeyValueMap":
      return inner("argumentOption", { isRepeated: true, isOptional: true })
    default:
      return []
  }
}

const parameter = (single: Node, given: Given): Parameter => {
  const isOption = "fullName" in single
  const value = valueOf(node(single.primitiveType), Option.getOrNull(single.pseudoName as Option.Option<string>))
  return {
    ...given,
    isOptional: given.isOptional || value._tag === "Flag",
    name: isOption ? dashed(String(single.name)) : String(single.name).replace(/^<|>$/g, ""),
    aliases: list(single.aliases).map((alias) => dashed(String(alias))),
    description: textOf(single.description as HelpDoc.HelpDoc),
    value
  }
}

const dashed = (name: string): string => (name.length === 1 ? `-${name}` : `--${name}`)

const valueOf = (type: Node, placeholder: string | null): Value => {
  switch (type._tag) {
    case "Bool":
      return { _tag: "Flag" }
    case "Choice":
      return { _tag: "Choice", choices: list(type.alternatives).map((one) => String(list(one)[0])) }
    case "Integer":
    case "Float":
      return { _tag: "Number", isWhole: type._tag === "Integer" }
    default:
      return { _tag: "Text", placeholder: placeholder ?? (type._tag === "Path" ? "file" : "text") }
  }
}

const defaultOf = (fallback: unknown): string | null => {
  const value = Option.isOption(fallback) ? Option.getOrNull(fallback) : fallback
  return value === null || value === undefined || value === false || String(value) === "" ? null : String(value)
}

const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

const descriptionOf = (doc: unknown): Description => {
  const [first, ...rest] = blocksOf(doc as HelpDoc.HelpDoc)
  const isExample = (block: Block) => typeof block === "string" && block.startsWith(exampleMark)
  const example = rest.find(isExample)
  return {
    sentence: typeof first === "string" ? first : "",
    details: rest.filter((block) => !isExample(block)),
    example: typeof example === "string" ? example.slice(exampleMark.length) : null
  }
}

const blocksOf = (doc: HelpDoc.HelpDoc): ReadonlyArray<Block> => {
  switch (doc._tag) {
    case "Empty":
      return []
    case "Header":
    case "Paragraph":
      return [plain(doc.value)]
    case "DescriptionList":
      return [doc.definitions.map(([term, text]) => [plain(term), textOf(text)])]
    case "Enumeration":
      return doc.elements.flatMap(blocksOf)
    case "Sequence":
      return [...blocksOf(doc.left), ...blocksOf(doc.right)]
  }
}

/** The text of a document, in one line. */
export const textOf = (doc: HelpDoc.HelpDoc): string =>
  blocksOf(doc)
    .filter((block) => typeof block === "string")
    .join(" ")

const plain = (span: Span.Span): string => {
  switch (span._tag) {
    case "Sequence":
      return `${plain(span.left)}${plain(span.right)}`
    case "Text":
    case "URI":
      return span.value
    default:
      return plain(span.value)
  }
}
