/**
 * What long work does between two batches, so that timers, signals and requests get their turn. The default is a timer that
 * is due at once, which takes a millisecond; where a platform knows something quicker, it gives that.
 */
import { Context, Effect } from "effect"

export class EventLoopYield extends Context.Reference<EventLoopYield>()("@id-connector/core/queue/EventLoopYield", {
  defaultValue: (): Effect.Effect<void> => Effect.sleep(0)
}) {}
