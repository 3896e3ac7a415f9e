// @effect-diagnostics nodeBuiltinImport:off
// This is where a socket comes from.
/** How a connection to a target comes about: whose certificates are trusted, and through which proxy, if any. */
import * as Http from "node:http"
import * as Https from "node:https"
import type { Socket } from "node:net"
import * as Path from "node:path"
import type * as Tls from "node:tls"
import * as Undici from "@effect/platform-node/Undici"
import type { TlsRules, TlsVersion } from "@id-connector/kelvin/client/TargetHttp"
import { Redacted } from "effect"
import type { Bundle, TrustedCertificates } from "../process/TrustedCertificates.js"
import * as Proxy from "./Proxy.js"

/** What holds for all targets. */
export interface Surroundings {
  readonly trusted: TrustedCertificates
  readonly proxy: Proxy.Proxy | null
  /** What paths in the configuration of an authority are relative to. */
  readonly directory: string
}

/** A server that does not even take the connection in this time is down (milliseconds). */
const connectTimeout = 5_000

type Connector = Undici.buildConnector.connector

/** For one target. Files with certificates are looked at for each new connection. */
export const connector = (tls: TlsRules, { directory, proxy, trusted }: Surroundings): Connector => {
  const more: Bundle | null =
    tls.caFile === undefined ? null : { file: Path.resolve(directory, tls.caFile), setting: "ssl_context.ca_file" }
  const versions = {
    ...(tls.oldest === undefined ? {} : { minVersion: names[tls.oldest] }),
    ...(tls.newest === undefined ? {} : { maxVersion: names[tls.newest] })
  }
  // Sessions are kept per connector: with other certificates they begin anew.
  let made: { readonly context: unknown; readonly connect: Connector } | null = null
  const direct = (): Connector => {
    // Who trusts everybody needs no certificates, not even readable ones.
    const context = tls.verifyCertificate ? trusted.context(more, versions) : undefined
    if (made === null || made.context !== context) {
      const connect = Undici.buildConnector({
        timeout: connectTimeout,
        rejectUnauthorized: tls.verifyCertificate,
        ...(context === undefined ? versions : { secureContext: context }),
        ...(tls.verifyHostname ? {} : { checkServerIdentity: () => undefined })
      })
      made = { context, connect }
    }
    return made.connect
  }
  return (options, callback) => {
    // Nothing of this matters to plain HTTP, which stays on this machine.
    if (options.protocol !== "https:") return plain(options, callback)
    const port = Number(options.port) || 443
    const way = proxy !== null && Proxy.isFor(proxy, options.hostname, port) ? proxy : null
    try {
      const connect = direct()
      if (way === null) return connect(options, callback)
      const context = way.url.startsWith("https:") ? trusted.context() : null
      tunnel(way, `${options.hostname}:${port}`, context, (problem, socket) =>
        socket === null ? callback(problem, null) : connect({ ...options, httpSocket: socket }, callback)
      )
    } catch (problem) {
      callback(problem instanceof Error ? problem : new Error(String(problem)), null)
    }
  }
}

const plain = Undici.buildConnector({ timeout: connectTimeout })

const names: { readonly [version in TlsVersion]: Tls.SecureVersion } = {
  "1.0": "TLSv1",
  "1.1": "TLSv1.1",
  "1.2": "TLSv1.2",
  "1.3": "TLSv1.3"
}

type Opened = (...result: [problem: Error, socket: null] | [problem: null, socket: Socket]) => void

/** Asks the proxy for a way to a target. What it says never holds the proxy's password. `context`: for a proxy that speaks TLS. */
const tunnel = (proxy: Proxy.Proxy, target: string, context: Tls.SecureContext | null, opened: Opened): void => {
  let isOver = false
  const failed = (what: string) => {
    if (isOver) return
    isOver = true
    opened(new Error(`${what}. ${proxy.variable} names this proxy, NO_PROXY the targets that need none`), null)
  }
  const options: Https.RequestOptions & { readonly secureContext?: Tls.SecureContext } = {
    method: "CONNECT",
    path: target,
    agent: false,
    timeout: connectTimeout,
    headers: {
      host: target,
      ...(proxy.authorization === null ? {} : { "proxy-authorization": Redacted.value(proxy.authorization) })
    },
    ...(context === null ? {} : { secureContext: context })
  }
  const request = context === null ? Http.request(proxy.url, options) : Https.request(proxy.url, options)
  request
    .on("connect", (answer: Http.IncomingMessage, socket: Socket) => {
      if (answer.statusCode !== 200) {
        socket.destroy()
        return failed(`the proxy ${proxy.url} refuses the way to ${target}: ${refusal(answer.statusCode ?? 0)}`)
      }
      isOver = true
      socket.setTimeout(0)
      opened(null, socket)
    })
    .on("response", ({ statusCode = 0 }) => {
      request.destroy()
      failed(`the proxy ${proxy.url} refuses the way to ${target}: ${refusal(statusCode)}`)
    })
    .on("timeout", () => request.destroy(new Error(`no answer within ${connectTimeout / 1_000} seconds`)))
    .on("error", ({ message }) => failed(`the proxy ${proxy.url} does not answer: ${message}`))
    .end()
}

const refusal = (status: number): string =>
  status === 407 ? "status 407, it wants another user name and password" : `status ${status}`
