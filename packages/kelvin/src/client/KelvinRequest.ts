/**
 * Single requests to the Kelvin REST API: token, time limits, request ids, and answers decoded or turned into errors. A
 * request that is refused because of its token is sent once more with a new one, a question whose connection broke off
 * once more on another one.
 */
import * as Problems from "@id-connector/core/input/Problems"
import * as Size from "@id-connector/core/input/Size"
import { TargetFailed } from "@id-connector/core/targets/DeliveryError"
import { Clock, Effect, Either, FiberRef, type ParseResult, Redacted, Schema } from "effect"
import {
  evidenceOf,
  fromResponse,
  hiding,
  type KelvinError,
  type Sent,
  TokenRefused,
  withoutTags
} from "./KelvinError.js"
import * as KelvinExchange from "./KelvinExchange.js"
import { pathOf } from "./KelvinExchange.js"
import * as KelvinLogIn from "./KelvinLogIn.js"
import * as KelvinToken from "./KelvinToken.js"
import { short } from "./Masking.js"
import * as RequestIds from "./RequestIds.js"
import type { TlsRules } from "./TargetHttp.js"

type Method = "GET" | "POST" | "PATCH" | "DELETE"

/** Reads the text of an answer. Made once with {@link decoder}: making one costs more than a request. */
export type Decode<A> = (text: unknown) => Either.Either<A, ParseResult.ParseError>

export const decoder = <A, I>(schema: Schema.Schema<A, I>): Decode<A> => {
  const decode = Schema.decodeUnknownEither(Schema.parseJson(schema))
  const decodeLong = Schema.decodeUnknownEither(
    Schema.parseJson(Schema.Unknown.pipe(Schema.filter((json) => Size.problem(json, limits) ?? true))).pipe(
      Schema.compose(schema, { strict: false })
    )
  )
  return (text) => (typeof text === "string" && text.length > certainlyFlat ? decodeLong(text) : decode(text))
}

/** Photos may be among the properties of a user. */
const limits: Size.Limits = { depth: 50, text: 20_000_000, name: 10_000, values: 5_000_000 }

/** In characters. A shorter answer can't be nested so deep that it matters. */
const certainlyFlat = 5_000

export interface KelvinRequest {
  readonly read: <A>(
    url: string,
    query: { readonly [name: string]: string },
    decode: Decode<A>
  ) => Effect.Effect<A, KelvinError>
  /** What the server answers to a successful write is not looked at, but for whether it is an answer of the API. */
  readonly write: (method: Exclude<Method, "GET">, url: string, body: unknown) => Effect.Effect<void, KelvinError>
}

/** The id of the last request that this fiber, or one that has joined it, has sent to a target. */
export const lastRequest: FiberRef.FiberRef<string | null> = FiberRef.unsafeMake<string | null>(null)

/** With the id of its last request. */
export const withRequest = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A & { readonly request: string | null }, E, R> =>
  Effect.zipWith(effect, FiberRef.get(lastRequest), (answer, request) => ({ ...answer, request })).pipe(
    Effect.locally(lastRequest, null)
  )

export const make = Effect.fnUntraced(function* (options: {
  readonly tokenUrl: string
  readonly username: string
  readonly password: Redacted.Redacted<string>
  readonly tls: TlsRules
  readonly connections: number
  readonly requestsPerSecond: number | null
}) {
  const exchange = yield* KelvinExchange.make(options)
  const token = yield* KelvinToken.make(KelvinLogIn.make(exchange, options))
  const nextRequestId = yield* RequestIds.make

  const attempt = Effect.fnUntraced(function* (method: Method, url: string, body: unknown) {
    const bearer = yield* token.get
    const requestId = nextRequestId()
    yield* FiberRef.set(lastRequest, requestId)
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
    const sent: Sent = { method, path: pathOf(url), requestId, body, secrets: [Redacted.value(bearer)] }
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
          : unreadable(sent, response.status, problemOf(answer.left, response.text), response.text)
      })
    },
    write: (method, url, body) =>
      Effect.flatMap(sendTwice(method, url, body), ({ response, sent }) =>
        // A page for people says 200, too, and has written nothing.
        isOwnAnswer(method, response.status, response.text)
          ? Effect.void
          : unreadable(sent, response.status, noJson, response.text)
      )
  }
  return request
})

/** So much of an answer is looked at, in characters. */
const lookedAt = 10_000

const noJson = "it is not JSON, but comes from something in front of the Kelvin REST API (such as a proxy), which says"

const problemOf = (error: ParseResult.ParseError, text: string): string =>
  looksLikeJson(text) ? Problems.describe(error).slice(0, 3).join("; ") : noJson

const looksLikeJson = (text: string): boolean => /^\s*[[{]/.test(text)

const isOwnAnswer = (method: Method, status: number, text: string): boolean =>
  method === "DELETE" ? status === 204 || text.trim() === "" || looksLikeJson(text) : looksLikeJson(text)

const unreadable = (sent: Sent, status: number, problem: string, text: string) => {
  const hide = hiding(sent)
  const isForeign = problem === noJson
  const said = isForeign ? `: ${short(withoutTags(hide(text.slice(0, lookedAt))), 200)}` : ""
  return new TargetFailed({
    detail: short(`unexpected answer: ${hide(problem.slice(0, lookedAt))}${said}`),
    evidence: evidenceOf(sent, status, short(hide(text.slice(0, lookedAt)), 2_000)),
    isForeign
  })
}
