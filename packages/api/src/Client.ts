/**
 * The management API for programs: a function for each operation, typed. Logs in when it has to, and once more when the server does
 * not take the token any longer. What only reads is sent again when the connection breaks or a proxy answers that nobody is there;
 * what changes something is sent once, since nobody knows what became of it.
 */
import {
  HttpApiClient,
  HttpApiError,
  HttpClient,
  type HttpClientError,
  HttpClientRequest,
  type HttpClientResponse
} from "@effect/platform"
import { Effect, Fiber, Redacted, Schedule, Schema } from "effect"
import { Api, prefix } from "./Api.js"
import { Unacceptable } from "./ApiError.js"
import * as HistoryLines from "./HistoryLines.js"
import { watch } from "./WatchEvents.js"

/** There is no token to be had: the user name or password is wrong, or too many have tried. */
export class LogInFailed extends Schema.TaggedError<LogInFailed>()("LogInFailed", {
  /** 401: wrong user name or password, or no administrator; 429: too many failed log-ins; else something else is wrong. */
  status: Schema.Int,
  detail: Schema.String
}) {
  override get message() {
    return this.detail
  }
}

interface Server {
  /** `http://localhost:8911`, or with the path: `https://proxy.example.com/ucsschool-id-connector/api/v1`. */
  readonly baseUrl: string | URL
  /** How often what only reads is sent again, after 0.2, 0.4, 0.8, ... seconds. Default: 4. */
  readonly retries?: number
}

interface Credentials {
  readonly username: string
  readonly password: string | Redacted.Redacted<string>
}

interface Token {
  readonly token: string | Redacted.Redacted<string>
}

/** Where the API is, and who asks: a user name and password, or a token that somebody has fetched before. */
export type Options = Server & (Credentials | Token)

/** What the operations fail with besides what each of them says. */
type Failure = LogInFailed | HttpClientError.HttpClientError

/** A client for the API at `baseUrl`. Nothing is sent before the first operation. */
export const make = (options: Options) =>
  Effect.gen(function* () {
    const http = yield* HttpClient.HttpClient
    const baseUrl = baseUrlOf(options.baseUrl)
    const bearer = yield* "token" in options
      ? Effect.succeed(fixed(secret(options.token)))
      : Effect.flatMap(HttpApiClient.make(Api, { baseUrl }), ({ token }) => renewed(logIn(token.logIn, options)))

    const withToken = (request: HttpClientRequest.HttpClientRequest, refused: SecretText | null) =>
      Effect.flatMap(bearer(refused), (token) =>
        Effect.map(
          http.execute(HttpClientRequest.bearerToken(request, token)),
          (response) => ({ response, token }) as const
        )
      )
    const execute = (request: HttpClientRequest.HttpClientRequest) =>
      Effect.gen(function* () {
        const first = yield* withToken(request, null)
        // Nothing was done yet, whatever was asked for: it may be sent again.
        if (first.response.status !== unauthorized || "token" in options) return first.response
        return (yield* withToken(request, first.token)).response
      })
    const client = HttpClient.makeWith<never, never, Failure, never>(
      Effect.flatMap((request) => patiently(request, execute(request), options.retries ?? 4)),
      Effect.succeed
    )
    const operations = yield* HttpApiClient.makeWith(Api, { baseUrl, httpClient: client, transformResponse })
    const encoded = withEncodedPaths(operations)
    // An answer without an end, or whose end is far, is a stream.
    return {
      ...encoded,
      history: { ...encoded.history, ...HistoryLines.make(client, baseUrl) },
      events: { watch: watch(client, baseUrl) }
    }
  })

/** The operations by group: `client.queues.items({ path: { name: "Traeger1" }, urlParams: { limit: 10 } })`. */
export type Client = Effect.Effect.Success<ReturnType<typeof make>>

/** All that is wrong with a request comes as {@link Unacceptable}: how far the server came with it makes no difference here. */
const transformResponse = Effect.mapError((error: unknown) =>
  error instanceof HttpApiError.HttpApiDecodeError
    ? new Unacceptable({
        problems: error.issues.map(({ message, path }) => ({
          loc: path.map((part) => (typeof part === "number" ? part : String(part))),
          msg: message,
          type: "value_error"
        }))
      })
    : error
)

const unauthorized = 401

type SecretText = Redacted.Redacted<string>

const secret = (value: string | SecretText): SecretText => (typeof value === "string" ? Redacted.make(value) : value)

