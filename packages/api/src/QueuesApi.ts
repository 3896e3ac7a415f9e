/** The queues and their items. */
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "@effect/platform"
import { Evidence } from "@id-connector/core/DeliveryError"
import { ItemId, itemStates } from "@id-connector/core/QueueStore"
import { Schema } from "effect"
import { FailedBody, NotFoundBody } from "./ApiError.js"
import { Authentication } from "./Authentication.js"

export const Queue = Schema.Struct({
  name: Schema.String.annotations({ description: "InQueue, or the name of a school authority." }),
  head: Schema.String.annotations({ description: 'The listener file at work, or "".' }),
  length: Schema.Int.annotations({ description: "How much waits or is at work." }),
  school_authority: Schema.String.annotations({ description: '"" for the in queue.' })
}).annotations({
  identifier: "Queue",
  examples: [{ name: "Traeger1", head: "2026-02-03-04-05-06-789012.json", length: 12, school_authority: "Traeger1" }]
})

const State = Schema.Literal(...itemStates).annotations({
  description: "waiting, in_flight, held (a deletion to be confirmed), dead (a dead letter)"
})

export const Item = Schema.Struct({
  id: ItemId,
  object: Schema.String.annotations({ description: "user anna, group School1-1a" }),
  object_key: Schema.String,
  change: Schema.Literal("changed", "removed"),
  file: Schema.String.annotations({ description: "The listener file that brought the newest state." }),
  state: State,
  attempts: Schema.Int,
  available_at: Schema.NullOr(Schema.String).annotations({ description: "Not before; null: at once." }),
  last_error: Schema.NullOr(Schema.String)
}).annotations({ identifier: "Item" })

export const Attempt = Schema.Struct({
  at: Schema.String,
  error: Schema.String,
  evidence: Schema.NullOr(Evidence).annotations({ description: "The request and its answer, secrets masked." })
}).annotations({ identifier: "Attempt" })

export const ItemDetails = Schema.Struct({ ...Item.fields, history: Schema.Array(Attempt) }).annotations({
  identifier: "ItemDetails"
})

const Count = Schema.Struct({ items: Schema.Int }).annotations({ identifier: "Count", examples: [{ items: 3 }] })

const Paused = Schema.Struct({ paused: Schema.Boolean }).annotations({
  identifier: "Paused",
  examples: [{ paused: true }]
})

const name = Schema.Struct({ name: Schema.String })
const item = Schema.Struct({ name: Schema.String, id: Schema.NumberFromString.pipe(Schema.compose(ItemId)) })

/** How many items a page has at most. */
const largestPage = 1_000

const Filter = Schema.Struct({
  state: Schema.optionalWith(State, { exact: true }),
  object: Schema.optionalWith(Schema.String, { exact: true }),
  after: Schema.optionalWith(Schema.NumberFromString.pipe(Schema.compose(ItemId)), { exact: true }),
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
    HttpApiEndpoint.get("get", "/queues/:name").setPath(name).addSuccess(Queue).annotate(OpenApi.Summary, "One queue")
  )
  .add(
    HttpApiEndpoint.get("items", "/queues/:name/items")
      .setPath(name)
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
      .setPath(item)
      .addSuccess(ItemDetails)
      .annotate(OpenApi.Summary, "One item with the history of its attempts")
  )
  .add(
    HttpApiEndpoint.post("retryItem", "/queues/:name/items/:id/retry")
      .setPath(item)
      .addSuccess(Count)
      .annotate(OpenApi.Summary, "Deliver an item at once")
      .annotate(OpenApi.Description, "A dead letter is tried anew; a deletion that is held back counts as confirmed.")
  )
  .add(
    HttpApiEndpoint.del("discardItem", "/queues/:name/items/:id")
      .setPath(item)
      .addSuccess(Count)
      .annotate(OpenApi.Summary, "Remove an item for good")
  )
  .add(
    HttpApiEndpoint.post("retryAll", "/queues/:name/retry")
      .setPath(name)
      .setUrlParams(
        Schema.Struct({
          state: Schema.optionalWith(Schema.Literal("dead", "held"), { exact: true, default: () => "dead" as const })
        })
      )
      .addSuccess(Count)
      .annotate(OpenApi.Summary, "Deliver all dead letters, or all deletions that are held back (state=held)")
  )
  .add(
    HttpApiEndpoint.post("pause", "/queues/:name/pause")
      .setPath(name)
      .addSuccess(Paused)
      .annotate(OpenApi.Summary, "Pause an out queue")
      .annotate(
        OpenApi.Description,
        "Deliveries at work are finished. Changes are accepted and wait, also over restarts, until the queue is resumed."
      )
  )
  .add(
    HttpApiEndpoint.post("resume", "/queues/:name/resume")
      .setPath(name)
      .addSuccess(Paused)
      .annotate(OpenApi.Summary, "Let an out queue that was paused go on")
  )
  .addError(NotFoundBody)
  .addError(FailedBody)
  .middleware(Authentication)
  .prefix("/v1")
  .annotate(OpenApi.Title, "Queues") {}
