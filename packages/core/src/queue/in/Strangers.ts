/** Entries of the in queue's directory that are no listener files: directories stay, old files go to the trash. */
import { Effect } from "effect"
import { Events } from "../../events/Events.js"
import * as MonotonicClock from "../MonotonicClock.js"
import type { Departures } from "./Departures.js"
import type { Look } from "./Spool.js"
import * as Watched from "./Watched.js"

/** To be called after each look. Answers with the milliseconds until one of them has to be looked at again, or null. */
export const make = Effect.fnUntraced(function* (departures: Departures) {
  const events = yield* Events
  let watched = Watched.none
  let reported: ReadonlySet<string> = new Set()

  /** What stays where it is is reported once, not at every look. */
  const reportDirectories = (names: ReadonlyArray<string>) =>
    Effect.suspend(() => {
      const before = reported
      reported = new Set(names)
      return events.publishAll(
        names
          .filter((name) => !before.has(name))
          .map((file) => ({ _tag: "FileLeft", file, reason: "it is a directory, not a listener file" }))
      )
    })

  return Effect.fnUntraced(function* ({ directories, strangers }: Look) {
    yield* reportDirectories(directories)
    const now = yield* MonotonicClock.currentTimeMillis
    watched = Watched.recent(watched, now)
    for (const { modifiedAt, name } of strangers)
      watched = Watched.see(watched, { name, version: `${modifiedAt}` }, now)
    const old = strangers.filter(({ name }) => Watched.changesUntil(watched, name, now) <= now)
    const gone = new Set(yield* departures.trash(old.map(({ name }) => name)))
    yield* events.publishAll(
      old
        .filter(({ name }) => gone.has(name))
        .map(({ name, reason }) => ({ _tag: "FileDiscarded", file: name, reasons: [reason] }))
    )
    return strangers.length > old.length ? Watched.unfinishedFor : null
  })
})
