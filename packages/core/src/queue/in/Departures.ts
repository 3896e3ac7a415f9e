/** Files leave the in queue, removed or into the trash. What can't leave stays, holds up nothing, and is said once. */
import { Effect } from "effect"
import { type Gone, Spool, type SpoolError } from "./Spool.js"

/** Answers with the names of those that left. The others are tried again at the next look, which finds them. */
type Depart = (names: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<string>, SpoolError>

export interface Departures {
  readonly remove: Depart
  readonly trash: Depart
}

export const make: Effect.Effect<Departures, never, Spool> = Effect.map(Spool, (spool) => ({
  remove: reporting(
    spool.remove,
    "Cannot remove accepted files from the in queue: they stay there, but are not delivered again. Make its directory writable."
  ),
  trash: reporting(
    spool.trash,
    "Cannot move files to the in queue's trash: they stay in the in queue. Make its directory `trash` writable, or free space."
  )
}))

/** Once, until it works again. */
const reporting = (leave: (names: ReadonlyArray<string>) => Effect.Effect<Gone, SpoolError>, what: string): Depart => {
  let isReported = false
  return (names) =>
    names.length === 0
      ? Effect.succeed([])
      : Effect.flatMap(leave(names), (gone) => {
          const isNews = gone.problem !== null && !isReported
          isReported = gone.problem !== null
          return Effect.as(
            isNews ? Effect.annotateLogs(Effect.logError(what), { reason: gone.problem }) : Effect.void,
            gone.names
          )
        })
}
