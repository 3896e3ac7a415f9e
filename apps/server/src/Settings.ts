// @effect-diagnostics nodeBuiltinImport:off processEnv:off
// A provider of configuration can't say which names there are.
/**
 * What the service is told by its environment. Empty values mean the default, since a container sets variables it has no
 * value for. Everything that is wrong is said at once, a line per problem.
 */

import * as Net from "node:net"
import process from "node:process"
import * as Similar from "@id-connector/core/input/Similar"
import { type DirectoryLayout, defaultLayout } from "@id-connector/core/schools/SourceDomain"
import { Config, Effect, Either, Schema } from "effect"
import * as Keeping from "./history/Keeping.js"
import * as ClientAddress from "./http/ClientAddress.js"
import type * as LogLine from "./log/LogLine.js"
import * as OtelSettings from "./monitoring/OtelSettings.js"
import type { TrustSetting } from "./process/TrustedCertificates.js"
import * as Proxy from "./targets/Proxy.js"
import { version } from "./Version.js"

/** Where users and their password hashes are looked up. */
export type DirectorySetting =
  | { readonly _tag: "File"; readonly path: string }
  | LdapSetting
  /** Nothing is said. The connector starts, says what is missing, and leaves files in the in queue where they are. */
  | { readonly _tag: "None" }

/** How the LDAP server of the source directory is reached. */
export interface LdapSetting {
  readonly _tag: "Ldap"
  readonly host: string
  readonly port: number
  readonly tls: "starttls" | "ldaps" | "none"
  /** File with certificates to trust, or null for those of the system. */
  readonly caFile: string | null
  readonly base: string
  /** The account of the host. */
  readonly hostDn: string
  /** File with its password. */
  readonly secretFile: string
}

export interface Settings {
  /** Base directory of `conf/` and `data/`. */
  readonly appDir: string
  /** The in queue: `<appDir>/data/listener`. */
  readonly listenerDirectory: string
  /** SQLite file of queues and previous states. */
  readonly databaseFile: string
  readonly directory: DirectorySetting
  readonly ucrFile: string
  readonly logDirectory: string
  /** What a line of the log looks like. Text when nothing is said. */
  readonly logFormat?: LogLine.Format
  readonly layout: DirectoryLayout
  /** How long the history is kept. Default: see `Keeping`. */
  readonly retention?: Keeping.Retention
  readonly http: HttpSettings
  /** Where Prometheus finds the figures without a log in. Nowhere when nothing is said. */
  readonly metrics?: MetricsAddress | null
  /** What an OpenTelemetry collector is sent. Nothing when nothing is said. */
  readonly openTelemetry?: OtelSettings.OtelSettings | null
  /** Whose certificates are trusted. Those of the system when nothing is said. */
  readonly trust?: TrustSetting
  /** What targets are reached through. */
  readonly proxy?: Proxy.Proxy | null
  /** Where files are written that make the host's listener look at an object again. */
  /** Null: nobody turns trigger files into listener files here, so these are written at once. */
  readonly triggerDirectory: string | null
}

/** Where metrics are served. */
export interface MetricsAddress {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
}

/** Where the management API listens. */
export interface HttpSettings {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Files with certificate and key; null: plain HTTP, behind a proxy that speaks TLS. */
  readonly tls: { readonly cert: string; readonly key: string } | null
  /** Addresses and networks of proxies that say who asks. Those on this machine when nothing is said. */
  readonly trustedProxies?: ClientAddress.Proxies
  /** What browsers open, when a proxy is in front. */
  readonly publicUrl?: string | null
}

/** A variable of the environment, for help texts. */
export interface Variable {
  readonly name: string
  readonly meaning: string
  readonly defaultsTo: string
}

const defaultAppDir = "/var/lib/univention-appcenter/apps/ucsschool-id-connector"

