// @effect-diagnostics nodeBuiltinImport:off
// The server that Effect's HTTP stands on is Node's.
/** What listens for the management API: HTTP or HTTPS, with time limits for clients that are slow on purpose or by accident. */
import * as Http from "node:http"
import * as Https from "node:https"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Context, Effect, Either, Layer, Option, Schema } from "effect"
import type { HttpSettings } from "../Settings.js"
import * as ApiCertificate from "./ApiCertificate.js"

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

/** The server listens already: what Effect asks it for is done. */
const asked = <S extends Http.Server | Https.Server>(server: S): S => {
  const isThere: S["listen"] = (...given: ReadonlyArray<unknown>) => {
    const [callback] = given.filter((one) => typeof one === "function")
    if (callback !== undefined) queueMicrotask(callback as () => void)
    return server
  }
  return Object.assign(server, { listen: isThere })
}

/** A server that has its address and port. Requests wait until {@link layer} serves them. */
export class Listening extends Context.Tag("@id-connector/server/http/ApiServer/Listening")<
  Listening,
  Http.Server | Https.Server
>() {}

/**
 * Takes address and port. To be had before the queues start: a port that somebody else has must not be found out when things
 * have been delivered. What can't listen or be read says which setting is wrong.
 */
export const listening = (
  { host, port, tls }: HttpSettings,
  { maxConnections, ...limits }: Limits = defaultLimits
): Layer.Layer<Listening, HttpUnusable> =>
  Layer.scoped(
    Listening,
    Effect.gen(function* () {
      const pair = tls === null ? null : ApiCertificate.read(tls)
      if (pair !== null && Either.isLeft(pair)) return yield* new HttpUnusable({ detail: pair.left.join("\n") })
      const server = capped(
        patient(pair === null ? Http.createServer({ ...limits }) : Https.createServer({ ...limits, ...pair.right })),
        maxConnections
      )
      return yield* Effect.acquireRelease(
        Effect.async<Http.Server | Https.Server, HttpUnusable>((resume) => {
          const failed = (cause: Error) =>
            resume(
              new HttpUnusable({
                detail: `IDC_HTTP_HOST, IDC_HTTP_PORT: the API can't listen at ${host}:${port}: ${cause.message}. Set another address or port, or stop the program that uses this one.`
              })
            )
          server.once("error", failed)
          server.listen({ host, port }, () => {
            server.off("error", failed)
            resume(Effect.succeed(asked(server)))
          })
        }),
        // A start that failed before anybody was served. Otherwise whoever serves has waited for the last answer.
        (server) =>
          Effect.sync(() => {
            server.close()
            server.closeAllConnections()
          })
      )
    })
  )

/** Serves at what listens already, or takes address and port now. */
export const layer = (settings: HttpSettings, limits: Limits = defaultLimits) =>
  Layer.unwrapScoped(
    Effect.gen(function* () {
      const open = yield* Effect.serviceOption(Listening)
      const server = Option.isSome(open)
        ? open.value
        : Context.get(yield* Layer.build(listening(settings, limits)), Listening)
      return NodeHttpServer.layer(() => server, { host: settings.host, port: settings.port }).pipe(
        Layer.mapError(
          ({ cause }) => new HttpUnusable({ detail: cause instanceof Error ? cause.message : String(cause) })
        )
      )
    })
  )
