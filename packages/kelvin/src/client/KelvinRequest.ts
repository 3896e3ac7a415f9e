/**
 * Single requests to the Kelvin REST API: token, time limits, request ids, and answers decoded or turned into errors. A
 * request that is refused because of its token is sent once more with a new one, a question whose connection broke off
 * once more on another one.
 */
import { CredentialsRefused, TargetFailed, TargetUnavailable } from "@id-connector/core/targets/DeliveryError"
import { Clock, Effect, Either, identity, type ParseResult, RateLimiter, Redacted, Schema } from "effect"
import { fromResponse, type KelvinError, type Sent, TokenRefused } from "./KelvinError.js"
import * as KelvinToken from "./KelvinToken.js"
import { masked, short } from "./Masking.js"
import * as RequestIds from "./RequestIds.js"
import {
  type TargetAnswer,
  TargetHttp,
  type TargetRequest,
  type TimedOut,
  type TlsRules,
  type Unreachable
} from "./TargetHttp.js"

type Method = "GET" | "POST" | "PATCH" | "DELETE"

/** Reads the text of an answer. Made once with {@link decoder}: making one costs more than a request. */
export type Decode<A> = (text: unknown) => Either.Either<A, ParseResult.ParseError>

export const decoder = <A, I>(schema: Schema.Schema<A, I>): Decode<A> =>
  Schema.decodeUnknownEither(Schema.parseJson(schema))

export interface KelvinRequest {
  readonly read: <A>(
    url: string,
    query: { readonly [name: string]: string },
    decode: Decode<A>
  ) => Effect.Effect<A, KelvinError>
  /** What the server answers to a successful write is not looked at. */
  readonly write: (method: Exclude<Method, "GET">, url: string, body: unknown) => Effect.Effect<void, KelvinError>
}

/** How long a request may take, in seconds. Creating something takes the server longest. */
const timeLimitOf = (method: Method) => (method === "POST" ? 30 : 20)

const decodeToken = decoder(Schema.Struct({ access_token: Schema.Redacted(Schema.String) }))

export const make = Effect.fnUntraced(function* (options: {
  readonly tokenUrl: string
  readonly username: string
  readonly password: Redacted.Redacted<string>
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

  /** Sends a request when it is its turn. */
  const exchange = (asked: Omit<TargetRequest, "timeLimit">): Effect.Effect<TargetAnswer, TargetUnavailable> => {
    const request: TargetRequest = { timeLimit: timeLimitOf(asked.method), ...asked }
    const sending = inTurn(send(request))
    const failed = (error: Unreachable | TimedOut) => Effect.fail(unavailable(request, error))
    return Effect.catchAll(sending, (error) =>
      // A server closes connections that were idle just when they are used again. To ask twice does no harm.
      error._tag === "Unreachable" && request.method === "GET" ? Effect.catchAll(sending, failed) : failed(error)
    )
  }

  const logIn = Effect.gen(function* () {
    const response = yield* exchange({
      method: "POST",
      url: options.tokenUrl,
      headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ username: options.username, password: Redacted.value(options.password) }).toString()
    })
    const sent: Sent = { method: "POST", path: pathOf(options.tokenUrl), requestId: null, body: null }
    if (response.status !== 200) {
      const error = fromResponse(sent, response.status, response.headers, response.text, yield* Clock.currentTimeMillis)
      if (error._tag === "TargetUnavailable") return yield* error
      const detail = "detail" in error ? error.detail : error.message
      // Without a log in nothing goes: that is not the fault of the object that happened to need one.
      if (response.status >= 500) return yield* logInFailed(`status ${response.status}: ${detail}`)
      // An address without a log in is not the account's fault.
      return yield* response.status === 404 || response.status === 405 || response.status < 400
        ? new TargetUnavailable({
            detail: `there is no Kelvin log in at ${options.tokenUrl} (status ${response.status}: ${detail})`,
            retryAfter: null,
            answered: true
          })
        : new CredentialsRefused({ detail })
    }
    const answer = decodeToken(response.text)
    return Either.isRight(answer) ? answer.right.access_token : yield* logInFailed("it was answered without a token")
  })
  const token = yield* KelvinToken.make(logIn)
  const nextRequestId = yield* RequestIds.make

  const attempt = Effect.fnUntraced(function* (method: Method, url: string, body: unknown) {
    const bearer = yield* token.get
    const requestId = nextRequestId()
    const response = yield* exchange({
      method,
      url,
      headers: {
        accept: "application/json",
        authorization: `Bearer ${Redacted.value(bearer)}`,
        "x-request-id": requestId,
        ...(body === null ? {} : { "content-type": "application/json" })
      },
      body: body === null ? null : JSON.stringify(body)
    })
    const sent: Sent = { method, path: pathOf(url), requestId, body }
    if (response.status >= 200 && response.status < 300) return { response, sent }
    const error = fromResponse(sent, response.status, response.headers, response.text, yield* Clock.currentTimeMillis)
    if (error._tag === "TokenRefused") yield* token.invalidate(bearer)
    return yield* error
  })

  const sendTwice = (method: Method, url: string, body: unknown) =>
    attempt(method, url, body).pipe(
      Effect.catchIf(
        (error): error is TokenRefused => error instanceof TokenRefused,
        () => attempt(method, url, body)
      )
    )

  const request: KelvinRequest = {
    read: (url, query, decode) => {
      const search = new URLSearchParams(query).toString()
      return Effect.flatMap(sendTwice("GET", search === "" ? url : `${url}?${search}`, null), ({ response, sent }) => {
        const answer = decode(response.text)
        return Either.isRight(answer)
          ? Effect.succeed(answer.right)
          : unreadable(sent, response.status, short(`unexpected answer: ${answer.left.message}`), response.text)
      })
    },
    write: (method, url, body) => Effect.asVoid(sendTwice(method, url, body))
  }
  return request
})

const logInFailed = (detail: string) =>
  new TargetUnavailable({ detail: `the log in failed: ${detail}`, retryAfter: null, answered: true })

const unreadable = (sent: Sent, status: number, detail: string, text = "") =>
  new TargetFailed({ detail, evidence: { ...sent, body: masked(sent.body), status, response: short(text, 2_000) } })

/** Path and query of a URL. */
const pathOf = (url: string): string => url.replace(/^https?:\/\/[^/]*/, "")

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
  return short(certificateCodes.has(code) ? `its certificate is not trusted: ${text}` : text, 300)
}

const certificateCodes: ReadonlySet<string> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_HAS_EXPIRED",
  "ERR_TLS_CERT_ALTNAME_INVALID"
])

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null
