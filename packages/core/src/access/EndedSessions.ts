/** Log-ins that were ended before their time: somebody has logged out, and what still has their token is not let in any more. */
import { Context, type Effect, Schema } from "effect"

/** It is not known, or could not be kept. */
export class EndedSessionsError extends Schema.TaggedError<EndedSessionsError>()("EndedSessionsError", {
  operation: Schema.String,
  cause: Schema.Defect
}) {
  override get message() {
    return `The list of ended sessions failed at "${this.operation}": ${this.cause instanceof Error ? this.cause.message : String(this.cause)}`
  }
}

export interface EndedSessionsShape {
  /** Ends one, over restarts, too. It is on the list until that time (milliseconds since 1970), when its token is not good any more. */
  readonly end: (id: string, until: number) => Effect.Effect<void, EndedSessionsError>
  readonly has: (id: string) => Effect.Effect<boolean, EndedSessionsError>
}

export class EndedSessions extends Context.Tag("@id-connector/core/access/EndedSessions")<
  EndedSessions,
  EndedSessionsShape
>() {}
