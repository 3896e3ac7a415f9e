/**
 * What is left of school authorities that were deleted: their items go to the trash, the rest is forgotten. Bit by bit, so that
 * nobody is held up, and for as long as it takes: what the end of the process interrupts goes on at the next start.
 */
import { Duration, Effect, Queue, Schedule, type Scope } from "effect"
import { inBatches } from "../InBatches.js"
import { type DeletedAuthority, QueueStore } from "../QueueStore.js"
import { OutQueueTrash } from "./OutQueueTrash.js"

/** What could not be moved now (disk full, an item at work) is tried again so much later. */
const again = "10 seconds"

export interface DeletedAuthorities {
  /** There is another one. */
  readonly notify: Effect.Effect<void>
}

/** Works on them as long as the scope lives. */
export const make: Effect.Effect<DeletedAuthorities, never, QueueStore | OutQueueTrash | Scope.Scope> = Effect.gen(
  function* () {
    const store = yield* QueueStore
    const signs = yield* Queue.sliding<void>(1)
    yield* Effect.forever(
      Effect.gen(function* () {
        yield* Effect.forEach(yield* store.deleted, clear, { discard: true })
        const left = yield* store.deleted
        yield* left.length === 0 ? Queue.take(signs) : Effect.timeoutOption(Queue.take(signs), Duration.decode(again))
      })
    ).pipe(
      // A defect is no reason to leave the rest lying for ever.
      Effect.sandbox,
      Effect.tapError((cause) =>
        Effect.logError("Could not clear up after a deleted school authority. Will retry.", cause)
      ),
      Effect.retry(Schedule.spaced(again)),
      Effect.orDie,
      Effect.annotateLogs({ module: "Config" }),
      Effect.forkScoped
    )
    return { notify: Effect.asVoid(Queue.offer(signs, undefined)) }
  }
)

/** What can't be moved stays in the queue, and is said. */
const clear = ({ at, authority, id }: DeletedAuthority) =>
  Effect.gen(function* () {
    const store = yield* QueueStore
    const trash = yield* OutQueueTrash
    const move = (state: "waiting" | "held" | "dead") => (limit: number) =>
      Effect.gen(function* () {
        const items = yield* store.list(id, { state, limit })
        if (items.length === 0) return 0
        yield* trash.keep(authority, at, items)
        yield* store.discard(id, { _tag: "Ids", ids: items.map((item) => item.id) })
        return items.length
      })
    const moved = yield* Effect.reduce(["waiting", "held", "dead"] as const, 0, (sum, state) =>
      Effect.map(inBatches(move(state)), (count) => sum + count)
    )
    yield* inBatches((limit) => store.clearDeleted(id, limit))
    if (moved > 0) {
      yield* Effect.logWarning("Moved the items of a deleted school authority to the trash.", {
        authority,
        items: moved
      })
    }
  }).pipe(
    Effect.catchAll(({ message }) =>
      Effect.logError(
        "Could not move the items of a deleted school authority to the trash. They stay in the queue. Will retry.",
        { authority, reason: message }
      )
    )
  )