/** The variables that are read, in the order in which people want to know of them. */
export const variables: readonly [Variable, ...ReadonlyArray<Variable>] = [
  { name: "IDC_APP_DIR", meaning: "base directory of conf/ and data/", defaultsTo: defaultAppDir },
  {
    name: "IDC_DATABASE_URL",
    meaning: "where queues and previous states are kept, sqlite:<path>",
    defaultsTo: "sqlite:<IDC_APP_DIR>/data/id-connector.db"
  },
  {
    name: "IDC_DIRECTORY",
    meaning: "the source directory: ldap, or file:<path to JSON>",
    defaultsTo: "ldap when anything is set for it; otherwise none, and files wait in the in queue"
  },
  { name: "ldap_server_name", meaning: "host name of the LDAP server", defaultsTo: "none: needed for ldap" },
  { name: "ldap_server_port", meaning: "its port", defaultsTo: "7389" },
  { name: "ldap_hostdn", meaning: "DN of the account that reads the directory", defaultsTo: "none: needed for ldap" },
  {
    name: "IDC_MACHINE_SECRET_FILE",
    meaning: "file with that account's password",
    defaultsTo: "/etc/machine.secret"
  },
  {
    name: "IDC_LDAP_TLS",
    meaning: "starttls, ldaps, or none (for a server on this machine only)",
    defaultsTo: "starttls"
  },
  {
    name: "IDC_LDAP_CA_FILE",
    meaning: "file with the certificates (PEM) that are trusted for LDAP, and no others",
    defaultsTo: "those of IDC_CA_FILE"
  },
  {
    name: "IDC_CA_FILE",
    meaning:
      "file with certificates (PEM) that are trusted besides those of Node.js: of targets, LDAP, the connector's own API",
    defaultsTo: "SSL_CERT_FILE, else those of the system in /etc/ssl/certs/ca-certificates.crt"
  },
  {
    name: "SSL_CERT_FILE",
    meaning: "the same, as other programs know it; one that can't be used is left out",
    defaultsTo: "/etc/ssl/certs/ca-certificates.crt"
  },
  {
    name: "HTTPS_PROXY",
    meaning: "proxy that targets are reached through, http://user:password@host:port; also https_proxy",
    defaultsTo: "none"
  },
  {
    name: "NO_PROXY",
    meaning: "hosts, .domains, addresses and networks that are reached without it, separated by commas; also no_proxy",
    defaultsTo: "none; targets on this machine never need it"
  },
  { name: "IDC_UCR_FILE", meaning: "file of UCR values, lines key: value", defaultsTo: "/etc/univention/base.conf" },
  {
    name: "IDC_LISTENER_TRIGGER_DIR",
    meaning: "where objects are scheduled: the host's listener reads it",
    defaultsTo:
      "/var/lib/univention-appcenter/listener/ucsschool-id-connector/; with IDC_DIRECTORY=file: none, what is scheduled goes into the in queue at once"
  },
  { name: "IDC_HTTP_HOST", meaning: "address that the management API listens at", defaultsTo: "0.0.0.0" },
  { name: "IDC_HTTP_PORT", meaning: "its port; 0 takes a free one", defaultsTo: "8911" },
  {
    name: "IDC_HTTP_TLS_CERT",
    meaning: "file with the certificate of the API (PEM); needs IDC_HTTP_TLS_KEY",
    defaultsTo: "plain HTTP"
  },
  { name: "IDC_HTTP_TLS_KEY", meaning: "file with the key of that certificate (PEM)", defaultsTo: "plain HTTP" },
  {
    name: "IDC_TRUSTED_PROXIES",
    meaning: "addresses and networks of proxies whose X-Forwarded-For is believed, or none",
    defaultsTo: ClientAddress.loopback.join(",")
  },
  {
    name: "IDC_PUBLIC_URL",
    meaning:
      "address of the proxy in front that browsers open, https://host/: browsers can log in only over HTTPS, or on this machine",
    defaultsTo: "none"
  },
  {
    name: "IDC_METRICS_ADDRESS",
    meaning: "host:port or [::1]:port where Prometheus finds /metrics without a log in; port 0 takes a free one",
    defaultsTo: "none: only /v1/metrics of the management API, which needs a token"
  },
  {
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    meaning:
      "OpenTelemetry collector that gets traces, metrics and log (OTLP, http/json), http://host:4318; other OTEL_ variables mean what they mean elsewhere",
    defaultsTo: "none: nothing is sent"
  },
  {
    name: "OTEL_EXPORTER_OTLP_HEADERS",
    meaning: "headers that it wants, name=value,name=value: secrets",
    defaultsTo: "none"
  },
  { name: "OTEL_SERVICE_NAME", meaning: "what it calls this connector", defaultsTo: "id-connector" },
  {
    name: "LOG_DIR",
    meaning: "directory of queues.log and http.log",
    defaultsTo: "/var/log/univention/ucsschool-id-connector"
  },
  {
    name: "IDC_HISTORY_DAYS",
    meaning: "for how many days is kept who got what, when and why: 1 to 400",
    defaultsTo: String(Keeping.defaultRetention.history)
  },
  {
    name: "IDC_AUDIT_DAYS",
    meaning: "for how many days is kept what administrators did: 1 to 3650",
    defaultsTo: String(Keeping.defaultRetention.audit)
  },
  { name: "IDC_LOG_FORMAT", meaning: "text, or json: an object per line", defaultsTo: "text" },
  {
    name: "ldap_base",
    meaning: "base DN of the source directory; without it classes of every base are taken",
    defaultsTo: "UCR ldap/base"
  },
  {
    name: "ucsschool_ldap_default_container_class",
    meaning: "container of school classes",
    defaultsTo: defaultLayout.classes
  },
  {
    name: "ucsschool_ldap_default_container_pupils",
    meaning: "container of pupils",
    defaultsTo: defaultLayout.pupils
  }
]

