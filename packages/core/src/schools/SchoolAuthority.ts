/**
 * A school authority: who runs schools, where its Kelvin REST API is, and how objects are brought there. The format is
 * that of the files `conf/school_authorities/<name>.json`.
 */
import { Either, Redacted, Schema } from "effect"
import * as Problems from "../input/Problems.js"
import * as Size from "../input/Size.js"

/** The in queue, where queues have names. */
export const inQueueName = "InQueue"

/** The names of files have 255 bytes at most, and a time or an ending is added to these. */
const mostBytes = 230

const isName = (name: string): true | string => {
  if (name.length > 256 || !/^[\p{L}\p{N}._ -]{1,128}$/u.test(name) || name === "." || name === "..") {
    return `a name of 1 to 128 letters, digits, ".", "_", "-" or spaces, other than "." and "..", is expected, actual ${JSON.stringify(name.slice(0, 140))}`
  }
  if (name.toLowerCase() === inQueueName.toLowerCase()) {
    return `another name than that of the in queue is expected, actual ${JSON.stringify(name)}`
  }
  const bytes = new TextEncoder().encode(name).length
  return (
    bytes <= mostBytes ||
    `a name of at most ${mostBytes} bytes is expected, since files are named after it, actual ${bytes}: letters other than a to z take several bytes each`
  )
}

/**
 * Names become directory and file names, so no path can be built from one: 1 to 128 letters, digits, `.`, `_`, `-` and
 * spaces, neither `.` nor `..`, and in any case another one than the in queue has.
 */
export const AuthorityName = Schema.String.pipe(Schema.filter(isName), Schema.brand("AuthorityName"))
export type AuthorityName = typeof AuthorityName.Type

/** The keys of a plugin's configuration whose values are secrets. */
export const secretKeys: ReadonlySet<string> = new Set(["key", "password", "token"])

/** What stands in place of a secret wherever people can see it. */
export const mask = "**********"

/** A plugin's configuration: the plugin knows its shape. Texts under a secret key are `Redacted`. */
export type PluginConfig = { readonly [key: string]: unknown }

const AnyRecord = Schema.Record({ key: Schema.String, value: Schema.Unknown })

const PluginConfig = Schema.transform(AnyRecord, Schema.typeSchema(AnyRecord), {
  strict: true,
  decode: (config) => mapSecrets(config, (value) => (typeof value === "string" ? Redacted.make(value) : value)),
  encode: (config) => mapSecrets(config, (value) => (Redacted.isRedacted(value) ? Redacted.value(value) : value))
})

/** In characters. A longer URL is none of a server. */
const longestUrl = 2_000

/** Scheme, host and port of a URL, or null where it is none. */
export const originOf = (url: string): string | null =>
  url.length <= longestUrl && URL.canParse(url) ? new URL(url).origin : null

/** What is wrong with a URL, or true. It is not shown where user name and password may stand in it. */
const isUrl = (text: string): true | string => {
  if (text.length > longestUrl) return `a URL of at most ${longestUrl} characters is expected, actual ${text.length}`
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    const shown = text.includes("@") ? "(not shown)" : JSON.stringify(text.slice(0, 200))
    return `a URL like https://HOST/ucsschool/kelvin/v1/ is expected, actual ${shown}`
  }
  const { password, username } = new URL(text)
  return (
    (username === "" && password === "") ||
    "a URL without user name and password is expected (not shown): write them into the plugin's configuration, where they are kept secret"
  )
}

const Url = Schema.String.pipe(Schema.filter(isUrl))

/**
 * `active` defaults to false, `plugins` to none (objects are then handled by the plugin `kelvin`). What `history_...` default to:
 * see `HistoryRules`.
 */
export const SchoolAuthority = Schema.Struct({
  name: AuthorityName,
  active: Schema.optionalWith(Schema.Boolean, { default: () => false, exact: true }),
  url: Url,
  plugins: Schema.optionalWith(Schema.Array(Schema.String), { default: () => [], exact: true }),
  plugin_configs: Schema.Record({ key: Schema.String, value: PluginConfig }),
  history_values: Schema.optionalWith(Schema.Boolean, { exact: true }),
  history_values_except: Schema.optionalWith(Schema.Array(Schema.String), { exact: true }),
  history_unchanged: Schema.optionalWith(Schema.Boolean, { exact: true })
})
export type SchoolAuthority = typeof SchoolAuthority.Type

const decodeEither = Schema.decodeUnknownEither(SchoolAuthority, { errors: "all" })

/** What somebody writes by hand is smaller by far. */
const limits: Size.Limits = { depth: 20, text: 10_000, name: 1_000, values: 20_000 }

/** What is too large to be looked at in an authority, or in a part of one; null when nothing is. */
export const tooLarge = (json: unknown): string | null => Size.problem(json, limits)

/** Reads a parsed authority file: the authority, or everything that is wrong with it, each with its path. */
export const decode = (json: unknown): Either.Either<SchoolAuthority, ReadonlyArray<string>> => {
  const problem = isObject(json) ? tooLarge(json) : "an object like the file of a school authority is expected"
  return problem === null
    ? Either.mapLeft(decodeEither(json), (error) => Problems.describe(error).map(withoutSecrets))
    : Either.left([problem])
}

const isObject = (json: unknown): boolean => typeof json === "object" && json !== null && !Array.isArray(json)

const encode = Schema.encodeSync(SchoolAuthority)

/** Two configurations of an authority that have the same fingerprint are the same. It holds secrets: never show it. */
export const fingerprint = (authority: SchoolAuthority): string => JSON.stringify(encode(authority))

/** A text where a plugin's configuration is expected may be a secret in the wrong place. */
const withoutSecrets = (problem: string): string =>
  problem.startsWith("plugin_configs") ? problem.replace(/, actual "[\s\S]*$/, "") : problem

const mapSecrets = (config: PluginConfig, onSecret: (value: unknown) => unknown): PluginConfig =>
  Object.fromEntries(Object.entries(config).map(([key, value]) => [key, secretKeys.has(key) ? onSecret(value) : value]))
