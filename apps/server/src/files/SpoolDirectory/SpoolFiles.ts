// @effect-diagnostics nodeBuiltinImport:off
// Many small files are read four times faster with synchronous calls, and only node:fs tells links from files.
/** The files of the in queue's directory, with synchronous calls: for a thread that has nothing else to do. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { Gone, Look } from "@id-connector/core/queue/in/Spool"
import * as Bytes from "./Bytes.js"
import * as Content from "./Content.js"
import * as Listing from "./Listing.js"
import * as Removal from "./Removal.js"
import * as Unread from "./Unread.js"

/** Read this much in one call at most, in bytes, unless a single file is larger. */
const bytesAtATime = 8 * 1024 * 1024

/** What the spool asks for. Plain data: it goes from one thread to another. */
export type Request =
  | { readonly _tag: "look" }
  | { readonly _tag: "next"; readonly limit: number }
  | { readonly _tag: "gone"; readonly names: ReadonlyArray<string> }
  | { readonly _tag: "remove"; readonly names: ReadonlyArray<string> }
  | { readonly _tag: "trash"; readonly names: ReadonlyArray<string> }
  | { readonly _tag: "settle" }

/** Files that were read at once, and the bytes that their stretches are of. */
export interface Batch {
  readonly entries: ReadonlyArray<Content.Entry>
  readonly bytes: Uint8Array
}

/** What each request is answered with. */
export interface Answers {
  readonly look: Look
  readonly next: Batch
  readonly gone: ReadonlyArray<string>
  readonly remove: Gone
  readonly trash: Gone
  readonly settle: undefined
}

/** What of an answer goes to another thread without being copied. */
export const transferred = (answer: Answers[keyof Answers]): ReadonlyArray<ArrayBufferLike> =>
  typeof answer === "object" && "bytes" in answer ? [answer.bytes.buffer] : []

/**
 * Answers requests about one directory, one after the other. Throws what `node:fs` throws. Of so many names at once the order
 * is known; for the next ones it looks again.
 */
export const make = (directory: string, namesAtOnce = 100_000) => {
  const known: Known = {
    directory,
    trash: Path.join(directory, "trash"),
    unprintable: new Map(),
    versions: new Map(),
    hasTrash: false
  }
  const reader = makeReader(known, namesAtOnce)
  Removal.makeTrash(known.trash)

  return (request: Request): Answers[keyof Answers] => {
    switch (request._tag) {
      case "look":
        return reader.look()
      case "next":
        return reader.next(request.limit)
      case "gone":
        return gone(known, request.names)
      case "remove":
        return remove(known, request.names)
      case "trash":
        return trash(known, request.names)
      case "settle":
        return void settle(known)
    }
  }
}

/** A directory, and what is known of the names in it since the last look. */
interface Known {
  readonly directory: string
  readonly trash: string
  /** Names that are no text: what they are called here, and what the file system calls them. */
  readonly unprintable: Map<string, Buffer>
  /** The files as they were read, until they are removed. */
  readonly versions: Map<string, string>
  /** Whether something was moved to the trash that might come back after a power cut. */
  hasTrash: boolean
}

const textPathOf = ({ directory }: Known, name: string): string => `${directory}${Path.sep}${name}`

const pathOf = (known: Known, name: string): Fs.PathLike => known.unprintable.get(name) ?? textPathOf(known, name)

const statOf = (known: Known, name: string) => Fs.lstatSync(pathOf(known, name), { throwIfNoEntry: false })

/** Reads on from where it was, from the first name after a look. */
const makeReader = (known: Known, namesAtOnce: number) => {
  const bytes = Bytes.make()
  let unread = Unread.none
  /** Of the name that is read next. */
  let position = 0
  /** In milliseconds. */
  let lookedAt = 0

  const startOn = (found: Unread.Unread) => {
    unread = found
    position = 0
  }

  const look = (): Look => {
    const [shown, found] = lookInto(known, namesAtOnce)
    startOn(found)
    lookedAt = performance.now()
    return shown
  }

  const nextName = (): string | undefined => {
    if (position >= unread.names.length) {
      const last = Unread.looksOnAfter(unread, performance.now() - lookedAt)
      startOn(last === null ? Unread.none : namesAfter(known, last, namesAtOnce))
    }
    return unread.names[position++]
  }

  const next = (limit: number): Batch => {
    const entries: Array<Content.Entry> = []
    while (entries.length < limit && bytes.length < bytesAtATime) {
      const name = nextName()
      if (name === undefined) break
      const { entry, version } = Content.read(textPathOf(known, name), name, bytes)
      known.versions.set(name, version)
      entries.push(entry)
    }
    return { entries, bytes: bytes.take() }
  }

  return { look, next }
}

/** What a look shows, and the names that are to be read then. */
const lookInto = (known: Known, namesAtOnce: number): readonly [Look, Unread.Unread] => {
  const first = Unread.collect(namesAtOnce)
  const strangers: Array<Look["strangers"][number]> = []
  const directories: Array<string> = []
  let waiting = 0
  known.unprintable.clear()
  known.versions.clear()
  Listing.eachAfter(
    known.directory,
    "",
    (name) => {
      waiting += 1
      first.add(name)
    },
    (name, kind, text, bytes) => {
      if (kind === "Directory") {
        if (name.endsWith(".json")) directories.push(name)
        return
      }
      if (text === null) known.unprintable.set(name, Buffer.concat([Buffer.from(`${known.directory}/`), bytes]))
      const modifiedAt = statOf(known, name)?.mtimeMs
      if (modifiedAt !== undefined) strangers.push({ name, reason: Listing.strangeness(text), modifiedAt })
    }
  )
  return [{ strangers, directories: directories.sort(), waiting }, first.end()]
}

/** Those before `last` were read: they are still there, as they are removed later. */
const namesAfter = ({ directory }: Known, last: string, namesAtOnce: number): Unread.Unread => {
  const first = Unread.collect(namesAtOnce)
  Listing.eachAfter(directory, last, first.add)
  return first.end()
}

const gone = (known: Known, names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.filter((name) => statOf(known, name) === undefined)

const remove = (known: Known, names: ReadonlyArray<string>): Gone =>
  each(names, (name) => {
    const version = known.versions.get(name)
    known.versions.delete(name)
    // Somebody put another file under the same name meanwhile: that one was not taken over.
    if (version !== undefined && Content.versionOf(textPathOf(known, name)) !== version) return
    Removal.remove(pathOf(known, name))
  })

const trash = (known: Known, names: ReadonlyArray<string>): Gone =>
  each(names, (name) => {
    known.versions.delete(name)
    Removal.makeTrash(known.trash)
    known.hasTrash = true
    Removal.moveTo(known.trash, name, pathOf(known, name))
  })

/** One that fails keeps no other. */
const each = (names: ReadonlyArray<string>, leave: (name: string) => void): Gone => {
  const gone: Array<string> = []
  let problem: string | null = null
  for (const name of names) {
    try {
      leave(name)
      gone.push(name)
    } catch (cause) {
      problem ??= cause instanceof Error ? cause.message : String(cause)
    }
  }
  return { names: gone, problem }
}

const settle = (known: Known): void => {
  if (known.hasTrash) Removal.settle(known.trash)
  known.hasTrash = false
  Removal.settle(known.directory)
}
