/** What a file of the in queue turns out to be: pure. */
import { Either } from "effect"
import * as ListenerObject from "../../changes/ListenerObject.js"
import type { SourceFile } from "../QueueStore.js"
import type { SpoolEntry } from "./Spool.js"

/** A file that looks unfinished is left alone until it is this old, in milliseconds. */
export const unfinishedFor = 5_000

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
  /** Perhaps still being written: look again in so many milliseconds. */
  | { readonly _tag: "Unfinished"; readonly again: number }
  | { readonly _tag: "Gone" }

/** `now` in milliseconds since 1970. */
export const read = (entry: SpoolEntry, now: number): Reading => {
  if (entry._tag === "Gone") return entry
  const again = entry.modifiedAt + unfinishedFor - now
  const bad = (isUnfinished: boolean, name: string, reasons: ReadonlyArray<string>): Reading =>
    isUnfinished && again > 0 ? { _tag: "Unfinished", again } : { _tag: "Bad", name, reasons }
  if (entry._tag === "Unusable") return bad(entry.unfinished, entry.name, [entry.reason])
  const { file, text } = entry
  return Either.match(ListenerObject.decodeText(text), {
    onLeft: ({ breaksOff, reasons }) => bad(breaksOff, file.name, reasons),
    onRight: (object): Reading => ({ _tag: "Good", file, object, text })
  })
}

export interface Readings {
  readonly good: ReadonlyArray<Good>
  readonly bad: ReadonlyArray<Bad>
  /**
   * The file after these is perhaps still being written: look again in so many milliseconds. The files after it wait, too,
   * since they may be about the same object. Null: there is no such file.
   */
  readonly wait: number | null
}

/** Of entries in the order of their names. */
export const readAll = (entries: ReadonlyArray<SpoolEntry>, now: number): Readings => {
  const good: Array<Good> = []
  const bad: Array<Bad> = []
  for (const entry of entries) {
    const reading = read(entry, now)
    if (reading._tag === "Unfinished") return { good, bad, wait: reading.again }
    if (reading._tag === "Good") good.push(reading)
    if (reading._tag === "Bad") bad.push(reading)
  }
  return { good, bad, wait: null }
}
