// @effect-diagnostics nodeBuiltinImport:off
// Many small files are read four times faster with synchronous calls, and only node:fs tells links from files.
/** The files of the in queue's directory, with synchronous calls: for a thread that has nothing else to do. */
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { Look } from "@id-connector/core/queue/in/Spool"
import * as Bytes from "./Bytes.js"
import * as Content from "./Content.js"

/** Read this much in one call at most, in bytes, unless a single file is larger. */
const bytesAtATime = 8 * 1024 * 1024

/** So long after a look it is looked on for later names, in milliseconds: who moves many files in is not done when a look is. */
const looksOnFor = 500

/** What the spool asks for. Plain data: it goes from one thread to another. */
export type Request =
  | { readonly _tag: "look" }
  | { readonly _tag: "next"; readonly limit: number }
  | { readonly _tag: "gone"; readonly names: ReadonlyArray<string> }
  | { readonly _tag: "remove"; readonly names: ReadonlyArray<string> }
  | { readonly _tag: "trash"; readonly names: ReadonlyArray<string> }
  | { readonly _tag: "settle" }

/** Files that were read at once, and the bytes that their stretches are of. */
export interface BatchSize {
  readonly entries: ReadonlyArray<Content.Entry>
  readonly bytes: Uint8Array
}

/** What each request is answered with. */
export interface Answers {
  readonly look: Look
  readonly next: BatchSize
  readonly gone: ReadonlyArray<string>
  readonly remove: undefined
  readonly trash: undefined
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
  const trashDirectory = Path.join(directory, "trash")
  /** Names that are no text: what they are called here, and what the file system calls them. */
  const unprintable = new Map<string, Buffer>()
  const textPathOf = (name: string): string => `${directory}${Path.sep}${name}`
  const pathOf = (name: string): Fs.PathLike => unprintable.get(name) ?? textPathOf(name)
  /** What the last look found and was not read yet: the names from `position` on, and perhaps more in the directory. */
  let names: ReadonlyArray<string> = []
  let position = 0
  let hasMore = false
  /** When the last look was, in milliseconds. */
  let lookedAt = 0
  /** The files as they were read, until they are removed. */
  const versions = new Map<string, string>()

  Fs.mkdirSync(trashDirectory, { recursive: true, mode: 0o750 })

  /** Goes through the directory, with an entry in memory at a time. */
  const eachEntry = (visit: Visit): void => {
    const open = Fs.opendirSync(directory, { encoding: "buffer" as BufferEncoding, bufferSize: 1_000 })
    try {
      // The types don't know that the encoding makes the names buffers.
      for (let entry = next(); entry !== null; entry = next()) {
        const text = Content.decodeUtf8(entry.name)
        visit(text ?? Content.escapeBytes(entry.name), entry, text)
      }
    } finally {
      open.closeSync()
    }
    function next() {
      return open.readSync() as Fs.Dirent<Buffer> | null
    }
  }

  /** Of all that are to be read, the first ones: their number bounds the memory. */
  const makeFirst = () => {
    let first: Array<string> = []
    let isCut = false
    const cut = () => {
      first.sort()
      if (first.length > namesAtOnce) {
        first = first.slice(0, namesAtOnce)
        isCut = true
      }
    }
    return {
      add: (name: string) => {
        first.push(name)
        if (first.length >= 2 * namesAtOnce) cut()
      },
      end: () => {
        cut()
        names = first
        position = 0
        hasMore = isCut
      }
    }
  }

  /**
   * Calls `visit` with the names that are to be read, after `last`: all there are up to the newest one that was there before.
   * While a directory is read, what is moved in may be seen or not, a later file without an earlier one. But whatever is
   * older than a file that was seen was there when that one came: so it is seen by whoever begins to read now.
   */
  const eachListenerFile = (last: string, visit: (name: string) => void, others: Visit = ignore): void => {
    let newest = ""
    eachEntry((name, entry, text) => {
      if (name > newest && isListenerFile(name, entry, text)) newest = name
    })
    eachEntry((name, entry, text) => {
      if (!isListenerFile(name, entry, text)) others(name, entry, text)
      else if (name > last && name <= newest) visit(name)
    })
  }

