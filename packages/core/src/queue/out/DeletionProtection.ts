/**
 * A protection against accidents: when the source directory loses a school, or an import goes wrong, the targets must not
 * follow at full speed. More than so many deletions at one authority within an hour wait until somebody confirms them.
 */
import { Effect } from "effect"
import type { AuthorityName } from "../../schools/SchoolAuthority.js"
import type { DeletionLimit } from "../../targets/DeletionLimit.js"
import { DeletionHeldBack } from "../../targets/DeliveryError.js"
import * as MonotonicClock from "../MonotonicClock.js"
import { QueueStore } from "../QueueStore.js"
import { persistently } from "../Supervision.js"

/** The time in which deletions are counted, in milliseconds. */
export const deletionWindow = 3_600_000

/** How many deletions an authority bears within the window that held `holding` objects at its beginning. */
export const allowedDeletions = ({ deletions, percent }: DeletionLimit, holding: number): number =>
  Math.max(deletions, Math.floor((holding * percent) / 100))

/** Asks whether an object may be deleted. Asking again for the same object is not counted again. */
export type MayDelete = (objectKey: string) => Effect.Effect<void, DeletionHeldBack>

/** Counts the deletions of one authority. Those of an earlier process are in the storage. */
export const make = (authority: AuthorityName, limit: DeletionLimit | null) =>
  Effect.gen(function* () {
    const store = yield* QueueStore
    const start = MonotonicClock.times(yield* Effect.clock)
    const stored = limit === null ? [] : yield* persistently(store.removals(authority, start.clock - deletionWindow))
    // What happened in the future happened under a clock that was wrong: nobody knows when.
    let earlier = stored
      .filter(({ at }) => at <= start.clock)
      .map(({ at, count }) => ({ count, at: MonotonicClock.fromClock(at, start) }))
    /** When each object was allowed to be deleted. */
    const allowed = new Map<string, number>()

    const mayDelete: MayDelete = (objectKey) =>
      Effect.gen(function* () {
        if (limit === null) return
        const now = yield* MonotonicClock.currentTimeMillis
        const since = now - deletionWindow
        earlier = earlier.filter(({ at }) => at >= since)
        for (const [key, at] of allowed) {
          // They were added in the order of time.
          if (at >= since) break
          allowed.delete(key)
        }
        if (allowed.has(objectKey)) return
        const deletions = earlier.reduce((sum, { count }) => sum + count, 0) + allowed.size
        if (deletions >= limit.deletions) {
          const held = (yield* persistently(store.holding(authority))) + deletions
          const most = allowedDeletions(limit, held)
          if (deletions >= most) return yield* new DeletionHeldBack({ deletions, allowed: most })
        }
        allowed.set(objectKey, now)
      })
    return mayDelete
  })
