/** What a file of the in queue turns out to be: pure. */
import { Either } from "effect"
import * as ListenerObject from "../../changes/ListenerObject.js"
import type { SourceFile } from "../QueueStore.js"
import * as Reasons from "../Reasons.js"
import type { SpoolEntry } from "./Spool.js"
import * as Watched from "./Watched.js"

/** A listener file. */
export interface Good {
  readonly _tag: "Good"
  readonly file: SourceFile
  readonly object: ListenerObject.ListenerObject
  /** What the object was decoded from. */
  readonly text: string
}

/** None, and why. */
export interface Bad {
  readonly _tag: "Bad"
  readonly name: string
  readonly reasons: ReadonlyArray<string>
}

export type Reading =
  | Good
  | Bad
  /** Perhaps still being written. `version` changes with each write. */
  | {
      readonly _tag: "Unfinished"
      readonly name: string
      readonly version: string
      readonly reasons: ReadonlyArray<string>
    }
  | Exclude<SpoolEntry, { readonly _tag: "Content" | "Unusable" }>

export const read = (entry: SpoolEntry): Reading => {
  if (entry._tag === "Gone" || entry._tag === "Failed") return entry
  const bad = (isUnfinished: boolean, name: string, version: string, reasons: ReadonlyArray<string>): Reading =>
    isUnfinished ? { _tag: "Unfinished", name, version, reasons } : { _tag: "Bad", name, reasons }
  if (entry._tag === "Unusable") return bad(entry.unfinished, entry.name, `${entry.modifiedAt}`, [entry.reason])
  const { file, modifiedAt, text } = entry
  return Either.match(ListenerObject.decodeText(text), {
    onLeft: ({ breaksOff, reasons }) => bad(breaksOff, file.name, `${modifiedAt} ${file.digest}`, reasons),
    onRight: (object): Reading => ({ _tag: "Good", file, object, text })
  })
}

/** A file that holds up those after it, since they may be about the same object. */
export interface Held {
  readonly name: string
  readonly reason: string
  /** Look again in so many milliseconds. */
  readonly again: number
}

export interface Readings {
  readonly good: ReadonlyArray<Good>
  readonly bad: ReadonlyArray<Bad>
  /** The file after these, which is to be looked at again. Null: there is no such file. */
  readonly held: Held | null
  /** What is known of unfinished files from now on. */
  readonly watched: Watched.Watched
}

/** A file at which the machine failed is tried again after so many milliseconds. */
export const failedAgain = 2_000

/** Of entries in the order of their names. `now`: monotonic, in milliseconds. */
export const readAll = (entries: ReadonlyArray<SpoolEntry>, before: Watched.Watched, now: number): Readings => {
  const good: Array<Good> = []
  const bad: Array<Bad> = []
  let watched = Watched.recent(before, now)
  let held: Held | null = null
  for (const entry of entries) {
    const reading = read(entry)
    if (reading._tag === "Unfinished") {
      // Those behind the first one are watched, too: they need not be waited for one after the other.
      watched = Watched.see(watched, reading, now)
      const again = Watched.changesUntil(watched, reading.name, now) - now
      if (held !== null) continue
      if (again > 0)
        held = {
          name: reading.name,
          reason: Reasons.say("file_breaks_off", { reasons: reading.reasons.join("; ") }).text,
          again
        }
      else bad.push({ _tag: "Bad", name: reading.name, reasons: reading.reasons })
    }
    if (held !== null) continue
    if (reading._tag === "Failed") held = { name: reading.name, reason: reading.reason, again: failedAgain }
    if (reading._tag === "Good") good.push(reading)
    if (reading._tag === "Bad") bad.push(reading)
  }
  return { good, bad, held, watched }
}
