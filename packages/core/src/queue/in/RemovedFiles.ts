/**
 * Files that were removed from the in queue and are still remembered as taken over. They may be forgotten when they are gone for
 * good: a power cut may bring back what was removed just now.
 */
import { Effect } from "effect"
import { QueueStore, type QueueStoreError } from "../QueueStore.js"
import { Spool, type SpoolError } from "./Spool.js"

/** So many at most are removed before that is made to last: it takes as long for many files as for few. */
const atMost = 10_000

export interface RemovedFiles {
  readonly add: (names: Iterable<string>) => Effect.Effect<void, SpoolError | QueueStoreError>
  /** A new file has come under the name: what is remembered of it must not be forgotten. */
  readonly cameAgain: (name: string) => void
  readonly forget: Effect.Effect<void, SpoolError | QueueStoreError>
  /** Forgets what an earlier process has removed. To be called after a look; does it once. */
  readonly forgetEarlier: Effect.Effect<void, SpoolError | QueueStoreError>
}

export const make: Effect.Effect<RemovedFiles, never, Spool | QueueStore> = Effect.gen(function* () {
  const spool = yield* Spool
  const store = yield* QueueStore
  const removed = new Set<string>()

  const addAll = (names: Iterable<string>) => {
    for (const name of names) removed.add(name)
  }

  const forget = Effect.gen(function* () {
    if (removed.size === 0) return
    yield* spool.settle
    const names = [...removed]
    removed.clear()
    yield* Effect.tapError(store.forget(names), () => Effect.sync(() => addAll(names)))
  })

  let isFirst = true
  const forgetEarlier = Effect.gen(function* () {
    if (!isFirst) return
    yield* store.forget(yield* spool.gone(yield* store.takenOverNames))
    isFirst = false
  })

  return {
    add: (names) =>
      Effect.suspend(() => {
        addAll(names)
        return removed.size >= atMost ? forget : Effect.void
      }),
    cameAgain: (name) => void removed.delete(name),
    forget,
    forgetEarlier
  }
})
