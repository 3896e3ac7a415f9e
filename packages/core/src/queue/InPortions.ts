/** Changes of very many items, some at a time: the queues go on between two portions. */
import { Effect } from "effect"
import { EventLoopYield } from "./EventLoopYield.js"

/** Items that are changed in one transaction, which takes milliseconds. */
const portion = 500

/**
 * Repeats `step`, which changes `limit` items at most and answers with their number, until there are no more, and answers with
 * their sum. What was changed must not be found by the next step.
 */
export const inPortions = <E, R>(step: (limit: number) => Effect.Effect<number, E, R>): Effect.Effect<number, E, R> =>
  Effect.gen(function* () {
    let sum = 0
    while (true) {
      const changed = yield* step(portion)
      sum += changed
      if (changed < portion) return sum
      yield* yield* EventLoopYield
    }
  })