  const look = (): Look => {
    const first = makeFirst()
    const strangers: Array<Look["strangers"][number]> = []
    const directories: Array<string> = []
    let waiting = 0
    unprintable.clear()
    versions.clear()
    eachListenerFile(
      "",
      (name) => {
        waiting += 1
        first.add(name)
      },
      (name, entry, text) => {
        if (entry.isDirectory()) {
          if (name.endsWith(".json")) directories.push(name)
          return
        }
        if (text === null) unprintable.set(name, Buffer.concat([Buffer.from(`${directory}/`), entry.name]))
        const reason = text === null ? "the name is not valid UTF-8" : "the name does not end in .json"
        const modifiedAt = Fs.lstatSync(pathOf(name), { throwIfNoEntry: false })?.mtimeMs
        if (modifiedAt !== undefined) strangers.push({ name, reason, modifiedAt })
      }
    )
    first.end()
    lookedAt = performance.now()
    return { strangers, directories: directories.sort(), waiting }
  }

  /** The names after `last`. Those before it were read: they are still there, as they are removed later. */
  const lookOn = (last: string): void => {
    const first = makeFirst()
    eachListenerFile(last, first.add)
    first.end()
  }

  const nextName = (): string | undefined => {
    if (position < names.length) return names[position++]
    const last = names.at(-1)
    names = []
    position = 0
    if (last === undefined || (!hasMore && performance.now() - lookedAt > looksOnFor)) return undefined
    lookOn(last)
    return names[position++]
  }

  const bytes = Bytes.make()

  const next = (limit: number): BatchSize => {
    const entries: Array<Content.Entry> = []
    while (entries.length < limit && bytes.length < bytesAtATime) {
      const name = nextName()
      if (name === undefined) break
      const { entry, version } = Content.read(textPathOf(name), name, bytes)
      versions.set(name, version)
      entries.push(entry)
    }
    return { entries, bytes: bytes.take() }
  }

  const gone = (asked: ReadonlyArray<string>): ReadonlyArray<string> =>
    asked.filter((name) => Fs.lstatSync(pathOf(name), { throwIfNoEntry: false }) === undefined)

  const remove = (taken: ReadonlyArray<string>): void => {
    for (const name of taken) {
      const version = versions.get(name)
      versions.delete(name)
      // Somebody put another file under the same name meanwhile: that one was not taken over.
      if (version !== undefined && Content.versionOf(textPathOf(name)) !== version) continue
      try {
        Fs.unlinkSync(pathOf(name))
      } catch (cause) {
        if (codeOf(cause) !== "ENOENT") throw cause
      }
    }
  }

  const trash = (discarded: ReadonlyArray<string>): void => {
    if (discarded.length === 0) return
    Fs.mkdirSync(trashDirectory, { recursive: true, mode: 0o750 })
    for (const name of discarded) {
      versions.delete(name)
      moveTo(trashDirectory, name, pathOf(name))
    }
    hasTrash = true
  }

  let hasTrash = false

  const settle = (): void => {
    if (hasTrash) sync(trashDirectory)
    hasTrash = false
    sync(directory)
  }

  return (request: Request): Answers[keyof Answers] => {
    switch (request._tag) {
      case "look":
        return look()
      case "next":
        return next(request.limit)
      case "gone":
        return gone(request.names)
      case "remove":
        return void remove(request.names)
      case "trash":
        return void trash(request.names)
      case "settle":
        return void settle()
    }
  }
}

/** `name` is printable; `text` null: the real one is not. */
type Visit = (name: string, entry: Fs.Dirent<Buffer>, text: string | null) => void

const ignore: Visit = () => undefined

const isListenerFile = (name: string, entry: Fs.Dirent<Buffer>, text: string | null): boolean =>
  text !== null && name.endsWith(".json") && !entry.isDirectory()

/** Moves a file without overwriting another one: `x.json`, then `x.json.1`, `x.json.2`, ... unless the content is the same. */
const moveTo = (trashDirectory: string, name: string, from: Fs.PathLike) => {
  for (let number = 0; ; number++) {
    const to = Path.join(trashDirectory, number === 0 ? name : `${name}.${number}`)
    const isTaken = Fs.lstatSync(to, { throwIfNoEntry: false }) !== undefined
    if (isTaken && !isSameContent(from, to)) continue
    try {
      Fs.renameSync(from, to)
    } catch (cause) {
      if (codeOf(cause) !== "ENOENT") throw cause
    }
    return
  }
}

const isSameContent = (a: Fs.PathLike, b: Fs.PathLike): boolean => {
  const digest = (path: Fs.PathLike) =>
    Fs.lstatSync(path, { throwIfNoEntry: false })?.isFile() === true
      ? createHash("sha256").update(Fs.readFileSync(path)).digest("hex")
      : null
  const digestOfA = digest(a)
  return digestOfA !== null && digestOfA === digest(b)
}

/** Makes removals and renames in a directory survive a power cut. */
const sync = (directory: string) => {
  const handle = Fs.openSync(directory, "r")
  try {
    Fs.fsyncSync(handle)
  } finally {
    Fs.closeSync(handle)
  }
}

const codeOf = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""
