// @effect-diagnostics globalTimers:off
// Node's own way to let everything else run first.
/**
 * A pause that lasts no longer than what waits for it: what came from network and disk is dealt with, and requests that are
 * being answered are answered, then work goes on. With a single turn of the event loop instead, the median
 * of requests that are asked while files are accepted waits 1.3 times as long (Node.js 24.21, November 2026).
 */

import { EventLoopYield } from "@id-connector/core/queue/EventLoopYield"
import * as MonotonicClock from "@id-connector/core/queue/MonotonicClock"
import { Effect, Layer } from "effect"
import { OpenRequests } from "./OpenRequests.js"

/** In milliseconds. */
const limits = {
  /** For all requests together: however many are asked, work goes on. */
  all: 20,
  /** A request that takes longer than this waits for something else. */
  one: 50
}

/** Everything that is due now has its turn. */
const turn = Effect.async<void>((resume) => {
  const immediate = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(immediate))
})

export const layer: Layer.Layer<never, never, OpenRequests> = Layer.effect(
  EventLoopYield,
  Effect.map(OpenRequests, (requests) =>
    Effect.gen(function* () {
      const begin = yield* MonotonicClock.currentTimeMillis
      // A connection is taken in the first one, and what it asks is read in the second.
      yield* turn
      yield* turn
      const isCalled = Effect.map(
        MonotonicClock.currentTimeMillis,
        (now) => now - begin < limits.all && requests.hasAnySince(now - limits.one)
      )
      while (yield* isCalled) yield* turn
    })
  )
)
