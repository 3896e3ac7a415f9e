// @effect-diagnostics nodeBuiltinImport:off globalTimers:off
// As little as possible around each request: an event emitter is a cheap signal, a timer a cheap limit.
/** HTTP to targets through undici: each target has its own connections and its own TLS rules. */
import { EventEmitter } from "node:events"
import * as Undici from "@effect/platform-node/Undici"
import { type Send, TargetHttp, TimedOut, Unreachable } from "@id-connector/kelvin/TargetHttp"
import { Effect, Layer } from "effect"

/** A server that does not even take the connection in this time is down (milliseconds). */
const connectTimeout = 5_000

/** A larger answer is none of a Kelvin server, in bytes. It is cut off. */
const largestAnswer = 64 * 1024 * 1024

export const layer: Layer.Layer<TargetHttp> = Layer.succeed(TargetHttp, {
  client: ({ connections, tls }) =>
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(
          () =>
            new Undici.Agent({
              connections,
              maxResponseSize: largestAnswer,
              // The limit of each request is a timer of its own.
              headersTimeout: 0,
              bodyTimeout: 0,
              connect: {
                timeout: connectTimeout,
                rejectUnauthorized: tls.verifyCertificate,
                ...(tls.verifyHostname ? {} : { checkServerIdentity: () => undefined })
              }
            })
        ),
        (agent) => Effect.promise(() => agent.destroy())
      ),
      sendWith
    )
})

const sendWith =
  (agent: Undici.Agent): Send =>
  ({ body, headers, method, timeLimit, url }) =>
    Effect.async((resume) => {
      const signal = new EventEmitter()
      let isLate = false
      const timer = setTimeout(() => {
        isLate = true
        signal.emit("abort")
      }, timeLimit * 1_000)
      Undici.request(url, { dispatcher: agent, method, headers, body, signal })
        .then(async (response) => ({
          status: response.statusCode,
          headers: oneValueEach(response.headers),
          text: await response.body.text()
        }))
        .then(
          (answer) => resume(Effect.succeed(answer)),
          (cause: unknown) => resume(Effect.fail(isLate ? new TimedOut() : new Unreachable({ cause })))
        )
        .finally(() => clearTimeout(timer))
      return Effect.sync(() => signal.emit("abort"))
    })

type Headers = { readonly [name: string]: string | ReadonlyArray<string> | undefined }

/** Of headers that come twice the first counts. */
const oneValueEach = (headers: Headers): { readonly [name: string]: string | undefined } => {
  const single: Record<string, string | undefined> = {}
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    single[name] = typeof value === "object" ? value[0] : value
  }
  return single
}
