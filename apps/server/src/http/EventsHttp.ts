/** What happens, as it happens: server-sent events for pages that watch. */
import { Headers, HttpApiBuilder, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Api } from "@id-connector/api/Api"
import { say } from "@id-connector/api/ErrorSentences"
import { TooManyStreams, type Watched } from "@id-connector/api/EventsApi"
import * as ServerSentEvents from "@id-connector/api/ServerSentEvents"
import { Deferred, Effect, Schedule, Stream } from "effect"
import { Access } from "./Access.js"
import { iso } from "./Time.js"
import * as Told from "./Told.js"
import { type Tick, Watching } from "./Watching.js"

/** How many are open at the same time. */
export const mostStreams = 50

/** So often something is sent, and looked whether whoever watches still may. */
const sign = "15 seconds"

export const layer = HttpApiBuilder.group(Api, "events", (handlers) =>
  Effect.gen(function* () {
    const access = yield* Access
    const { ticks } = yield* Watching
    let open = 0
    // Whoever serves waits for the last answer: these end when the connector does.
    const isStopping = yield* Deferred.make<void>()
    yield* Effect.addFinalizer(() => Deferred.succeed(isStopping, undefined))

    /** Held until the answer has ended, or whoever asked has gone. */
    const place = Effect.acquireRelease(
      Effect.suspend(() => {
        if (open >= mostStreams)
          return Effect.fail(new TooManyStreams(say("too_many_streams", { streams: mostStreams })))
        open += 1
        return Effect.void
      }),
      () =>
        Effect.sync(() => {
          open -= 1
        })
    )

    return handlers.handle("watch", ({ urlParams }) =>
      Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        yield* place
        const mayStill = access(request).pipe(
          Effect.provideService(HttpServerRequest.HttpServerRequest, request),
          Effect.isSuccess
        )
        const signs = Stream.fromSchedule(Schedule.spaced(sign)).pipe(
          Stream.mapEffect(() => mayStill),
          Stream.takeWhile((may) => may),
          Stream.map(() => ServerSentEvents.comment)
        )
        const told = Stream.map(yield* ticks, (tick) => format(tick, urlParams))
        const body = Stream.merge(told, signs, { haltStrategy: "either" }).pipe(
          Stream.filter((text) => text !== ""),
          Stream.interruptWhenDeferred(isStopping),
          Stream.encodeText
        )
        return HttpServerResponse.stream(body, { contentType: "text/event-stream", headers })
      })
    )
  })
)

/** A proxy must not collect what is to be seen at once. */
const headers = Headers.fromInput({ "x-accel-buffering": "no" })

const format = ({ at, events, overview }: Tick, watched: Watched): string => {
  const id = iso(at)
  const one = (event: string) => (data: unknown) => ServerSentEvents.format({ event, id, data: JSON.stringify(data) })
  return [
    ...(overview === null ? [] : [one("overview")(overview)]),
    ...Told.notices(events).map(one("notice")),
    ...Told.items(events, watched).map(one("item"))
  ].join("")
}