/** What commands that ask a running connector read besides. */
const ofCommands = ["IDC_API_URL", "IDC_API_TOKEN", "IDC_API_USER", "IDC_API_PASSWORD"] as const

/** Variables that begin like ours and that nobody reads: perhaps misspelt. A sentence for each. */
export const unknownVariablesIn = (names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const known = [...variables.map(({ name }) => name), ...ofCommands]
  return names
    .filter((name) => /^IDC_/i.test(name) && !known.includes(name))
    .sort()
    .map((name) => `${name}: is no variable that is read.${Similar.meant(name, known)}`)
}

/** Those of the environment of this process. */
export const unknownVariables: Effect.Effect<ReadonlyArray<string>> = Effect.sync(() =>
  unknownVariablesIn(Object.keys(process.env))
)

/** The environment holds values that can't be used. */
export class SettingsInvalid extends Schema.TaggedError<SettingsInvalid>()("SettingsInvalid", {
  /** Each names the variable, the value and what is allowed. */
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return this.problems.join("\n")
  }
}

const text = (name: string, fallback: string) =>
  Config.string(name).pipe(
    Config.withDefault(""),
    Config.map((value) => (value.trim() === "" ? fallback : value.trim()))
  )

const all = Config.all({
  appDir: text("IDC_APP_DIR", defaultAppDir),
  database: text("IDC_DATABASE_URL", ""),
  directory: text("IDC_DIRECTORY", ""),
  ldapHost: text("ldap_server_name", ""),
  ldapPort: text("ldap_server_port", ""),
  ldapTls: text("IDC_LDAP_TLS", ""),
  ldapCa: text("IDC_LDAP_CA_FILE", ""),
  caFile: text("IDC_CA_FILE", ""),
  systemCaFile: text("SSL_CERT_FILE", ""),
  proxy: text("https_proxy", ""),
  proxyInCapitals: text("HTTPS_PROXY", ""),
  noProxy: text("no_proxy", ""),
  noProxyInCapitals: text("NO_PROXY", ""),
  hostDn: text("ldap_hostdn", ""),
  machineSecret: text("IDC_MACHINE_SECRET_FILE", "/etc/machine.secret"),
  ucrFile: text("IDC_UCR_FILE", "/etc/univention/base.conf"),
  logDirectory: text("LOG_DIR", "/var/log/univention/ucsschool-id-connector"),
  logFormat: text("IDC_LOG_FORMAT", "text"),
  historyDays: text("IDC_HISTORY_DAYS", String(Keeping.defaultRetention.history)),
  auditDays: text("IDC_AUDIT_DAYS", String(Keeping.defaultRetention.audit)),
  base: text("ldap_base", ""),
  triggers: text("IDC_LISTENER_TRIGGER_DIR", ""),
  httpHost: text("IDC_HTTP_HOST", "0.0.0.0"),
  httpPort: text("IDC_HTTP_PORT", "8911"),
  httpCert: text("IDC_HTTP_TLS_CERT", ""),
  httpKey: text("IDC_HTTP_TLS_KEY", ""),
  publicUrl: text("IDC_PUBLIC_URL", ""),
  metrics: text("IDC_METRICS_ADDRESS", ""),
  openTelemetry: Config.all(Object.fromEntries(OtelSettings.names.map((name) => [name, text(name, "")]))),
  proxies: text("IDC_TRUSTED_PROXIES", ClientAddress.loopback.join(",")),
  classes: text("ucsschool_ldap_default_container_class", defaultLayout.classes),
  pupils: text("ucsschool_ldap_default_container_pupils", defaultLayout.pupils)
})

