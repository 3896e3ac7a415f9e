// @effect-diagnostics nodeBuiltinImport:off processEnv:off
// Asked for each new connection, by callbacks of Node's: a look at a small file, which is read only when it has changed.
/**
 * Whose certificates are trusted by whatever speaks TLS: connections to targets, to LDAP and to the API of a connector. Those
 * that Node.js knows, and those of the system or of `IDC_CA_FILE`; a target may have a file of its own besides. A file is
 * read again when it has changed, since the host renews it.
 */
import * as Crypto from "node:crypto"
import * as Fs from "node:fs"
import process from "node:process"
import * as Tls from "node:tls"
import { Effect, Runtime, Schema } from "effect"

/** A file with certificates (PEM), and what names it. */
export interface Bundle {
  readonly file: string
  /** `IDC_CA_FILE`, or a path in a configuration. */
  readonly setting: string
}

/** What the environment says. */
export interface TrustSetting {
  /** `IDC_CA_FILE`: has to be usable. */
  readonly own: string | null
  /** `SSL_CERT_FILE`: where it can't be used, the file of the system counts. */
  readonly system: string | null
}

/** Nothing is said: the file of the system counts. */
export const unset: TrustSetting = { own: null, system: null }

/** Where Debian and UCS keep the certificates that the host trusts, those of the domain among them. */
const systemStore = "/etc/ssl/certs/ca-certificates.crt"

/** A file holds no certificates that could be trusted. */
export class CertificatesUnusable extends Schema.TaggedError<CertificatesUnusable>()("CertificatesUnusable", {
  setting: Schema.String,
  file: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `${this.setting}: ${this.file} ${this.detail}. A file with one or more certificates (PEM) is expected.`
  }
}

/** The certificates in a file, each as PEM without anything around it. Throws {@link CertificatesUnusable}. */
export const read = ({ file, setting }: Bundle): ReadonlyArray<string> => {
  const unusable = (detail: string) => new CertificatesUnusable({ setting, file, detail })
  let text: string
  try {
    text = Fs.readFileSync(file, "utf8")
  } catch (cause) {
    throw unusable(unreadable(cause))
  }
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  if (found.length === 0) throw unusable("holds no certificate")
  return found.map((pem, index) => {
    try {
      return new Crypto.X509Certificate(pem).toString()
    } catch {
      throw unusable(`holds ${found.length} certificates, but number ${index + 1} can't be read`)
    }
  })
}

/** Why a file can't be read, as the end of a sentence that begins with its name. */
export const unreadable = (cause: unknown): string => {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return "does not exist"
    case "EACCES":
    case "EPERM":
      return "may not be read by the connector"
    case "EISDIR":
      return "is a directory"
    default:
      return `can't be read: ${cause instanceof Error ? cause.message : String(cause)}`
  }
}

/** What counts for everybody. Null: only what Node.js knows. */
export const bundleOf = ({ own, system }: TrustSetting): Bundle | null => {
  if (own !== null) return { file: own, setting: "IDC_CA_FILE" }
  const candidates = [
    ...(system === null ? [] : [{ file: system, setting: "SSL_CERT_FILE" }]),
    { file: systemStore, setting: "the system's certificates" }
  ]
  return candidates.find((bundle) => problemOf(bundle) === null) ?? null
}

/** Why a file can't be used, or null. */
export const problemOf = (bundle: Bundle): CertificatesUnusable | null => {
  try {
    read(bundle)
    return null
  } catch (problem) {
    if (problem instanceof CertificatesUnusable) return problem
    throw problem
  }
}

export interface Versions {
  readonly minVersion?: Tls.SecureVersion
  readonly maxVersion?: Tls.SecureVersion
}

export interface TrustedCertificates {
  /** For a connection that is made now, to somebody who has a file of its own or none. Throws {@link CertificatesUnusable}. */
  readonly context: (more?: Bundle | null, versions?: Versions) => Tls.SecureContext
}

/** `say` is told when a file that was good can't be used any more: what was trusted before stays trusted. */
export const make = (setting: TrustSetting, say: (problem: string) => void = () => undefined): TrustedCertificates => {
  const contexts = new Map<string, { readonly state: string; readonly context: Tls.SecureContext }>()
  let common: {
    readonly bundle: Bundle | null
    readonly state: string
    readonly certificates: ReadonlyArray<string>
  } | null = null
  const ofEverybody = () => {
    // Whether there is a file of the system, too, may change.
    const bundle = common?.bundle ?? bundleOf(setting)
    const state = stateOf(bundle)
    if (common !== null && common.state === state) return common
    try {
      common = { bundle, state, certificates: bundle === null ? [] : read(bundle) }
    } catch (problem) {
      if (common === null || !(problem instanceof CertificatesUnusable)) throw problem
      say(`${problem.message} The certificates that were trusted before stay trusted.`)
      common = { ...common, state }
    }
    return common
  }
  return {
    context: (more = null, versions = {}) => {
      const { certificates, state } = ofEverybody()
      const key = JSON.stringify([more?.file, more?.setting, versions])
      const seen = `${state} ${stateOf(more)}`
      const known = contexts.get(key)
      if (known !== undefined && known.state === seen) return known.context
      const others = [...certificates, ...(more === null ? [] : read(more))]
      const context = Tls.createSecureContext({
        ...versions,
        // Naming none means those of Node.js, and is much cheaper.
        ...(others.length === 0 ? {} : { ca: [...new Set([...ofNode(), ...others])] })
      })
      contexts.set(key, { state: seen, context })
      return context
    }
  }
}

/** {@link make}, saying in the log what is to be said. */
export const telling = (setting: TrustSetting): Effect.Effect<TrustedCertificates> =>
  Effect.map(Effect.runtime(), (runtime) =>
    make(setting, (problem) => void Runtime.runFork(runtime)(Effect.logWarning(problem)))
  )

/** Changes with the file. */
const stateOf = (bundle: Bundle | null): string => {
  const info = bundle === null ? undefined : Fs.statSync(bundle.file, { throwIfNoEntry: false })
  return info === undefined ? "none" : `${info.ino} ${info.mtimeMs} ${info.size}`
}

/** Those that Node.js trusts by itself, and those of `NODE_EXTRA_CA_CERTS`. Written as others are, to be found again. */
const ofNode = (): ReadonlyArray<string> => {
  if (nodes !== undefined) return nodes
  const file = process.env.NODE_EXTRA_CA_CERTS ?? ""
  const more = { file, setting: "NODE_EXTRA_CA_CERTS" }
  nodes = [
    ...Tls.rootCertificates.map((pem) => new Crypto.X509Certificate(pem).toString()),
    // Node.js itself only warns of a file that it can't use.
    ...(file === "" || problemOf(more) !== null ? [] : read(more))
  ]
  return nodes
}
let nodes: ReadonlyArray<string> | undefined
