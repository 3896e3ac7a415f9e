/** While storage, directory or disk do not answer, the queues wait and ask again: they never go on without them. */
import { type Cause, Effect, Schedule } from "effect"

const backOff = Schedule.exponential("200 millis").pipe(Schedule.union(Schedule.spaced("30 seconds")))

/** Milliseconds before the next of several tries. */
const delay = (failures: number): number => Math.min(30_000, 200 * 2 ** Math.min(failures, 20))

/**
 * Repeats until it succeeds, each failure in the log: 200 ms, doubling, at most 30 s between two tries. The time between can
 * be interrupted, also where a try can't.
 */
export const persistently = <A, E extends { readonly message: string }, R>(
  effect: Effect.Effect<A, E, R>,
  failures = 0
): Effect.Effect<A, never, R> =>
  Effect.catchAll(effect, (error) =>
    Effect.annotateLogs(Effect.logError("Something that the queues depend on failed. Will retry."), {
      reason: error.message
    }).pipe(
      Effect.zipRight(Effect.interruptible(Effect.sleep(delay(failures)))),
      Effect.zipRight(persistently(effect, failures + 1))
    )
  )

/** Keeps a loop that should never end alive: a defect in it is logged whole, and the loop begins anew. */
export const supervised = <E, R>(loop: Effect.Effect<never, E, R>): Effect.Effect<never, never, R> =>
  loop.pipe(
    Effect.sandbox,
    Effect.tapError((cause: Cause.Cause<E>) =>
      Effect.logError("A queue stopped unexpectedly and is being restarted. This is a bug.", cause)
    ),
    Effect.retry(backOff),
    Effect.orDie
  )
