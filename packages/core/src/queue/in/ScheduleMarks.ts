/**
 * Objects that somebody has scheduled by hand. A trigger file makes the host's listener write an ordinary listener file, which
 * does not say so: a mark that is made before the trigger file does, until the next file of the object is stored. The default
 * knows none.
 */
import { Context, Effect } from "effect"
import type { SpoolError } from "./Spool.js"

export interface ScheduleMarksShape {
  /** Marks an object by its entryUUID. When it returns, the mark outlives the process. */
  readonly add: (entryUuid: string) => Effect.Effect<void, SpoolError>
  /** The names of the marks of each object, by entryUUID in lower case. */
  readonly all: Effect.Effect<ReadonlyMap<string, ReadonlyArray<string>>, SpoolError>
  /** Removes marks by their names. One that was made meanwhile, for the same object, stays. */
  readonly remove: (names: ReadonlyArray<string>) => Effect.Effect<void, SpoolError>
}

export class ScheduleMarks extends Context.Reference<ScheduleMarks>()("@id-connector/core/queue/in/ScheduleMarks", {
  defaultValue: (): ScheduleMarksShape => ({
    add: () => Effect.void,
    all: Effect.succeed(new Map()),
    remove: () => Effect.void
  })
}) {}
