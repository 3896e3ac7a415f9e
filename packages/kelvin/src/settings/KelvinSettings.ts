/** The configuration of the Kelvin plugins, as it stands under `plugin_configs` of a school authority. */

import * as Problems from "@id-connector/core/input/Problems"
import type { SchoolAuthority } from "@id-connector/core/schools/SchoolAuthority"
import { type DeletionLimit, defaultDeletionLimit } from "@id-connector/core/targets/DeletionLimit"
import { ConfigurationUnusable } from "@id-connector/core/targets/DeliveryError"
import { say } from "@id-connector/core/targets/Findings"
import { type Effect, Either, Option, type Redacted, Schema } from "effect"
import type { TlsRules, TlsVersion } from "../client/TargetHttp.js"

const Mapping = Schema.Record({ key: Schema.String, value: Schema.String })

const Password = Schema.RedactedFromSelf(Schema.NonEmptyString).annotations({
  // What a failed check prints must not be the password.
  message: () => ({ message: "a text that is not empty is expected (value not shown)", override: true })
})

/** Python's numbers. Two more stand for the oldest and the newest that there is. */
const tlsVersions = { 769: "1.0", 770: "1.1", 771: "1.2", 772: "1.3" } as const

const PythonTlsVersion = Schema.NullOr(Schema.Literal(-2, -1, 769, 770, 771, 772)).annotations({
  message: () => ({
    message: "769 (TLS 1.0), 770, 771 or 772 (TLS 1.3) is expected, or -2 or -1 for any",
    override: true
  })
})

/** `ssl_context` has the meaning and the defaults of Python's: both checks are on. `ca_file` is our own. */
const SslContext = Schema.Struct({
  check_hostname: Schema.optionalWith(Schema.Boolean, { default: () => true, nullable: true, exact: true }),
  /** 0 none, 1 optional, 2 required: a server always has a certificate, so 1 and 2 are the same to a client. */
  verify_mode: Schema.optionalWith(Schema.Literal(0, 1, 2), { default: () => 2 as const, nullable: true, exact: true }),
  ca_file: Schema.optionalWith(Schema.NullOr(Schema.NonEmptyString), { default: () => null, exact: true }),
  minimum_version: Schema.optionalWith(PythonTlsVersion, { default: () => null, exact: true }),
  maximum_version: Schema.optionalWith(PythonTlsVersion, { default: () => null, exact: true })
})

const tlsRules = (ssl: typeof SslContext.Type): TlsRules => {
  const oldest = versionOf(ssl.minimum_version)
  const newest = versionOf(ssl.maximum_version)
  return {
    verifyCertificate: ssl.verify_mode !== 0,
    verifyHostname: ssl.check_hostname,
    ...(ssl.ca_file === null ? {} : { caFile: ssl.ca_file }),
    ...(oldest === null ? {} : { oldest }),
    ...(newest === null ? {} : { newest })
  }
}

const versionOf = (number: typeof PythonTlsVersion.Type): TlsVersion | null =>
  number === null || number === -2 || number === -1 ? null : tlsVersions[number]

const Concurrency = Schema.Int.pipe(Schema.between(1, 32)).annotations({
  message: () => ({ message: "a whole number from 1 to 32 is expected", override: true })
})

const RequestsPerSecond = Schema.Int.pipe(Schema.between(1, 10_000)).annotations({
  message: () => ({ message: "a whole number from 1 to 10000 is expected", override: true })
})

/** Numbers that are left out have their defaults. */
const DeletionLimits = Schema.Struct({
  deletions: Schema.optionalWith(Schema.NonNegativeInt, {
    default: () => defaultDeletionLimit.deletions,
    nullable: true,
    exact: true
  }),
  percent: Schema.optionalWith(Schema.Number.pipe(Schema.between(0, 100)), {
    default: () => defaultDeletionLimit.percent,
    nullable: true,
    exact: true
  })
})

/** False: no protection. */
const DeletionProtection = Schema.Union(Schema.Literal(false), DeletionLimits).annotations({
  message: () => ({
    message: 'false, or {"deletions": a whole number, "percent": a number from 0 to 100} is expected',
    override: true
  })
})

const Mappings = Schema.Struct({
  users: Schema.optional(Mapping),
  users_school_admin: Schema.optional(Mapping),
  users_staff: Schema.optional(Mapping),
  users_teacher: Schema.optional(Mapping),
  users_legal_guardian: Schema.optional(Mapping),
  users_student: Schema.optional(Mapping),
  school_classes: Schema.optional(Mapping)
})

/** Keys the plugin does not know are left alone. */
const Configuration = Schema.Struct({
  username: Schema.NonEmptyString,
  password: Password,
  mapping: Mappings,
  sync_password_hashes: Schema.optionalWith(Schema.Boolean, { default: () => false, nullable: true, exact: true }),
  ssl_context: Schema.optionalWith(SslContext, {
    default: () => SslContext.make({}),
    nullable: true,
    exact: true
  }),
  school_classes_ignore_roles: Schema.optionalWith(Schema.Array(Schema.String), {
    default: () => [],
    nullable: true,
    exact: true
  }),
  concurrency: Schema.optionalWith(Concurrency, { default: () => 4, nullable: true, exact: true }),
  requests_per_second: Schema.optionalWith(Schema.NullOr(RequestsPerSecond), { default: () => null, exact: true }),
  deletion_protection: Schema.optionalWith(DeletionProtection, {
    default: () => defaultDeletionLimit,
    nullable: true,
    exact: true
  })
})

