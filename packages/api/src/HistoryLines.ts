/** The history and the audit log for programs: all that fits, page after page, as a `Stream` that needs the memory of one page. */
import { HttpClient, HttpClientError, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { Effect, Schema, Stream } from "effect"
import { prefix } from "./Api.js"
import {
  type Failed,
  FailedBody,
  type Forbidden,
  ForbiddenBody,
  type Unacceptable,
  UnacceptableBody,
  type Unauthorized,
  UnauthorizedBody
} from "./ApiError.js"
import { AuditEntry, AuditParams, Entry, HistoryParams } from "./HistoryApi.js"

/** The connection broke off, or the connector could not read on: what has come is not all. */
export class BrokenOff extends Schema.TaggedError<BrokenOff>()("BrokenOff", { detail: Schema.String }) {
  override get message() {
    return `The answer broke off, what has come is not all: ${this.detail}`
  }
}

/** How it can fail, besides what the connection does. */
export type Failure = Unauthorized | Forbidden | Unacceptable | Failed | BrokenOff | HttpClientError.ResponseError

/** The newest first. Whoever takes no more ends the questions. */
type All<Params, A, E> = (request?: { readonly urlParams?: Params }) => Stream.Stream<A, E | Failure>

/** `client.history.all` and `client.history.allAudited`. */
export interface HistoryLines<E> {
  readonly all: All<typeof HistoryParams.Type, typeof Entry.Type, E>
  readonly allAudited: All<typeof AuditParams.Type, typeof AuditEntry.Type, E>
}

export const make = <E>(http: HttpClient.HttpClient.With<E>, baseUrl: string): HistoryLines<E> => ({
  all: ({ urlParams = {} } = {}) =>
    linesOf(http, `${baseUrl}${prefix}/v1/history`, Schema.encodeSync(HistoryParams)(urlParams), Entry),
  allAudited: ({ urlParams = {} } = {}) =>
    linesOf(http, `${baseUrl}${prefix}/v1/audit`, Schema.encodeSync(AuditParams)(urlParams), AuditEntry)
})

const ok = 200

const linesOf = <A, I, E>(
  http: HttpClient.HttpClient.With<E>,
  url: string,
  urlParams: { readonly [name: string]: string },
  schema: Schema.Schema<A, I>
): Stream.Stream<A, E | Failure> => {
  const request = HttpClientRequest.get(url, { urlParams, headers: { accept: "application/jsonl" } })
  const decode = Schema.decode(Schema.parseJson(schema))
  const taken = (response: HttpClientResponse.HttpClientResponse): Stream.Stream<A, Failure> =>
    response.stream.pipe(
      Stream.mapError(({ cause, message }) => new BrokenOff({ detail: reasonOf(cause) ?? message })),
      Stream.decodeText(),
      Stream.splitLines,
      Stream.mapEffect((line) => Effect.mapError(decode(line), unreadable(response)))
    )
  return Stream.unwrapScoped(
    Effect.map(HttpClient.withScope(http).execute(request), (response) =>
      response.status === ok ? taken(response) : Stream.fromEffect(refused(response))
    )
  )
}

const reasonOf = (cause: unknown): string | null =>
  cause instanceof Error ? (reasonOf(cause.cause) ?? cause.message) : null

const unreadable = (response: HttpClientResponse.HttpClientResponse) => (cause: unknown) =>
  new HttpClientError.ResponseError({ request: response.request, response, reason: "Decode", cause })

/** What the contract says of this status. */
const refused = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<never, Failure> => {
  const as = <A, I>(body: Schema.Schema<A, I>): Effect.Effect<never, A | HttpClientError.ResponseError> =>
    Effect.flatMap(Effect.mapError(HttpClientResponse.schemaBodyJson(body)(response), unreadable(response)), (error) =>
      Effect.fail(error)
    )
  switch (response.status) {
    case 401:
      return as(UnauthorizedBody)
    case 403:
      return as(ForbiddenBody)
    case 422:
      return as(UnacceptableBody)
    case 500:
      return as(FailedBody)
    default:
      return Effect.fail(
        new HttpClientError.ResponseError({ request: response.request, response, reason: "StatusCode" })
      )
  }
}