/** The paths of the contract begin with the path of the API. */
const baseUrlOf = (url: string | URL): string => {
  const text = String(url).replace(/\/+$/, "")
  const at = text.indexOf(prefix)
  return at < 0 ? text : text.slice(0, at)
}

const fixed = (token: SecretText) => (_: SecretText | null) => Effect.succeed(token)

/** What {@link Api} has for it, in one error. */
const logIn = <E extends { readonly _tag: string }>(
  ask: (request: {
    readonly payload: { readonly username: string; readonly password: SecretText }
  }) => Effect.Effect<{ readonly access_token: string }, E>,
  { password, username }: Credentials
) =>
  ask({ payload: { username, password: secret(password) } }).pipe(
    Effect.map(({ access_token }) => Redacted.make(access_token)),
    Effect.mapError((error) => (isOfConnection(error) ? error : refusal(error)))
  )

const statuses: { readonly [tag: string]: number } = { Unauthorized: unauthorized, TooManyRequests: 429, Failed: 500 }

const refusal = (error: { readonly _tag: string }): LogInFailed =>
  new LogInFailed({
    status: statuses[error._tag] ?? 200,
    detail:
      "detail" in error && typeof error.detail === "string"
        ? error.detail
        : "The answer to the log-in is none of an ID Connector. Is this the address of its API?"
  })

const isOfConnection = (error: { readonly _tag: string }): error is HttpClientError.HttpClientError =>
  error._tag === "RequestError" || error._tag === "ResponseError"

/** One log-in for all who ask at the same time, and none who stops asking ends it for the others. `refused` is not given again. */
const renewed = <E>(logIn: Effect.Effect<SecretText, E>) =>
  Effect.map(Effect.makeSemaphore(1), (turn) => {
    let current: Fiber.Fiber<SecretText, E> | null = null
    let last: SecretText | null = null
    const start = Effect.map(
      Effect.forkDaemon(
        logIn.pipe(
          Effect.tap((token) => {
            last = token
          }),
          Effect.tapErrorCause(() =>
            Effect.sync(() => {
              current = null
            })
          )
        )
      ),
      (fiber) => {
        current = fiber
        return fiber
      }
    )
    return (refused: SecretText | null): Effect.Effect<SecretText, E> =>
      Effect.flatMap(
        turn.withPermits(1)(
          Effect.suspend(() => {
            if (current !== null && refused !== null && refused === last) current = null
            return current === null ? start : Effect.succeed(current)
          })
        ),
        Fiber.join
      )
  })

/** Answers of a proxy while nobody is behind it. */
const away: ReadonlySet<number> = new Set([502, 503, 504])

/** Whether nothing changes by it, however often it is asked. */
const onlyReads = ({ method, url }: HttpClientRequest.HttpClientRequest): boolean =>
  method === "GET" || /\/(preview|check)$/.test(url)

const patiently = <R>(
  request: HttpClientRequest.HttpClientRequest,
  sent: Effect.Effect<HttpClientResponse.HttpClientResponse, Failure, R>,
  retries: number
) => {
  // Health says 503 itself, to whoever wants to know.
  if (!onlyReads(request) || request.url.includes("/health/")) return sent
  const schedule = Schedule.intersect(Schedule.exponential("200 millis"), Schedule.recurs(retries))
  return sent.pipe(
    Effect.filterOrFail(
      ({ status }) => !away.has(status),
      (response) => ({ _tag: "Away", response }) as const
    ),
    Effect.retry({
      schedule,
      while: (error) => error._tag === "Away" || (error._tag === "RequestError" && error.reason === "Transport")
    }),
    Effect.catchTag("Away", ({ response }) => Effect.succeed(response))
  )
}

/** A name may have letters that a path can't have as they are. */
const withEncodedPaths = <C>(client: C): C => {
  const encodedPath = (path: object) =>
    Object.fromEntries(
      Object.entries(path).map(([key, value]) => [key, typeof value === "string" ? encodeURIComponent(value) : value])
    )
  const encoded = (method: (request: unknown) => unknown) => (request: unknown) => {
    const { path } = Object(request)
    return method(path === undefined ? request : { ...Object(request), path: encodedPath(path) })
  }
  const groups = Object.entries(Object(client)).map(([name, group]) => [
    name,
    Object.fromEntries(
      Object.entries(Object(group)).map(([name, method]) => [name, encoded(method as Parameters<typeof encoded>[0])])
    )
  ])
  return Object.fromEntries(groups) as C
}
