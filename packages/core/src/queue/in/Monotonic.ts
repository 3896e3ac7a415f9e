/** Time that nobody can set. */
import { Clock, Effect } from "effect"

/** Milliseconds since some time or other. */
export const millis: Effect.Effect<number> = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos / 1_000_000n))
