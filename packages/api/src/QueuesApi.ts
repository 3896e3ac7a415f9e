/** The queues and their items. */
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "@effect/platform"
import { statesGivenUp } from "@id-connector/core/queue/QueueStore"
import { Schema } from "effect"
import { ConflictBody, FailedBody, NotFoundBody, UnacceptableBody } from "./ApiError.js"
import { Authentication } from "./Authentication.js"
import * as GroupsApi from "./GroupsApi.js"
import { Item, ItemDetails, State } from "./Items.js"
import * as JobsApi from "./JobsApi.js"
import * as Parameters from "./Parameters.js"
import { Reason } from "./Reason.js"

export { Item, ItemDetails } from "./Items.js"

export const Queue = Schema.Struct({
  name: Schema.String.annotations({ description: "InQueue, or the name of a school authority." }),
  head: Schema.String.annotations({
    description: 'The listener file at work, else that of the oldest item that waits, or "".'
  }),
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
  held_up_reason: Schema.optionalWith(Reason.annotations({ description: "held_up for programs." }), { exact: true }),
  held_back_reason: Schema.optionalWith(Reason.annotations({ description: "held_back for programs." }), {
    exact: true
  }),
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

const Count = Schema.Struct({ items: Schema.Int }).annotations({ identifier: "Count", examples: [{ items: 3 }] })

const StateGivenUp = Schema.Literal(...statesGivenUp).annotations({ description: "Which items." })

/** What is to be retried or discarded: everything that fits. */
const Matching = Schema.Struct({
  state: Schema.optionalWith(StateGivenUp, { exact: true }),
  group: Schema.optionalWith(
    Schema.String.annotations({ description: "Only those with this cause, as the groups have it." }),
    { exact: true }
  ),
  object: Schema.optionalWith(
    Schema.String.annotations({ description: "Only those of this user or group, as in the list of items." }),
    { exact: true }
  ),
  expected: Schema.optionalWith(
    Schema.Int.pipe(Schema.nonNegative()).annotations({
      description: "How many somebody has seen. When more fit by now, nothing is done (409)."
    }),
    { exact: true }
  )
}).annotations({
  identifier: "Matching",
  examples: [
    { state: "dead", group: "The object can't be delivered: ucsschoolRecordUID: the user has none.", expected: 312 }
  ]
})

/** No body: what the query says. */
const Meant = Schema.NullOr(Matching)

const Paused = Schema.Struct({ paused: Schema.Boolean }).annotations({
  identifier: "Paused",
  examples: [{ paused: true }]
})

/** How many items a page has at most. */
const largestPage = 1_000

const Filter = Schema.Struct({
  state: Schema.optionalWith(State, { exact: true }),
  object: Schema.optionalWith(
    Schema.String.annotations({
      description: "A user or group name, also as items show it (user anna), or an entryUUID.",
      examples: ["anna"]
    }),
    { exact: true }
  ),
  group: Schema.optionalWith(
    Schema.String.annotations({ description: "Only dead and held ones with this cause, as the groups have it." }),
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
    HttpApiEndpoint.get("groups", "/queues/:name/groups")
      .setPath(Parameters.queue)
      .setUrlParams(GroupsApi.Params)
      .addSuccess(Schema.Array(GroupsApi.Group))
      .annotate(OpenApi.Summary, "Dead letters, or deletions that are held back, by their cause")
      .annotate(
        OpenApi.Description,
        "Those with the most items first. A cause is the text of an error without names, numbers, UUIDs and quoted values; retry and discard take it as group."
      )
  )
  .add(
    HttpApiEndpoint.get("allGroups", "/groups")
      .setUrlParams(GroupsApi.Params)
      .addSuccess(Schema.Array(GroupsApi.GroupOfAll))
      .annotate(OpenApi.Summary, "The same of all school authorities together")
      .annotate(OpenApi.Description, "With how many each of them has.")
  )
  .add(
    HttpApiEndpoint.get("job", "/jobs/:id")
      .setPath(Schema.Struct({ id: Schema.String.annotations({ description: "As retry or discard has answered." }) }))
      .addSuccess(JobsApi.Job)
      .annotate(OpenApi.Summary, "How far something is that takes longer")
      .annotate(OpenApi.Description, "The last hundred are remembered, until the connector is started anew.")
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
          state: Schema.optionalWith(StateGivenUp, {
            exact: true,
            default: () => "dead" as const
          })
        })
      )
      .setPayload(Meant)
      // Before the other: what fits both is a job.
      .addSuccess(JobsApi.Job, { status: 202 })
      .addSuccess(Count)
      .addError(ConflictBody)
      .annotate(OpenApi.Summary, "Deliver all dead letters, or confirm all deletions")
      .annotate(
        OpenApi.Description,
        "All dead letters, as if never tried; with state=held all deletions that are held back, which counts as confirming them. A body says more exactly which ones; when more than 10,000 fit it, the answer is 202 with a job. Without a body the answer comes when all is done."
      )
  )
  .add(
    HttpApiEndpoint.post("discardAll", "/queues/:name/discard")
      .setPath(Parameters.queue)
      .setUrlParams(Schema.Struct({ state: Schema.optionalWith(StateGivenUp, { exact: true }) }))
      .setPayload(Meant)
      // Before the other: what fits both is a job.
      .addSuccess(JobsApi.Job, { status: 202 })
      .addSuccess(Count)
      .addError(ConflictBody)
      .addError(UnacceptableBody)
      .annotate(OpenApi.Summary, "Remove all dead letters, or all deletions that are held back, for good")
      .annotate(
        OpenApi.Description,
        "With state=held none of these objects is deleted at the target; with state=dead the changes are not delivered. state is said in the query or the body. A body says more exactly which ones; when more than 10,000 fit it, the answer is 202 with a job. Without a body the answer comes when all is done."
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
