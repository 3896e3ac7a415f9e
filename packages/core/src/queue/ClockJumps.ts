/** A clock that is set must not make anything wait: times that are stored follow it. */
import { Effect, Schedule } from "effect"
import type { AuthorityName } from "../schools/SchoolAuthority.js"
import * as MonotonicClock from "./MonotonicClock.js"
import { QueueNotifier } from "./QueueNotifier.js"
import { QueueStore } from "./QueueStore.js"
import { persistently } from "./Supervision.js"

/** Nothing is made to wait longer, in milliseconds: a day is the longest back-off, and an hour what a target may ask for. */
const longestWait = 25 * 3_600_000

/** What a clock is corrected by in small steps is no jump, in milliseconds. */
const smallest = 2_000

const lookEvery = "1 minute"

/** By how much the clock was set between two moments, in milliseconds; 0: it was not. */
export const jump = (before: MonotonicClock.Times, now: MonotonicClock.Times): number => {
  const by = now.clock - before.clock - (now.monotonic - before.monotonic)
  return Math.abs(by) < smallest ? 0 : Math.round(by)
}

/** Corrects what is stored, then watches the clock as long as the scope lives. `authorities`: those to be told. */
export const watch = Effect.fnUntraced(function* (authorities: Effect.Effect<ReadonlyArray<AuthorityName>>) {
  const store = yield* QueueStore
  const notifier = yield* QueueNotifier
  const clock = yield* Effect.clock
  let seen = MonotonicClock.times(clock)

  const correct = (by: number) =>
    Effect.gen(function* () {
      const items = yield* persistently(store.shiftDue(by, clock.unsafeCurrentTimeMillis() + longestWait))
      if (by === 0 && items === 0) return
      yield* Effect.logWarning(
        by === 0
          ? "Items were put off for longer than is ever intended: the clock was wrong at that time. They now wait about a day at most."
          : "The clock of this machine was changed. Waiting items were adjusted: they wait no longer and no shorter than before.",
        { seconds: Math.round(by / 1000), items }
      )
      yield* notifier.notify(yield* authorities)
    })

  yield* correct(0)
  yield* Effect.suspend(() => {
    const now = MonotonicClock.times(clock)
    const by = jump(seen, now)
    seen = now
    return by === 0 ? Effect.void : correct(by)
  }).pipe(Effect.repeat(Schedule.spaced(lookEvery)), Effect.annotateLogs({ module: "OutQueue" }), Effect.forkScoped)
})
