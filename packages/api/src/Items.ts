/** Items of out queues, as the API shows them. */
import { ItemId, itemStates } from "@id-connector/core/queue/QueueStore"
import { say } from "@id-connector/core/queue/Reasons"
import { Evidence } from "@id-connector/core/targets/DeliveryError"
import { Schema } from "effect"
import { Reason, reasonFields } from "./Reason.js"

export const State = Schema.Literal(...itemStates).annotations({
  description: "waiting, in_flight, held (a deletion to be confirmed), dead (a dead letter)"
})

const said = say("target_refused", {
  detail: "422 mailPrimaryAddress: domain not hosted",
  method: "PATCH",
  path: "/ucsschool/kelvin/v1/users/anna",
  status: 422
})

export const anItem = {
  id: ItemId.make(4711),
  object: "user anna",
  object_key: "user:0b8a5c5e-0000-4000-8000-000000000001",
  change: "changed",
  file: "2026-02-03-04-05-06-789012.json",
  state: "dead",
  attempts: 1,
  available_at: null,
  last_error: said.text,
  last_error_reason: said,
  waits_for: [],
  waits_for_reasons: []
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
  last_error_reason: Schema.NullOr(Reason).annotations({ description: "The same, for programs." }),
  waits_for: Schema.Array(Schema.String).annotations({
    description:
      "Other items that have to be delivered, confirmed or discarded before this one, and why. The first ten."
  }),
  waits_for_reasons: Schema.Array(Reason).annotations({ description: "The same, for programs." })
}).annotations({ identifier: "Item", examples: [anItem] })

export const Attempt = Schema.Struct({
  at: Schema.String,
  error: Schema.String,
  ...reasonFields,
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
          error: said.text,
          code: said.code,
          values: said.values,
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
