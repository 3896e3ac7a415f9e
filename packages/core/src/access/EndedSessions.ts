/** Log-ins that were ended before their time: somebody has logged out, and what still has their token is not let in any more. */
import { Context, type Effect, Schema } from "effect"
import * as Sentence from "../input/Sentence.js"

/** What is said when it can't be asked. */
export const endedSessionsSentences = {
  ended_sessions_failed: 'The list of ended sessions failed at "{operation}": {reason}'
} as const

const say = Sentence.saying(endedSessionsSentences)

/** It is not known, or could not be kept. */
export class EndedSessionsError extends Schema.TaggedError<EndedSessionsError>()("EndedSessionsError", {
  operation: Schema.String,
  cause: Schema.Defect
}) {
  override get message() {
    const reason = this.cause instanceof Error ? this.cause.message : String(this.cause)
    return say("ended_sessions_failed", { operation: this.operation, reason }).text
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
