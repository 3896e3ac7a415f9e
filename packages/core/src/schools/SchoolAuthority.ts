/**
 * A school authority: who runs schools, where its Kelvin REST API is, and how objects are brought there. The format is
 * that of the files `conf/school_authorities/<name>.json`.
 */
import { Either, Redacted, Schema } from "effect"
import * as Problems from "../input/Problems.js"

/**
 * Names become directory and file names, so no path can be built from one: 1 to 128 letters, digits, `.`, `_`, `-` and
 * spaces, neither `.` nor `..`.
 */
export const AuthorityName = Schema.String.pipe(
  Schema.filter(
    (name) =>
      (/^[\p{L}\p{N}._ -]{1,128}$/u.test(name) && name !== "." && name !== "..") ||
      `a name of 1 to 128 letters, digits, ".", "_", "-" or spaces, other than "." and "..", is expected, actual ${JSON.stringify(name.slice(0, 140))}`
  ),
  Schema.brand("AuthorityName")
)
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

/** Some write user name and password into a URL. */
const withoutUser = (url: string) => url.replace(/\/\/[^/@]*@/, "//...@")

const Url = Schema.String.pipe(
  Schema.filter(
    (url) =>
      (/^https?:\/\//i.test(url) && URL.canParse(url)) ||
      `a URL like https://HOST/ucsschool/kelvin/v1/ is expected, actual ${JSON.stringify(withoutUser(url).slice(0, 200))}`
  )
)

/** `active` defaults to false, `plugins` to none (objects are then handled by the plugin `kelvin`). */
export const SchoolAuthority = Schema.Struct({
  name: AuthorityName,
  active: Schema.optionalWith(Schema.Boolean, { default: () => false, exact: true }),
  url: Url,
  plugins: Schema.optionalWith(Schema.Array(Schema.String), { default: () => [], exact: true }),
  plugin_configs: Schema.Record({ key: Schema.String, value: PluginConfig })
})
export type SchoolAuthority = typeof SchoolAuthority.Type

const decodeEither = Schema.decodeUnknownEither(SchoolAuthority, { errors: "all" })

/** Reads a parsed authority file: the authority, or everything that is wrong with it, each with its path. */
export const decode = (json: unknown): Either.Either<SchoolAuthority, ReadonlyArray<string>> =>
  Problems.isDeeperThan(json, deepest)
    ? Either.left([`the content is nested deeper than ${deepest} levels`])
    : Either.mapLeft(decodeEither(json), (error) => Problems.describe(error).map(withoutSecrets))

/** Levels of objects and lists. What is deeper would end whoever goes through it. */
const deepest = 50

const encode = Schema.encodeSync(SchoolAuthority)

/** Two configurations of an authority that have the same fingerprint are the same. It holds secrets: never show it. */
export const fingerprint = (authority: SchoolAuthority): string => JSON.stringify(encode(authority))

/** A text where a plugin's configuration is expected may be a secret in the wrong place. */
const withoutSecrets = (problem: string): string =>
  problem.startsWith("plugin_configs") ? problem.replace(/, actual "[\s\S]*$/, "") : problem

const mapSecrets = (config: PluginConfig, onSecret: (value: unknown) => unknown): PluginConfig =>
  Object.fromEntries(Object.entries(config).map(([key, value]) => [key, secretKeys.has(key) ? onSecret(value) : value]))
