/**
 * What work waits for that keeps everybody waiting and can wait itself: that what is ready has gone on, like the answers of
 * targets that have come. The default does not wait; a platform that knows what is ready gives something else.
 */
import { Context, Effect } from "effect"

export class Turn extends Context.Reference<Turn>()("@id-connector/core/queue/Turn", {
  defaultValue: (): Effect.Effect<void> => Effect.void
}) {}
