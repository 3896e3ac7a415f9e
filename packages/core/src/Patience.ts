/** While storage, directory or disk do not answer, the queues wait and ask again: they never go on without them. */
import { type Cause, Effect, Schedule } from "effect"

const patience = Schedule.exponential("200 millis").pipe(Schedule.union(Schedule.spaced("30 seconds")))

/** Repeats until it succeeds, each failure in the log: 200 ms, doubling, at most 30 s between two tries. */
export const persistently = <A, E extends { readonly message: string }, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, never, R> =>
  effect.pipe(
    Effect.tapError((error) =>
      Effect.annotateLogs(Effect.logError("Something the queues need fails. It is tried again."), {
        reason: error.message
      })
    ),
    Effect.retry(patience),
    // The schedule has no end, so no failure gets here; the types can't tell.
    Effect.orDie
  )

/** Keeps a loop that should never end alive: a defect in it is logged whole, and the loop begins anew. */
export const supervised = <E, R>(loop: Effect.Effect<never, E, R>): Effect.Effect<never, never, R> =>
  loop.pipe(
    Effect.sandbox,
    Effect.tapError((cause: Cause.Cause<E>) =>
      Effect.logError("A queue ended in a way that nobody foresaw: this is a bug. It starts again.", cause)
    ),
    Effect.retry(patience),
    Effect.orDie
  )
