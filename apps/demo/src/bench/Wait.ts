/** Waiting for what is seen from outside only by looking again and again. */
import { Duration, Effect, Schedule, Schema } from "effect"

/** Something did not happen: the connector has failed, or hangs. */
export class TooLong extends Schema.TaggedError<TooLong>()("TooLong", {
  what: Schema.String,
  limit: Schema.DurationFromSelf
}) {
  override get message() {
    return `Within ${Duration.format(this.limit)} it did not happen that ${this.what}. Look at what the connector wrote above.`
  }
}

/** The longest of what is waited for takes twenty seconds on a slow machine. */
const limit = Duration.minutes(3)

/** Until it is so, asked every few milliseconds. */
export const until = <E>(
  what: string,
  isDone: Effect.Effect<boolean, E>,
  every: Duration.DurationInput = 10
): Effect.Effect<void, E | TooLong> =>
  Effect.repeat(
    isDone,
    Schedule.untilInput(Schedule.spaced(every), (isSo: boolean) => isSo)
  ).pipe(Effect.timeoutFail({ duration: limit, onTimeout: () => new TooLong({ what, limit }) }), Effect.asVoid)
