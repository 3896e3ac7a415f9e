/** What happens, as it happens, for pages that watch: summaries as server-sent events, not every single delivery. */
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "@effect/platform"
import { Schema } from "effect"
import { asDetail, errorFields, FailedBody } from "./ApiError.js"
import { Authentication } from "./Authentication.js"
import { say } from "./ErrorSentences.js"
import { Overview } from "./OverviewApi.js"
import * as ServerSentEvents from "./ServerSentEvents.js"

const Nullable = (description: string) => Schema.NullOr(Schema.String).annotations({ description })

const Values = Schema.Record({ key: Schema.String, value: Schema.String }).annotations({
  description: "What the text is about, for programs."
})

/** What can happen to an item. */
export const itemEventCodes = ["accepted", "delivered", "warning", "delayed", "dead", "held"] as const

/** What can need somebody. */
export const noticeCodes = [
  "dead_letter",
  "deletion_held",
  "queue_paused",
  "configuration_problem",
  "in_queue_held_up",
  "file_held_back",
  "file_discarded",
  "data_problem",
  "nothing_configured"
] as const

/** The newest of what happened to an object at a school authority since the last event about it. */
export const ItemEvent = Schema.Struct({
  code: Schema.Literal(...itemEventCodes),
  school_authority: Nullable("null: the change is not for one school authority."),
  object: Schema.String,
  text: Schema.String,
  values: Values
})

/** Something needs somebody. */
export const Notice = Schema.Struct({
  code: Schema.Literal(...noticeCodes),
  school_authority: Nullable("null: it is about no school authority, or about all."),
  times: Schema.Int.annotations({ description: "How often within the second. Text and values are the last one's." }),
  text: Schema.String,
  values: Values
})

/** One of the stream's events. Its id is the time, `2026-02-03T04:05:06.789Z`. */
export const Event = Schema.Union(
  Schema.Struct({ event: Schema.Literal("overview"), id: Schema.String, data: Schema.parseJson(Overview) }),
  Schema.Struct({ event: Schema.Literal("item"), id: Schema.String, data: Schema.parseJson(ItemEvent) }),
  Schema.Struct({ event: Schema.Literal("notice"), id: Schema.String, data: Schema.parseJson(Notice) })
)
export type Event = typeof Event.Type

/** What of all items is told. Nothing is given: no items. */
export const Watched = Schema.Struct({
  authority: Schema.optionalWith(
    Schema.String.annotations({
      description: "Tells what happens to items of this school authority.",
      examples: ["Traeger1"]
    }),
    { exact: true }
  ),
  object: Schema.optionalWith(
    Schema.String.annotations({ description: "Tells what happens to this user or class.", examples: ["anna"] }),
    { exact: true }
  )
})
export type Watched = typeof Watched.Type

/** 503: as many watch as may. */
export class TooManyStreams extends Schema.TaggedClass<TooManyStreams>()("TooManyStreams", errorFields) {}

const TooManyStreamsBody = asDetail(
  "TooManyStreams",
  503,
  {
    description: "As many watch as may.",
    example: say("too_many_streams", { streams: 50 })
  },
  Schema.typeSchema(TooManyStreams),
  (said) => new TooManyStreams(said)
)

const anExample = ServerSentEvents.format({
  event: "notice",
  id: "2026-02-03T04:05:06.789Z",
  data: JSON.stringify({
    code: "dead_letter",
    school_authority: "Traeger1",
    times: 1,
    text: "Gave up on an object.",
    values: { object: "user anna" }
  })
})

export class EventsApi extends HttpApiGroup.make("events")
  .add(
    HttpApiEndpoint.get("watch", "/events")
      .setUrlParams(Watched)
      .addSuccess(HttpApiSchema.Text({ contentType: "text/event-stream" }).annotations({ examples: [anExample] }))
      .addError(TooManyStreamsBody)
      .annotate(OpenApi.Summary, "What happens, as it happens")
      .annotate(
        OpenApi.Description,
        "Server-sent events, each with the time as its id and JSON as its data. overview: what GET /overview answers, at once and then at most once a second when it changed (but for times and rates). notice: something needs somebody. item: what happened to items of authority, of object, or of object at authority. A comment comes every 15 seconds. The stream ends with the session or token it was opened with. At most 50 are served at the same time."
      )
  )
  .addError(FailedBody)
  .middleware(Authentication)
  .prefix("/v1")
  .annotate(OpenApi.Title, "Events") {}
