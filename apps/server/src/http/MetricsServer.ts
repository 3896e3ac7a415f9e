// @effect-diagnostics nodeBuiltinImport:off
// Two paths need no routes.
/**
 * The figures for Prometheus at an address of their own, without a log in: whoever reaches the address may see them. `/metrics` and
 * nothing else.
 */
import * as Http from "node:http"
import { Context, Effect, Layer, Runtime, Schema } from "effect"
import { Figures } from "../monitoring/Figures.js"
import * as Metrics from "../monitoring/Metrics.js"
import type { MetricsAddress } from "../Settings.js"

/** The address can't be had. */
export class MetricsUnusable extends Schema.TaggedError<MetricsUnusable>()("MetricsUnusable", {
  detail: Schema.String
}) {
  override get message() {
    return this.detail
  }
}

/** A server that has its address; null: none is wanted. */
export class Listening extends Context.Tag("@id-connector/server/http/MetricsServer/Listening")<
  Listening,
  Http.Server | null
>() {}

/** Prometheus keeps one connection. */
const maxConnections = 20

/** Takes address and port, before anything is delivered. */
export const listening = (address: MetricsAddress | null): Layer.Layer<Listening, MetricsUnusable> =>
  Layer.scoped(
    Listening,
    address === null
      ? Effect.succeed(null)
      : Effect.acquireRelease(
          Effect.async<Http.Server, MetricsUnusable>((resume) => {
            const server = Http.createServer({
              headersTimeout: 15_000,
              requestTimeout: 30_000,
              keepAliveTimeout: 75_000
            })
            server.maxConnections = maxConnections
            server.once("error", ({ message }) =>
              resume(
                new MetricsUnusable({
                  detail: `IDC_METRICS_ADDRESS: ${address.host}:${address.port} can't be listened at: ${message}. Set another address or port, or stop the program that uses this one.`
                })
              )
            )
            server.listen(address, () => resume(Effect.succeed(server)))
          }),
          (server) =>
            Effect.sync(() => {
              server.close()
              server.closeAllConnections()
            })
        )
  )

/** Answers at the address, and says where it is. */
export const layer: Layer.Layer<never, never, Figures | Listening> = Layer.effectDiscard(
  Effect.gen(function* () {
    const server = yield* Listening
    if (server === null) return
    const { families } = yield* Figures
    const runFork = Runtime.runFork(yield* Effect.runtime())
    server.on("request", (request, response) => {
      const refusal = refusalOf(request)
      if (refusal !== null) return void answer(response, refusal.status, refusal.text, "text/plain; charset=utf-8")
      runFork(
        Effect.match(families, {
          onSuccess: (all) => answer(response, 200, Metrics.render(all), Metrics.contentType),
          onFailure: ({ message }) => answer(response, 500, `${message}\n`, "text/plain; charset=utf-8")
        })
      )
    })
    const at = server.address()
    yield* Effect.logInfo("Metrics for Prometheus are listening, without a log in.", {
      address: typeof at === "object" && at !== null ? `http://${inUrl(at.address)}:${at.port}${path}` : at
    })
  }).pipe(Effect.annotateLogs({ module: "Metrics" }))
)

const path = "/metrics"

const refusalOf = ({ method, url = "" }: Http.IncomingMessage) => {
  if (url.split("?")[0] !== path) return { status: 404, text: `Not found: the figures are at ${path}.\n` }
  return method === "GET" || method === "HEAD" ? null : { status: 405, text: "Only GET and HEAD are allowed here.\n" }
}

const answer = (response: Http.ServerResponse, status: number, text: string, type: string) =>
  response
    .writeHead(status, {
      "content-type": type,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      ...(status === 405 ? { allow: "GET, HEAD" } : {})
    })
    .end(text)

const inUrl = (host: string): string => (host.includes(":") ? `[${host}]` : host)
