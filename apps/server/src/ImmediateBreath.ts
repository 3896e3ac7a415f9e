// @effect-diagnostics globalTimers:off
// Node's own way to let everything else run first.
/** A pause that lasts no longer than what waits for it: what came from network and disk is dealt with, then work goes on. */
import { Breath } from "@id-connector/core/Breath"
import { Effect, Layer } from "effect"

export const layer = Layer.succeed(
  Breath,
  Effect.async<void>((resume) => {
    const immediate = setImmediate(() => resume(Effect.void))
    return Effect.sync(() => clearImmediate(immediate))
  })
)