/** What is needed without the source directory, whatever is said about that. */
export const withoutDirectory: Effect.Effect<
  Required<Pick<Settings, "appDir" | "ucrFile" | "listenerDirectory" | "trust">>
> = Effect.map(Effect.orDie(all), (found) => ({
  appDir: found.appDir,
  ucrFile: found.ucrFile,
  listenerDirectory: `${found.appDir}/data/listener`,
  trust: trustOf(found)
}))

/** How targets are reached, for whoever asks them without a connector. */
export const outgoing: Effect.Effect<Required<Pick<Settings, "trust" | "proxy">>, SettingsInvalid> = Effect.flatMap(
  Effect.orDie(all),
  (found) =>
    Either.match(proxyOf(found), {
      onLeft: (problem) => new SettingsInvalid({ problems: [problem] }),
      onRight: (proxy) => Effect.succeed({ trust: trustOf(found), proxy })
    })
)

/** Reads the environment. `ldap_base` is none when it is not set: UCR may know it. */
export const load: Effect.Effect<Settings, SettingsInvalid> = Effect.flatMap(Effect.orDie(all), (found) => {
  const problems: Array<string> = []
  const databaseFile = found.database === "" ? `${found.appDir}/data/id-connector.db` : sqliteFile(found.database)
  if (databaseFile === null) {
    problems.push(
      `IDC_DATABASE_URL: ${JSON.stringify(found.database.replace(/:[^:@/]*@/, ":...@"))} can't be used, sqlite:<path> is expected`
    )
  }
  const directory = directorySetting(found)
  if (isProblems(directory)) problems.push(...directory)
  if (found.base !== "" && !/^\w+=[^,]+(,\s*\w+=[^,]+)*$/.test(found.base)) {
    problems.push(`ldap_base: ${JSON.stringify(found.base)} is not a DN, one like dc=example,dc=com is expected`)
  }
  const port = /^\d{1,5}$/.test(found.httpPort) ? Number(found.httpPort) : Number.NaN
  if (!(port <= 65_535)) {
    problems.push(
      `IDC_HTTP_PORT: ${JSON.stringify(found.httpPort)} is not a port, a number from 0 to 65535 is expected`
    )
  }
  if ((found.httpCert === "") !== (found.httpKey === "")) {
    problems.push("IDC_HTTP_TLS_CERT, IDC_HTTP_TLS_KEY: only one of the two is set, both or none are expected")
  }
  const logFormat = (["text", "json"] as const).find((one) => one === found.logFormat)
  if (logFormat === undefined) {
    problems.push(`IDC_LOG_FORMAT: ${JSON.stringify(found.logFormat)} can't be used, text or json is expected`)
  }
  const retention = {
    history: daysIn(problems, "IDC_HISTORY_DAYS", found.historyDays, 400),
    audit: daysIn(problems, "IDC_AUDIT_DAYS", found.auditDays, 3650)
  }
  const proxies = found.proxies === "none" ? [] : found.proxies.split(/[\s,]+/).filter((proxy) => proxy !== "")
  for (const proxy of proxies.filter((proxy) => !ClientAddress.isProxy(proxy))) {
    problems.push(
      `IDC_TRUSTED_PROXIES: ${JSON.stringify(proxy.slice(0, 100))} is no address and no network, addresses and networks like 10.0.0.0/8 are expected, separated by commas, or none`
    )
  }
  if (found.publicUrl !== "" && !isPublicUrl(found.publicUrl)) {
    problems.push(
      `IDC_PUBLIC_URL: ${JSON.stringify(found.publicUrl.replace(/:[^:@/]*@/, ":...@").slice(0, 200))} can't be used, the address that browsers open is expected, like https://host.example.com/, without a user name`
    )
  }
  const metrics = found.metrics === "" ? null : metricsAddress(found.metrics)
  if (metrics !== null && "problem" in metrics) problems.push(metrics.problem)
  const openTelemetry = OtelSettings.read(found.openTelemetry as OtelSettings.Values, version)
  problems.push(...openTelemetry.problems)
  const proxy = proxyOf(found)
  if (Either.isLeft(proxy)) problems.push(proxy.left)
  if (
    Either.isLeft(proxy) ||
    databaseFile === null ||
    isProblems(directory) ||
    logFormat === undefined ||
    (metrics !== null && "problem" in metrics) ||
    problems.length > 0
  )
    return new SettingsInvalid({ problems })
  return Effect.succeed({
    appDir: found.appDir,
    listenerDirectory: `${found.appDir}/data/listener`,
    databaseFile,
    directory,
    ucrFile: found.ucrFile,
    logDirectory: found.logDirectory,
    trust: trustOf(found),
    proxy: proxy.right,
    metrics,
    openTelemetry: openTelemetry.settings,
    logFormat,
    retention,
    triggerDirectory: found.triggers !== "" ? found.triggers : isFile(directory) ? null : defaultTriggerDirectory,
    http: {
      host: found.httpHost,
      port,
      tls: found.httpCert === "" ? null : { cert: found.httpCert, key: found.httpKey },
      trustedProxies: proxies,
      publicUrl: found.publicUrl === "" ? null : new URL(found.publicUrl).href
    },
    layout: { base: found.base === "" ? undefined : found.base, classes: found.classes, pupils: found.pupils }
  })
})

const isPublicUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false
  const { password, protocol, username } = new URL(text)
  return (protocol === "https:" || protocol === "http:") && username === "" && password === ""
}

const daysIn = (problems: Array<string>, name: string, value: string, most: number): number => {
  const days = /^\d{1,5}$/.test(value) ? Number(value) : 0
  if (days < 1 || days > most) {
    problems.push(
      `${name}: ${JSON.stringify(value.slice(0, 100))} can't be used, a number of days from 1 to ${most} is expected`
    )
  }
  return days
}

const defaultTriggerDirectory = "/var/lib/univention-appcenter/listener/ucsschool-id-connector/"

const isFile = (directory: DirectorySetting): boolean => directory._tag === "File"

/** The path in `sqlite:<path>` (or `sqlite:///path`), or null for another URL. */
const sqliteFile = (url: string): string | null => {
  const path = url.startsWith("sqlite:") ? url.slice("sqlite:".length).replace(/^\/\/(?=\/)/, "") : ""
  return path === "" ? null : path
}

/** `host:port`, with an IPv6 address in brackets. */
const metricsAddress = (text: string): MetricsAddress | { readonly problem: string } => {
  const [, inBrackets, plain, digits = ""] = /^(?:\[([^[\]]+)\]|([^\s:/[\]]+)):(\d{1,5})$/.exec(text) ?? []
  const host = inBrackets !== undefined && Net.isIPv6(inBrackets) ? inBrackets : plain
  const port = Number(digits)
  return host !== undefined && digits !== "" && port <= 65_535
    ? { host, port }
    : {
        problem: `IDC_METRICS_ADDRESS: ${JSON.stringify(text.slice(0, 100))} is no address with a port, host:port or [IPv6]:port with a port from 0 to 65535 is expected, like 127.0.0.1:9464 or [::1]:9464`
      }
}

