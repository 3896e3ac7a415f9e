/** The queues and their items. */
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "@effect/platform"
import { ItemId, itemStates } from "@id-connector/core/queue/QueueStore"
import { Evidence } from "@id-connector/core/targets/DeliveryError"
import { Schema } from "effect"
import { FailedBody, NotFoundBody } from "./ApiError.js"
import { Authentication } from "./Authentication.js"
import * as Parameters from "./Parameters.js"

export const Queue = Schema.Struct({
  name: Schema.String.annotations({ description: "InQueue, or the name of a school authority." }),
  head: Schema.String.annotations({ description: 'The listener file at work, or "".' }),
  length: Schema.Int.annotations({ description: "How much waits or is at work." }),
  school_authority: Schema.String.annotations({ description: '"" for the in queue.' }),
  held_up: Schema.optionalWith(
    Schema.String.annotations({
      description: "Why nothing after `head` is taken from the in queue. Missing: nothing holds it up."
    }),
    { exact: true }
  ),
  held_back: Schema.optionalWith(
    Schema.String.annotations({
      description:
        "How many files plugins hold back, and why the first of them. Those of other objects go on. Missing: none."
    }),
    { exact: true }
  ),
  held: Schema.optionalWith(
    Schema.Int.annotations({ description: "How many deletions wait until somebody confirms them. Missing: none." }),
    { exact: true }
  ),
  dead: Schema.optionalWith(Schema.Int.annotations({ description: "How many dead letters it has. Missing: none." }), {
    exact: true
  })
}).annotations({
  identifier: "Queue",
  examples: [{ name: "Traeger1", head: "2026-02-03-04-05-06-789012.json", length: 12, school_authority: "Traeger1" }]
})

const State = Schema.Literal(...itemStates).annotations({
  description: "waiting, in_flight, held (a deletion to be confirmed), dead (a dead letter)"
})

const anItem = {
  id: ItemId.make(4711),
  object: "user anna",
  object_key: "user:0b8a5c5e-0000-4000-8000-000000000001",
  change: "changed",
  file: "2026-02-03-04-05-06-789012.json",
  state: "dead",
  attempts: 1,
  available_at: null,
  last_error: "The target refuses the object: ...",
  waits_for: []
} as const

export const Item = Schema.Struct({
  id: ItemId,
  object: Schema.String.annotations({ description: "user anna, group School1-1a" }),
  object_key: Schema.String,
  change: Schema.Literal("changed", "removed"),
  file: Schema.String.annotations({ description: "The listener file that brought the newest state." }),
  state: State,
  attempts: Schema.Int,
  available_at: Schema.NullOr(Schema.String).annotations({
    description: "It is not delivered before this time; null: at once."
  }),
  last_error: Schema.NullOr(Schema.String),
  waits_for: Schema.Array(Schema.String).annotations({
    description:
      "Other items that have to be delivered, confirmed or discarded before this one, and why. The first ten."
  })
}).annotations({ identifier: "Item", examples: [anItem] })

export const Attempt = Schema.Struct({
  at: Schema.String,
  error: Schema.String,
  evidence: Schema.NullOr(Evidence).annotations({ description: "The request and its answer, secrets masked." })
}).annotations({ identifier: "Attempt" })

export const ItemDetails = Schema.Struct({ ...Item.fields, history: Schema.Array(Attempt) }).annotations({
  identifier: "ItemDetails",
  examples: [
    {
      ...anItem,
      history: [
        {
          at: "2026-02-03T04:05:07.123Z",
          error: "The target refuses the object: ...",
          evidence: {
            method: "PATCH",
            path: "/ucsschool/kelvin/v1/users/anna",
            requestId: "0b8a5c5e-0000-4000-8000-000000000001",
            body: { email: "anna@example.com" },
            status: 422,
            response: { detail: "..." }
          }
        }
      ]
    }
  ]
})

const Count = Schema.Struct({ items: Schema.Int }).annotations({ identifier: "Count", examples: [{ items: 3 }] })

const Paused = Schema.Struct({ paused: Schema.Boolean }).annotations({
  identifier: "Paused",
  examples: [{ paused: true }]
})

/** How many items a page has at most. */
const largestPage = 1_000

const Filter = Schema.Struct({
  state: Schema.optionalWith(State, { exact: true }),
  object: Schema.optionalWith(
    Schema.String.annotations({ description: "A user or group name, or an entryUUID.", examples: ["anna"] }),
    { exact: true }
  ),
  after: Schema.optionalWith(Parameters.itemId, { exact: true }),
  limit: Schema.optionalWith(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, largestPage)), {
    exact: true,
    default: () => 100
  })
})

