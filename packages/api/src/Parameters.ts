/** What stands in paths and queries. */
import { ItemId } from "@id-connector/core/queue/QueueStore"
import { Schema } from "effect"

const Name = Schema.String.annotations({
  description: "The name of a school authority.",
  examples: ["Traeger1"]
})

export const authority = Schema.Struct({ name: Name })

export const queue = Schema.Struct({
  name: Name.annotations({
    description: "The name of a queue: that of its school authority, or InQueue.",
    examples: ["Traeger1"]
  })
})

const Id = Schema.NumberFromString.annotations({ message: () => "a number is expected" }).pipe(Schema.compose(ItemId))
const ids = { description: "The id of an item, as it stands in the list of items.", examples: ["4711"] } as const

/** An id in a path or a query. */
export const itemId = Schema.compose(Schema.String.annotations(ids), Id)

export const item = Schema.Struct({ ...queue.fields, id: itemId })
