/**
 * Time that only passes: nothing that somebody does to the clock of the machine changes it. For whatever waits; what is
 * stored, or shown to people, has the time of the clock.
 */
import { type Clock, Effect } from "effect"

/** Milliseconds since some moment. */
export const millis = (clock: Clock.Clock): number => Number(clock.unsafeCurrentTimeNanos() / 1_000_000n)

export const currentTimeMillis: Effect.Effect<number> = Effect.clockWith((clock) => Effect.sync(() => millis(clock)))

/** Two times of the same moment. */
export interface Times {
  readonly clock: number
  readonly monotonic: number
}

export const times = (clock: Clock.Clock): Times => ({
  clock: clock.unsafeCurrentTimeMillis(),
  monotonic: millis(clock)
})

/** A moment of the monotonic clock, as the clock of the machine has it by now. */
export const toClock = (at: number, now: Times): number => Math.round(at - now.monotonic + now.clock)

/** A moment of the machine's clock, as the monotonic one has it. */
export const fromClock = (at: number, now: Times): number => at - now.clock + now.monotonic
