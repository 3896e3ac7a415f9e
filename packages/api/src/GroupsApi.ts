/** What is dead or held back, by its cause. */
import { statesGivenUp } from "@id-connector/core/queue/QueueStore"
import { Schema } from "effect"
import { anItem, Item } from "./Items.js"

const Cause = Schema.String.annotations({
  description: "The text of the errors without names, numbers, UUIDs and quoted values, for which … stands."
})

const fields = {
  cause: Cause,
  items: Schema.Int,
  first: Schema.String.annotations({ description: "When the first of them was given up, or held back." }),
  last: Schema.String,
  sample: Schema.NullOr(Item).annotations({ description: "The oldest of them; null: it is gone by now." })
}

const aGroup = {
  cause: "The target refuses the object: ...",
  items: 312,
  first: "2026-02-03T04:05:06.789Z",
  last: "2026-02-03T05:05:06.789Z",
  sample: anItem
} as const

export const Group = Schema.Struct(fields).annotations({ identifier: "Group", examples: [aGroup] })

export const GroupOfAll = Schema.Struct({
  ...fields,
  school_authorities: Schema.Array(Schema.Struct({ name: Schema.String, items: Schema.Int })).annotations({
    description: "Who has how many of them, the most first. sample is of the first."
  })
}).annotations({
  identifier: "GroupOfAll",
  examples: [{ ...aGroup, school_authorities: [{ name: "Traeger1", items: 312 }] }]
})

/** How many causes are told at most. */
const mostGroups = 1_000

export const Params = Schema.Struct({
  state: Schema.optionalWith(Schema.Literal(...statesGivenUp).annotations({ description: "dead or held" }), {
    exact: true,
    default: () => "dead" as const
  }),
  limit: Schema.optionalWith(
    Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, mostGroups)).annotations({
      description: "How many causes at most."
    }),
    { exact: true, default: () => 100 }
  )
})
