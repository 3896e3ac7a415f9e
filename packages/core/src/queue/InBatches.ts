/** Changes of very many items, some at a time: the queues go on between two batches. */
import { Effect } from "effect"
import { EventLoopYield } from "./EventLoopYield.js"

/** Items that are changed in one transaction, which takes milliseconds. */
const batch = 500

/**
 * Repeats `step`, which changes `limit` items at most and answers with their number, until there are no more, and answers with
 * their sum. What was changed must not be found by the next step.
 */
export const inBatches = <E, R>(step: (limit: number) => Effect.Effect<number, E, R>): Effect.Effect<number, E, R> =>
  Effect.gen(function* () {
    let sum = 0
    while (true) {
      const changed = yield* step(batch)
      sum += changed
      if (changed < batch) return sum
      yield* yield* EventLoopYield
    }
  })
