/** What a line of the log looks like. There are tens of thousands a second when many files come at once. */
import { Cause, HashMap, type Logger, Option, Redacted } from "effect"
import * as LogTime from "./LogTime.js"

/** How a line is written: for people, or as an object for programs. */
export type Format = "text" | "json"

/** `2026-02-03T05:05:06.789+01:00 INFO  InQueue  Accepted a change. file=x.json object="user anna"`, without an end of line. */
export const format = ({ annotations, cause, date, logLevel, message }: Logger.Logger.Options<unknown>): string => {
  const { module, rest } = split(annotations)
  let texts = ""
  let fields = ""
  const add = (key: string, value: unknown) => {
    fields += ` ${key}=${quote(value)}`
  }
  const parts = Array.isArray(message) ? message : [message]
  // What an event says of itself may be what all lines around it say.
  for (const [key, value] of rest) if (!parts.some((part) => isData(part) && Object.hasOwn(part, key))) add(key, value)
  for (const part of parts) {
    if (isData(part)) for (const key of Object.keys(part)) add(key, part[key])
    else texts += ` ${escape(String(part))}`
  }
  if (!Cause.isEmpty(cause)) add("cause", Cause.pretty(cause, { renderErrorCause: true }))
  return `${LogTime.local(date)} ${logLevel.label.padEnd(5)} ${module.padEnd(9)}${texts}${fields}`
}

/** The same as an object of one line: `time`, `level`, `module`, `message` and `fields`. */
export const formatJson = (options: Logger.Logger.Options<unknown>): string => {
  const { fields, message, module } = contentOf(options)
  return escape(
    JSON.stringify({ time: LogTime.local(options.date), level: options.logLevel.label, module, message, fields })
  )
}

/** What a line says. Nothing secret is in it. */
export interface Content {
  readonly module: string
  readonly message: string
  /** Values that can be written as JSON. */
  readonly fields: { readonly [name: string]: unknown }
}

export const contentOf = ({ annotations, cause, message }: Logger.Logger.Options<unknown>): Content => {
  const { module, rest } = split(annotations)
  const parts = Array.isArray(message) ? message : [message]
  const fields = new Map<string, unknown>(rest)
  for (const part of parts) if (isData(part)) for (const key of Object.keys(part)) fields.set(key, part[key])
  if (!Cause.isEmpty(cause)) fields.set("cause", Cause.pretty(cause, { renderErrorCause: true }))
  return {
    module,
    message: parts.flatMap((part) => (isData(part) ? [] : [String(part)])).join(" "),
    fields: Object.fromEntries(Array.from(fields, ([key, value]) => [key, bearable(value)]))
  }
}

/** The value itself where it can be written as JSON, else some text for it. */
const bearable = (value: unknown): unknown => {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value
  if (Redacted.isRedacted(value)) return "<redacted>"
  return asJson(value) === null ? String(value) : (value ?? null)
}

const asJson = (value: unknown): string | null => {
  try {
    return JSON.stringify(value) ?? ""
  } catch {
    return null
  }
}

/** The part of the connector that a line is of, `-` if it does not say. */
export const moduleOf = ({ annotations }: Logger.Logger.Options<unknown>): string => split(annotations).module

type Data = { readonly [key: string]: unknown }

const isData = (part: unknown): part is Data => typeof part === "object" && part !== null

const split = (annotations: HashMap.HashMap<string, unknown>) => {
  if (lastSplit?.annotations !== annotations) {
    const module = String(Option.getOrElse(HashMap.get(annotations, "module"), () => "-"))
    lastSplit = { annotations, module, rest: HashMap.toEntries(annotations).filter(([key]) => key !== "module") }
  }
  return lastSplit
}

/** Most lines have the same annotations as the one before. */
let lastSplit: {
  readonly annotations: HashMap.HashMap<string, unknown>
  readonly module: string
  readonly rest: ReadonlyArray<[string, unknown]>
} | null = null

/** Needs neither quotes nor escapes: visible ASCII without `"` and `=`. */
const plain = /^[!#-<>-~]+$/

const quote = (value: unknown): string => {
  if (typeof value === "string" && plain.test(value)) return value
  const text = escape(
    Redacted.isRedacted(value) ? "<redacted>" : typeof value === "string" ? value : (asJson(value) ?? String(value))
  )
  return /^[^\s"=]+$/.test(text) ? text : `"${text.replaceAll('"', '\\"')}"`
}

/** A name in a file or directory must not be able to begin a new line of the log. */
const escape = (text: string): string =>
  control.test(text)
    ? text.replace(controls, (character) =>
        character === "\n" ? "\\n" : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
      )
    : text

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/
const controls = new RegExp(control, "g")