export interface KelvinSettings {
  /** Ends in a slash. */
  readonly baseUrl: string
  readonly username: string
  readonly password: Redacted.Redacted<string>
  readonly mapping: (typeof Configuration.Type)["mapping"]
  readonly syncPasswordHashes: boolean
  readonly tls: TlsRules
  /** For partial synchronisation of classes. */
  readonly ignoredRoles: ReadonlyArray<string>
  /** Objects that are delivered at the same time at most, from 1 to 32. */
  readonly concurrency: number
  /** The most requests the target is to get, or null for as many as come. */
  readonly requestsPerSecond: number | null
}

const decodeConfiguration = Schema.decodeUnknownEither(Configuration, { errors: "all" })

/** The settings of a plugin at an authority, or everything that keeps them from being used, each with its path. */
export const decodeEither = (
  authority: SchoolAuthority,
  plugin: string
): Either.Either<KelvinSettings, ReadonlyArray<string>> => {
  const path = `plugin_configs.${plugin}`
  const url = kelvinUrl(authority.url)
  const urlProblems = Either.isLeft(url) ? [url.left] : []
  const config = authority.plugin_configs[plugin]
  if (config === undefined) {
    return Either.left([...urlProblems, `${path}: ${say("plugin_not_configured").text}`])
  }
  const decoded = decodeConfiguration(config)
  if (Either.isLeft(decoded) || Either.isLeft(url)) {
    const problems = Either.isLeft(decoded)
      ? Problems.describe(decoded.left).map((problem) => `${path}.${problem}`)
      : []
    return Either.left([...urlProblems, ...problems])
  }
  const { right } = decoded
  return Either.right({
    baseUrl: url.right,
    username: right.username,
    password: right.password,
    mapping: right.mapping,
    syncPasswordHashes: right.sync_password_hashes,
    tls: tlsRules(right.ssl_context),
    ignoredRoles: right.school_classes_ignore_roles,
    concurrency: right.concurrency,
    requestsPerSecond: right.requests_per_second
  })
}

/** {@link decodeEither} as an effect. */
export const decode = (
  authority: SchoolAuthority,
  plugin: string
): Effect.Effect<KelvinSettings, ConfigurationUnusable> =>
  Either.mapLeft(decodeEither(authority, plugin), (problems) => new ConfigurationUnusable({ problems }))

/** What a configuration may hold. */
export const keys = {
  config: Object.keys(Configuration.fields),
  mapping: Object.keys(Mappings.fields),
  sslContext: Object.keys(SslContext.fields),
  deletionProtection: Object.keys(DeletionLimits.fields)
}

/** In characters. */
const longestUrl = 2_000

/** `https://USER:PASSWORD@HOST/` can't be stored, but what is shown here may come from elsewhere. */
const shown = (url: string): string => {
  const [place = ""] = url.split(/[?#]/, 1)
  const at = place.lastIndexOf("@")
  return at === -1 ? url : `${/^[a-z][a-z\d+.-]{0,20}:/i.exec(url)?.[0] ?? ""}//${url.slice(at + 1)}`
}

const loopback = new Set(["localhost", "127.0.0.1", "[::1]"])

/** `https://HOST[:PORT]/ucsschool/kelvin/vN/`; plain http only to this very machine. */
const kelvinUrl = (given: string): Either.Either<string, string> => {
  const text = given.slice(0, longestUrl + 1)
  const values = {
    expected: "a Kelvin URL https://HOST[:PORT]/ucsschool/kelvin/v1/",
    actual: JSON.stringify(Problems.cut(shown(text)))
  }
  const expected = say("value_unexpected", values).text
  if (text.length > longestUrl) return Either.left(`url: ${expected}`)
  if (!URL.canParse(text)) return Either.left(`url: ${expected}`)
  const url = new URL(text)
  const isSafe = url.protocol === "https:" || (url.protocol === "http:" && loopback.has(url.hostname))
  if (!isSafe) return Either.left(`url: ${say("url_unsafe", values).text}`)
  const path = /^\/ucsschool\/kelvin\/(v\d+)\/?$/.exec(url.pathname)
  return path === null
    ? Either.left(`url: ${expected}`)
    : Either.right(`${url.protocol}//${url.host}/ucsschool/kelvin/${path[1]}/`)
}

/** `concurrency` of a configuration that may not be checked yet: 1 to 32, else the default. */
export const concurrencyOf = (authority: SchoolAuthority, plugin: string): number => {
  const value = authority.plugin_configs[plugin]?.concurrency
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 32 ? value : defaultConcurrency
}

/** `school_classes_ignore_roles` of a configuration. */
export const ignoredRolesOf = (authority: SchoolAuthority, plugin: string): ReadonlyArray<string> =>
  Either.match(decodeEither(authority, plugin), { onLeft: () => [], onRight: ({ ignoredRoles }) => ignoredRoles })

const decodeDeletionProtection = Schema.decodeUnknownOption(DeletionProtection)

/** `deletion_protection` of a configuration that may not be checked yet: null when it is switched off, else the limit. */
export const deletionLimitOf = (authority: SchoolAuthority, plugin: string): DeletionLimit | null => {
  const limit = Option.getOrElse(
    decodeDeletionProtection(authority.plugin_configs[plugin]?.deletion_protection),
    () => defaultDeletionLimit
  )
  return limit === false ? null : limit
}

const defaultConcurrency = 4
