// @effect-diagnostics nodeBuiltinImport:off
// The server that Effect's HTTP stands on is Node's.
/** What listens for the management API: HTTP or HTTPS, with time limits for clients that are slow on purpose or by accident. */
import * as Fs from "node:fs"
import * as Http from "node:http"
import * as Https from "node:https"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Effect, Layer, Schema } from "effect"
import type { HttpSettings } from "../Settings.js"

/** The API can't be served. */
export class HttpUnusable extends Schema.TaggedError<HttpUnusable>()("HttpUnusable", { detail: Schema.String }) {
  override get message() {
    return this.detail
  }
}

/** Times in milliseconds. */
export interface Limits {
  /** Connections at the same time. Further ones are closed at once, and those that nobody uses make room. */
  readonly maxConnections: number
  /** A request's headers have to be there by then. */
  readonly headersTimeout: number
  /** And its body by then. */
  readonly requestTimeout: number
  readonly keepAliveTimeout: number
  /** How often connections are looked at. */
  readonly connectionsCheckingInterval: number
}

const defaultLimits: Limits = {
  // Fewer than files a process may have open: the queues need some, too.
  maxConnections: 1_000,
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 10_000,
  connectionsCheckingInterval: 1_000
}

/** Who comes when all connections are taken is turned away. */
const capped = <S extends Http.Server | Https.Server>(server: S, most: number): S => {
  server.maxConnections = most
  server.on("drop", () => server.closeIdleConnections())
  return server
}

/** The server listens a moment before its routes are there: who asks in between waits instead of never being answered. */
const patient = <S extends Http.Server | Https.Server>(server: S): S => {
  const early: Array<[Http.IncomingMessage, Http.ServerResponse]> = []
  const hold = (request: Http.IncomingMessage, response: Http.ServerResponse) => void early.push([request, response])
  server.on("request", hold)
  server.on("newListener", (event, listener) => {
    if (event !== "request" || listener === hold) return
    server.off("request", hold)
    // The listener is added after this event.
    queueMicrotask(() => {
      for (const [request, response] of early.splice(0)) server.emit("request", request, response)
    })
  })
  return server
}

/** Serves; what can't listen or be read says which setting is wrong. */
export const layer = ({ host, port, tls }: HttpSettings, { maxConnections, ...limits }: Limits = defaultLimits) =>
  Layer.unwrapEffect(
    Effect.try({
      try: () => (tls === null ? null : { cert: Fs.readFileSync(tls.cert), key: Fs.readFileSync(tls.key) }),
      catch: (cause) => new HttpUnusable({ detail: `IDC_HTTP_TLS_CERT, IDC_HTTP_TLS_KEY: ${messageOf(cause)}` })
    }).pipe(
      Effect.map((pair) =>
        NodeHttpServer.layer(
          () =>
            capped(
              patient(pair === null ? Http.createServer({ ...limits }) : Https.createServer({ ...limits, ...pair })),
              maxConnections
            ),
          { host, port }
        ).pipe(
          Layer.mapError(
            ({ cause }) =>
              new HttpUnusable({
                detail: `IDC_HTTP_HOST, IDC_HTTP_PORT: the API can't listen at ${host}:${port}: ${messageOf(cause)}. Set another address or port, or stop the program that uses this one.`
              })
          )
        )
      )
    )
  )

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
