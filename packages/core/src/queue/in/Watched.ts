/**
 * Whether files are still being written, seen by watching them: pure. Their time stamps don't say it: clocks are set, and files are
 * copied with the time stamps they had elsewhere, which may be in the future.
 */

/** A file that has not changed for so long is finished, in milliseconds. */
export const unfinishedFor = 5_000

/** What is not looked at any more is forgotten after this, in milliseconds. */
const keptFor = 60_000

interface Seen {
  readonly version: string
  /** Monotonic, in milliseconds. */
  readonly since: number
}

/** By name. */
export type Watched = ReadonlyMap<string, Seen>

export const none: Watched = new Map()

/** `version` changes with each write. */
export const see = (
  watched: Watched,
  { name, version }: { readonly name: string; readonly version: string },
  now: number
) => (watched.get(name)?.version === version ? watched : new Map(watched).set(name, { version, since: now }))

/** When the file will be finished, if it does not change until then. */
export const changesUntil = (watched: Watched, name: string, now: number): number =>
  (watched.get(name)?.since ?? now) + unfinishedFor

export const recent = (watched: Watched, now: number): Watched =>
  watched.size === 0 ? watched : new Map([...watched].filter(([, { since }]) => now - since < keptFor))
