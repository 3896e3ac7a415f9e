/** Files of an in queue that are in memory, read as `Spool` asks for them. */
import { Effect } from "effect"
import type { SpoolEntry, SpoolShape } from "./Spool.js"

export interface File {
  readonly text: string
  /** Milliseconds since 1970. */
  readonly modifiedAt: number
}

export interface Reader extends Pick<SpoolShape, "next" | "gone"> {
  /** What is read next, in that order. */
  readonly startOn: (names: ReadonlyArray<string>) => void
}

/** Of files that come and go. */
export const reader = (files: ReadonlyMap<string, File>): Reader => {
  let unread: ReadonlyArray<string> = []
  const entryOf = (name: string): SpoolEntry => {
    const file = files.get(name)
    return file === undefined
      ? { _tag: "Gone", name }
      : { _tag: "Content", file: { name, digest: file.text }, text: file.text, modifiedAt: file.modifiedAt }
  }
  return {
    startOn: (names) => {
      unread = names
    },
    next: (limit) =>
      Effect.sync(() => {
        const names = unread.slice(0, limit)
        unread = unread.slice(limit)
        return names.map(entryOf)
      }),
    gone: (names) => Effect.sync(() => names.filter((name) => !files.has(name)))
  }
}
