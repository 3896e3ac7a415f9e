/** The event stream for programs: a `Stream` of decoded events. */
import { type HttpClient, type HttpClientError, HttpClientRequest, type HttpClientResponse } from "@effect/platform"
import { Effect, Schema, Stream } from "effect"
import { prefix } from "./Api.js"
import { Event, type Watched } from "./EventsApi.js"
import * as ServerSentEvents from "./ServerSentEvents.js"

/** The server does not let this one watch. */
export class WatchFailed extends Schema.TaggedError<WatchFailed>()("WatchFailed", {
  /** 401: no token that is taken; 503: as many watch as may. */
  status: Schema.Int,
  detail: Schema.String
}) {
  override get message() {
    return this.detail
  }
}

const decodeDetail = Schema.decodeUnknownOption(Schema.parseJson(Schema.Struct({ detail: Schema.String })))

const decodeEvent = Schema.decodeUnknownOption(Event)

const ok = 200

/**
 * Events from now on, the first tells how everything is. What this version does not know is left out. It ends when the connector
 * stops and when the token runs out: run it again.
 */
export const watch =
  <E>(http: HttpClient.HttpClient.With<E>, baseUrl: string) =>
  (
    request: { readonly urlParams?: Watched } = {}
  ): Stream.Stream<Event, E | WatchFailed | HttpClientError.ResponseError> =>
    Stream.unwrap(
      Effect.flatMap(
        http.execute(HttpClientRequest.get(`${baseUrl}${prefix}/v1/events`, { urlParams: { ...request.urlParams } })),
        (response) => (response.status === ok ? Effect.succeed(eventsOf(response)) : refused(response))
      )
    )

const refused = (response: HttpClientResponse.HttpClientResponse) =>
  Effect.flatMap(response.text, (text) => {
    const found = decodeDetail(text)
    const detail = found._tag === "Some" ? found.value.detail : `The answer has the status ${response.status}.`
    return new WatchFailed({ status: response.status, detail })
  })

const eventsOf = (response: HttpClientResponse.HttpClientResponse) =>
  response.stream.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.mapAccum([] as ReadonlyArray<string>, (lines, line) =>
      line === "" ? [[], ServerSentEvents.parse(lines)] : [[...lines, line], null]
    ),
    Stream.filterMap(decodeEvent)
  )
