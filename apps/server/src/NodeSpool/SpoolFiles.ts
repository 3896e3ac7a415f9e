// @effect-diagnostics nodeBuiltinImport:off
// Many small files are read four times faster with synchronous calls, and only node:fs tells links from files.
/** The files of the in queue's directory, with synchronous calls: for a thread that has nothing else to do. */
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { Look, SpoolEntry } from "@id-connector/core/Spool"
import * as Content from "./Content.js"

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

/** What each request is answered with. */
export interface Answers {
  readonly look: Look
  readonly next: ReadonlyArray<SpoolEntry>
  readonly gone: ReadonlyArray<string>
  readonly remove: undefined
  readonly trash: undefined
  readonly settle: undefined
}

/** Answers requests about one directory, one after the other. Throws what `node:fs` throws. */
export const make = (directory: string) => {
  const trashDirectory = Path.join(directory, "trash")
  /** Names that are no text: what they are called here, and what the file system calls them. */
  const unprintable = new Map<string, Buffer>()
  const pathOf = (name: string): Fs.PathLike => unprintable.get(name) ?? Path.join(directory, name)
  /** What the last look found and was not read yet: the names from `position` on. */
  let names: ReadonlyArray<string> = []
  let position = 0
  /** The files as they were read, until they are removed. */
  const versions = new Map<string, string>()

  Fs.mkdirSync(trashDirectory, { recursive: true, mode: 0o750 })

  const look = (): Look => {
    const found: Array<string> = []
    const strangers: Array<Look["strangers"][number]> = []
    const directories: Array<string> = []
    unprintable.clear()
    versions.clear()
    for (const entry of Fs.readdirSync(directory, { withFileTypes: true, encoding: "buffer" })) {
      const text = Content.decodeUtf8(entry.name)
      const name = text ?? Content.escapeBytes(entry.name)
      if (entry.isDirectory()) {
        if (name.endsWith(".json")) directories.push(name)
      } else if (text === null || !name.endsWith(".json")) {
        if (text === null) unprintable.set(name, Buffer.concat([Buffer.from(`${directory}/`), entry.name]))
        const reason = text === null ? "the name is not valid UTF-8" : "the name does not end in .json"
        const modifiedAt = Fs.lstatSync(pathOf(name), { throwIfNoEntry: false })?.mtimeMs
        if (modifiedAt !== undefined) strangers.push({ name, reason, modifiedAt })
      } else {
        found.push(name)
      }
    }
    names = found.sort()
    position = 0
    return { strangers, directories, waiting: names.length }
  }

  const next = (limit: number): ReadonlyArray<SpoolEntry> => {
    const entries: Array<SpoolEntry> = []
    let bytes = 0
    while (entries.length < limit && bytes < bytesAtATime) {
      const name = names[position]
      if (name === undefined) {
        names = []
        position = 0
        break
      }
      position++
      const { entry, version } = Content.read(Path.join(directory, name), name)
      versions.set(name, version)
      entries.push(entry)
      if (entry._tag === "Content") bytes += entry.text.length
    }
    return entries
  }

  const gone = (asked: ReadonlyArray<string>): ReadonlyArray<string> =>
    asked.filter((name) => Fs.lstatSync(pathOf(name), { throwIfNoEntry: false }) === undefined)

  const remove = (taken: ReadonlyArray<string>): void => {
    for (const name of taken) {
      const version = versions.get(name)
      versions.delete(name)
      // Somebody put another file under the same name meanwhile: that one was not taken over.
      if (version !== undefined && Content.versionOf(Path.join(directory, name)) !== version) continue
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
