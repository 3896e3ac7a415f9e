/** One request to a target and its answer, whatever it says: with a time limit, and when it is its turn. */
import * as Tracing from "@id-connector/core/events/Tracing"
import { TargetUnavailable } from "@id-connector/core/targets/DeliveryError"
import { Context, Effect, Exit, FiberRef, identity, RateLimiter, Tracer } from "effect"
import { short } from "./Masking.js"
import {
  type TargetAnswer,
  TargetHttp,
  type TargetRequest,
  type TimedOut,
  type TlsRules,
  type Unreachable
} from "./TargetHttp.js"

export type Exchange = (asked: Omit<TargetRequest, "timeLimit">) => Effect.Effect<TargetAnswer, TargetUnavailable>

/** How long a request may take, in seconds. Creating something takes the server longest. */
const timeLimitOf = (method: string) => (method === "POST" ? 30 : 20)

/** The connections live as long as the scope. A question whose connection breaks off is asked once more on another one. */
export const make = Effect.fnUntraced(function* (options: {
  readonly tls: TlsRules
  readonly connections: number
  readonly requestsPerSecond: number | null
}) {
  const inTurn =
    options.requestsPerSecond === null
      ? identity
      : yield* RateLimiter.make({
          limit: options.requestsPerSecond,
          interval: "1 second",
          algorithm: "token-bucket"
        })
  const send = yield* (yield* TargetHttp).client({ tls: options.tls, connections: options.connections })

  const tracing = yield* Tracing.Tracing

  const exchange: Exchange = (asked) => {
    const request: TargetRequest = { timeLimit: timeLimitOf(asked.method), ...asked }
    const sending = inTurn(send(request))
    const failed = (error: Unreachable | TimedOut) => Effect.fail(unavailable(request, error))
    return Effect.catchAll(sending, (error) =>
      // A server closes connections that were idle just when they are used again. To ask twice does no harm.
      error._tag === "Unreachable" && request.method === "GET" ? Effect.catchAll(sending, failed) : failed(error)
    )
  }
  return tracing === null ? exchange : traced(exchange, tracing)
})

/** Each request is a span of the delivery that needs it. Paths name people: they are not part of it. */
const traced =
  (exchange: Exchange, { record }: Tracing.TracingShape): Exchange =>
  (asked) =>
    Effect.withFiberRuntime((fiber) => {
      const parent = Context.getOption(fiber.getFiberRef(FiberRef.currentContext), Tracer.ParentSpan)
      // What belongs to no delivery that is followed, such as asking whether the target is there.
      if (parent._tag === "None") return exchange(asked)
      return Effect.flatMap(Effect.clock, (time) => {
        const start = time.unsafeCurrentTimeNanos()
        return Effect.onExit(exchange(asked), (exit) =>
          Effect.sync(() =>
            record({
              name: "Kelvin.request",
              kind: "client",
              traceId: parent.value.traceId,
              spanId: Tracing.spanIdOf(`${parent.value.spanId} ${asked.method} ${asked.url}`, start),
              parentSpanId: parent.value.spanId,
              start,
              end: time.unsafeCurrentTimeNanos(),
              attributes: {
                "http.request.method": asked.method,
                "server.address": new URL(asked.url).host,
                ...(Exit.isSuccess(exit) ? { "http.response.status_code": exit.value.status } : {})
              },
              isFailure: Exit.isFailure(exit) || exit.value.status >= 400
            })
          )
        )
      })
    })

/** Path and query of a URL. */
export const pathOf = (url: string): string => url.replace(/^https?:\/\/[^/]*/, "")

const unavailable = ({ method, timeLimit, url }: TargetRequest, error: Unreachable | TimedOut): TargetUnavailable =>
  new TargetUnavailable({
    detail:
      error._tag === "TimedOut"
        ? `no answer to ${method} ${pathOf(url)} within ${timeLimit} seconds`
        : `${new URL(url).host}: ${causeOf(error)}`,
    retryAfter: null,
    answered: false
  })

/** The innermost cause says it: `connect ECONNREFUSED 127.0.0.1:443`, `self-signed certificate`. */
const causeOf = (error: unknown): string => {
  let innermost: unknown = error
  for (let depth = 0; depth < 8; depth++) {
    const cause =
      innermost instanceof Error || isRecord(innermost) ? (innermost as { readonly cause?: unknown }).cause : undefined
    if (cause === undefined || cause === null) break
    innermost = cause
  }
  const code = isRecord(innermost) && typeof innermost.code === "string" ? innermost.code : ""
  const message = innermost instanceof Error ? innermost.message : String(innermost)
  const text = message.includes(code) ? message : `${message} (${code})`
  const hint = certificateHints[code]
  return hint === undefined ? short(text, 500) : `its certificate is not trusted: ${short(text, 300)}. ${hint}`
}

const unknownIssuer =
  "Name a file with the certificate of its CA in ssl_context.ca_file of this authority, or in IDC_CA_FILE for all"

/** What to do. That nobody's certificate has to be checked is no advice. */
const certificateHints: { readonly [code: string]: string } = {
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownIssuer,
  SELF_SIGNED_CERT_IN_CHAIN: unknownIssuer,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownIssuer,
  CERT_UNTRUSTED: unknownIssuer,
  CERT_SIGNATURE_FAILURE: unknownIssuer,
  CERT_NOT_YET_VALID: "Is the time of this machine right? Otherwise whoever runs the target has to renew it",
  CERT_HAS_EXPIRED: "Whoever runs the target has to renew it, or the time of this machine is wrong",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "Write a name into url that the certificate is for, or have one made for this name. ssl_context.check_hostname: false takes any name"
}

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null
