/** Where the items of an authority go that was deleted: nothing that was accepted vanishes without a trace. */
import { Clock, Context, Effect, Layer, Schema } from "effect"
import type { AuthorityName } from "../../schools/SchoolAuthority.js"
import { inBatches } from "../InBatches.js"
import { type QueueItem, QueueStore } from "../QueueStore.js"

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

/** Moves everything that waits for an authority that is no more. What can't be moved stays in the queue, and is said. */
export const clear = (authority: AuthorityName): Effect.Effect<void, never, QueueStore | OutQueueTrash> =>
  Effect.gen(function* () {
    const store = yield* QueueStore
    const trash = yield* OutQueueTrash
    const removedAt = yield* Clock.currentTimeMillis
    const move = (state: "waiting" | "held" | "dead") => (limit: number) =>
      Effect.gen(function* () {
        const items = yield* store.list(authority, { state, limit })
        if (items.length === 0) return 0
        yield* trash.keep(authority, removedAt, items)
        yield* store.discard(authority, { _tag: "Ids", ids: items.map(({ id }) => id) })
        return items.length
      })
    const moved = yield* Effect.reduce(["waiting", "held", "dead"] as const, 0, (sum, state) =>
      Effect.map(inBatches(move(state)), (count) => sum + count)
    )
    if (moved > 0) {
      yield* Effect.logWarning("Moved the items of a deleted school authority to the trash.", {
        authority,
        items: moved
      })
    }
  }).pipe(
    Effect.catchAll(({ message }) =>
      Effect.logError("Could not move the items of a deleted school authority to the trash. They stay in the queue.", {
        authority,
        reason: message
      })
    )
  )
