/** Where the items of an authority go that was deleted: nothing that was accepted vanishes without a trace. */
import { Context, Effect, Layer, Schema } from "effect"
import type { AuthorityName } from "../../schools/SchoolAuthority.js"
import type { QueueItem } from "../QueueStore.js"

/** They could not be kept (disk full, rights). They stay in the queue. */
export class TrashError extends Schema.TaggedError<TrashError>()("TrashError", { detail: Schema.String }) {
  override get message() {
    return `The items of a deleted school authority could not be moved to the trash: ${this.detail}`
  }
}

export interface OutQueueTrashShape {
  /** Keeps items. `removedAt` (milliseconds since 1970) is the same for all items of one deletion. */
  readonly keep: (
    authority: AuthorityName,
    removedAt: number,
    items: ReadonlyArray<QueueItem>
  ) => Effect.Effect<void, TrashError>
}

export class OutQueueTrash extends Context.Tag("@id-connector/core/queue/out/OutQueueTrash")<
  OutQueueTrash,
  OutQueueTrashShape
>() {}

/** Keeps nothing. */
export const none: Layer.Layer<OutQueueTrash> = Layer.succeed(OutQueueTrash, { keep: () => Effect.void })