type Found = Effect.Effect.Success<typeof all>

const trustOf = ({ caFile, systemCaFile }: Pick<Found, "caFile" | "systemCaFile">): TrustSetting => ({
  own: caFile === "" ? null : caFile,
  system: systemCaFile === "" ? null : systemCaFile
})

/** As most programs do: what is written in small letters goes first. */
const proxyOf = (
  found: Pick<Found, "proxy" | "proxyInCapitals" | "noProxy" | "noProxyInCapitals">
): Either.Either<Proxy.Proxy | null, string> => {
  const [variable, value] = found.proxy === "" ? ["HTTPS_PROXY", found.proxyInCapitals] : ["https_proxy", found.proxy]
  return value === ""
    ? Either.right(null)
    : Proxy.parse(variable, value, found.noProxy === "" ? found.noProxyInCapitals : found.noProxy)
}

const isProblems = (value: DirectorySetting | ReadonlyArray<string>): value is ReadonlyArray<string> =>
  !("_tag" in value)

/** Something is said about it. */
const isLdapMeant = ({ base, hostDn, ldapCa, ldapHost, ldapPort, ldapTls }: Found): boolean =>
  [base, hostDn, ldapCa, ldapHost, ldapPort, ldapTls].some((value) => value !== "")

/** What is missing when the source directory is, and what to set. */
export const directoryMissing =
  "no source directory is configured. Set ldap_server_name, ldap_hostdn and ldap_base (and mount the account's password at IDC_MACHINE_SECRET_FILE, by default /etc/machine.secret), or IDC_DIRECTORY=file:<path to JSON>"

/** The setting, or everything that is wrong with it. */
const directorySetting = (found: Found): DirectorySetting | ReadonlyArray<string> => {
  const { directory } = found
  if (directory.startsWith("file:") && directory.length > "file:".length) {
    return { _tag: "File", path: directory.slice("file:".length).replace(/^\/\/(?=\/)/, "") }
  }
  if (directory === "" && !isLdapMeant(found)) return { _tag: "None" }
  if (directory !== "" && directory !== "ldap") {
    return [`IDC_DIRECTORY: ${JSON.stringify(directory)} can't be used, file:<path to JSON> or ldap is expected`]
  }
  const { hostDn, ldapCa, ldapHost, ldapPort, ldapTls, machineSecret } = found
  const port = ldapPort === "" ? 7389 : /^\d{1,5}$/.test(ldapPort) ? Number(ldapPort) : 0
  const tls = (["starttls", "ldaps", "none"] as const).find((one) => one === (ldapTls === "" ? "starttls" : ldapTls))
  const problems = [
    ...(ldapHost === "" ? ["ldap_server_name: is not set, the host name of the LDAP server is expected"] : []),
    ...(hostDn === "" ? ["ldap_hostdn: is not set, the DN of the account that reads the directory is expected"] : []),
    ...(found.base === "" ? ["ldap_base: is not set, a DN like dc=example,dc=com is expected"] : []),
    ...(port < 1 || port > 65_535
      ? [`ldap_server_port: ${JSON.stringify(found.ldapPort)} is not a port, a number from 1 to 65535 is expected`]
      : []),
    ...(tls === undefined
      ? [`IDC_LDAP_TLS: ${JSON.stringify(ldapTls)} can't be used, starttls, ldaps or none is expected`]
      : [])
  ]
  return tls === undefined || problems.length > 0
    ? problems
    : {
        _tag: "Ldap",
        host: ldapHost,
        port,
        tls,
        caFile: ldapCa === "" ? null : ldapCa,
        base: found.base,
        hostDn,
        secretFile: machineSecret
      }
}
