// @effect-diagnostics nodeBuiltinImport:off
// Only Node knows how much processor time it has taken.
/** How long something takes, on the wall and at work. */
import process from "node:process"
import { Effect } from "effect"

/** In milliseconds. */
export interface Elapsed {
  readonly millis: number
  /**
   * Processor time of all threads of the one that is measured. What else the machine has to do hardly changes it, while time on
   * the wall may double: threads wait for a processor, and for each other.
   */
  readonly processor: number
}

/** What an effect takes, by a reading of processor time in milliseconds. */
export const timedBy =
  (processorMillis: Effect.Effect<number>) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<readonly [elapsed: Elapsed, answer: A], E, R> =>
    Effect.gen(function* () {
      const processor = yield* processorMillis
      const start = performance.now()
      const answer = yield* work
      const millis = performance.now() - start
      return [{ millis, processor: (yield* processorMillis) - processor }, answer] as const
    })

/** What an effect takes in this process. */
export const timed = timedBy(
  Effect.sync(() => {
    const { system, user } = process.cpuUsage()
    return (system + user) / 1000
  })
)