export class QueuesApi extends HttpApiGroup.make("queues")
  .add(
    HttpApiEndpoint.get("list", "/queues")
      .addSuccess(Schema.Array(Queue))
      .annotate(OpenApi.Summary, "All queues")
      .annotate(OpenApi.Description, "The in queue first, then the out queues of active school authorities by name.")
  )
  .add(
    HttpApiEndpoint.get("get", "/queues/:name")
      .setPath(Parameters.queue)
      .addSuccess(Queue)
      .annotate(OpenApi.Summary, "One queue")
      .annotate(OpenApi.Description, "InQueue, or the out queue of an active school authority.")
  )
  .add(
    HttpApiEndpoint.get("items", "/queues/:name/items")
      .setPath(Parameters.queue)
      .setUrlParams(Filter)
      .addSuccess(Schema.Array(Item))
      .annotate(OpenApi.Summary, "Items of an out queue")
      .annotate(
        OpenApi.Description,
        "In the order of their ids. The next page begins after the last id of this one (after=...). object is a user or group name, or an entryUUID."
      )
  )
  .add(
    HttpApiEndpoint.get("item", "/queues/:name/items/:id")
      .setPath(Parameters.item)
      .addSuccess(ItemDetails)
      .annotate(OpenApi.Summary, "One item with the history of its attempts")
      .annotate(
        OpenApi.Description,
        "Each attempt that failed, the oldest first, with the request that was sent and its answer. Secrets are masked."
      )
  )
  .add(
    HttpApiEndpoint.post("retryItem", "/queues/:name/items/:id/retry")
      .setPath(Parameters.item)
      .addSuccess(Count)
      .annotate(OpenApi.Summary, "Deliver an item at once")
      .annotate(OpenApi.Description, "A dead letter is tried anew; a deletion that is held back counts as confirmed.")
  )
  .add(
    HttpApiEndpoint.del("discardItem", "/queues/:name/items/:id")
      .setPath(Parameters.item)
      .addSuccess(Count)
      .annotate(OpenApi.Summary, "Remove an item for good")
      .annotate(OpenApi.Description, "The change is not delivered. An item that is being delivered is left alone.")
  )
  .add(
    HttpApiEndpoint.post("retryAll", "/queues/:name/retry")
      .setPath(Parameters.queue)
      .setUrlParams(
        Schema.Struct({
          state: Schema.optionalWith(Schema.Literal("dead", "held").annotations({ description: "Which items." }), {
            exact: true,
            default: () => "dead" as const
          })
        })
      )
      .addSuccess(Count)
      .annotate(OpenApi.Summary, "Deliver all dead letters, or confirm all deletions")
      .annotate(
        OpenApi.Description,
        "All dead letters, as if never tried; with state=held all deletions that are held back, which counts as confirming them."
      )
  )
  .add(
    HttpApiEndpoint.post("discardAll", "/queues/:name/discard")
      .setPath(Parameters.queue)
      .setUrlParams(
        Schema.Struct({ state: Schema.Literal("dead", "held").annotations({ description: "Which items." }) })
      )
      .addSuccess(Count)
      .annotate(OpenApi.Summary, "Remove all dead letters, or all deletions that are held back, for good")
      .annotate(
        OpenApi.Description,
        "With state=held none of these objects is deleted at the target; with state=dead the changes are not delivered."
      )
  )
  .add(
    HttpApiEndpoint.post("pause", "/queues/:name/pause")
      .setPath(Parameters.queue)
      .addSuccess(Paused)
      .annotate(OpenApi.Summary, "Pause an out queue")
      .annotate(
        OpenApi.Description,
        "Deliveries at work are finished. Changes are accepted and wait, also over restarts, until the queue is resumed."
      )
  )
  .add(
    HttpApiEndpoint.post("resume", "/queues/:name/resume")
      .setPath(Parameters.queue)
      .addSuccess(Paused)
      .annotate(OpenApi.Summary, "Let an out queue that was paused go on")
      .annotate(OpenApi.Description, "Takes effect at once.")
  )
  .addError(NotFoundBody)
  .addError(FailedBody)
  .middleware(Authentication)
  .prefix("/v1")
  .annotate(OpenApi.Title, "Queues") {}
