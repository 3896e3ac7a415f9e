/** One look at everything: is all right, and what needs somebody? */
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "@effect/platform"
import { attentionCodes } from "@id-connector/core/Attention"
import { Schema } from "effect"
import { FailedBody } from "./ApiError.js"
import { Authentication } from "./Authentication.js"

const Time = Schema.NullOr(Schema.String)

/** Words for programs; the same is said in words for people beside it. */
export const Values = Schema.Record({ key: Schema.String, value: Schema.Union(Schema.String, Schema.Number) })

export const Attention = Schema.Struct({
  code: Schema.Literal(...attentionCodes).annotations({ description: "What it is, in a word for programs." }),
  school_authority: Schema.NullOr(Schema.String).annotations({ description: "null: it concerns all of them." }),
  values: Values.annotations({ description: "What stands in the text: numbers, reasons, times (ISO 8601)." }),
  text: Schema.String.annotations({ description: "What is wrong." }),
  todo: Schema.String.annotations({ description: "What to do about it." }),
  commands: Schema.Array(Schema.String).annotations({
    description: "Commands for it, in their order: first to look, then to cure."
  })
}).annotations({ identifier: "Attention" })

/** What an authority's queue is at. */
export const authorityStates = [
  "running",
  "starting",
  "paused",
  "paused_by_hand",
  "inactive",
  "not_configured"
] as const

export const AuthorityOverview = Schema.Struct({
  name: Schema.String,
  state: Schema.Literal(...authorityStates),
  code: Schema.NullOr(Schema.String).annotations({
    description:
      "Why it is paused, in a word: target_unavailable, credentials_refused, configuration_unusable, target_failed, plugin_failed, ..."
  }),
  values: Schema.Record({ key: Schema.String, value: Schema.String }).annotations({
    description: "What stands in the reason."
  }),
  reason: Schema.NullOr(Schema.String).annotations({ description: "Why it is paused." }),
  since: Time.annotations({ description: "Since when it is paused, or not configured; null: not known, or neither." }),
  next_try: Time.annotations({
    description: "When the target is asked again; null: not before somebody does something, or it is not paused."
  }),
  items: Schema.Struct({ waiting: Schema.Int, in_flight: Schema.Int, held: Schema.Int, dead: Schema.Int }),
  delivered_last_minute: Schema.Int,
  last_delivery: Time.annotations({ description: "null: none since the connector started." })
}).annotations({ identifier: "SchoolAuthorityOverview" })

export const Overview = Schema.Struct({
  at: Schema.String,
  ok: Schema.Boolean.annotations({ description: "Nothing needs anybody." }),
  text: Schema.String.annotations({ description: "All of it in a sentence." }),
  attention: Schema.Array(Attention).annotations({ description: "What needs somebody, the most urgent first." }),
  in_queue: Schema.Struct({
    waiting: Schema.Int,
    head: Schema.NullOr(Schema.String).annotations({ description: "The file at work." }),
    held_up: Schema.NullOr(Schema.String).annotations({ description: "Why it stands still." }),
    held_back: Schema.Int.annotations({ description: "Files that plugins hold back." })
  }),
  totals: Schema.Struct({
    school_authorities: Schema.Int,
    waiting: Schema.Int,
    in_flight: Schema.Int,
    held: Schema.Int,
    dead: Schema.Int,
    delivered_last_minute: Schema.Int
  }),
  school_authorities: Schema.Array(AuthorityOverview).annotations({ description: "All, by name." })
}).annotations({
  identifier: "Overview",
  examples: [
    {
      at: "2026-02-03T04:05:06.789Z",
      ok: false,
      text: "1 of 2 school authorities runs. 1 thing needs somebody.",
      attention: [
        {
          code: "target_unavailable",
          school_authority: "Traeger1",
          values: {
            items: 78,
            reason: "The target can't be reached now: ...",
            since: "2026-02-03T04:05:01.123Z",
            next_try: "2026-02-03T04:15:06.789Z"
          },
          text: "Traeger1 is paused, 78 changes waiting: The target can't be reached now: ...",
          todo: "Ask those who run the target, or the network. The queue goes on by itself once the target answers; resume asks it at once.",
          commands: ["id-connector authority check Traeger1", "id-connector queue resume Traeger1"]
        }
      ],
      in_queue: { waiting: 0, head: null, held_up: null, held_back: 0 },
      totals: { school_authorities: 2, waiting: 78, in_flight: 0, held: 0, dead: 0, delivered_last_minute: 12 },
      school_authorities: [
        {
          name: "Traeger1",
          state: "paused",
          code: "target_unavailable",
          values: { detail: "connect ECONNREFUSED" },
          reason: "The target can't be reached now: connect ECONNREFUSED.",
          since: "2026-02-03T04:05:01.123Z",
          next_try: "2026-02-03T04:15:06.789Z",
          items: { waiting: 78, in_flight: 0, held: 0, dead: 0 },
          delivered_last_minute: 0,
          last_delivery: "2026-02-03T04:05:00.123Z"
        },
        {
          name: "Traeger2",
          state: "running",
          code: null,
          values: {},
          reason: null,
          since: null,
          next_try: null,
          items: { waiting: 0, in_flight: 0, held: 0, dead: 0 },
          delivered_last_minute: 12,
          last_delivery: "2026-02-03T04:05:05.123Z"
        }
      ]
    }
  ]
})

export class OverviewApi extends HttpApiGroup.make("overview")
  .add(
    HttpApiEndpoint.get("overview", "/overview")
      .addSuccess(Overview)
      .annotate(OpenApi.Summary, "Is everything all right?")
      .annotate(
        OpenApi.Description,
        "The in queue, all school authorities, and what needs somebody, the most urgent first. From counts: asks no target, and costs the same however much waits."
      )
  )
  .addError(FailedBody)
  .middleware(Authentication)
  .prefix("/v1")
  .annotate(OpenApi.Title, "Overview") {}
