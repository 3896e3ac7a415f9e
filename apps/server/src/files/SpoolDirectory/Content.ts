// @effect-diagnostics nodeBuiltinImport:off
// See SpoolFiles: synchronous reads, and links told from files.
/** What is in one file of the in queue: its bytes, or why it can't be read as a text. */
import { isAscii, isUtf8 } from "node:buffer"
import { hash } from "node:crypto"
import * as Fs from "node:fs"
import type { SpoolEntry } from "@id-connector/core/queue/in/Spool"
import type { Bytes } from "./Bytes.js"

/** A larger file is no listener file, in bytes. It is not even read. */
const largest = 100 * 1024 * 1024

/** A file whose content stands among the bytes that were read, from `start` to `end`. */
export interface Stretch {
  readonly _tag: "Stretch"
  readonly name: string
  /** SHA-256, base64. */
  readonly digest: string
  readonly start: number
  readonly end: number
  /** Faster to make a text of. */
  readonly isAscii: boolean
  readonly modifiedAt: number
}

export type Entry = Stretch | Exclude<SpoolEntry, { readonly _tag: "Content" }>

const utf8 = new TextDecoder("utf-8", { fatal: true })

/** The text of UTF-8 bytes, or null when they are none. A byte order mark is dropped. */
export const decodeUtf8 = (bytes: Buffer): string | null => {
  if (isAscii(bytes)) return bytes.toString("latin1")
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

/** A printable stand-in for bytes that are no text. */
export const escapeBytes = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) =>
    byte > 0x20 && byte < 0x7f && byte !== 0x5c ? String.fromCharCode(byte) : hex(byte)
  ).join("")

const hex = (byte: number) => `\\x${byte.toString(16).padStart(2, "0")}`

/** What a name stood for when it was read: another file under the same name has another version. */
interface Read {
  readonly entry: Entry
  readonly version: string
}

const none = "none"

const versionIn = ({ ino, mtimeMs, size }: Fs.Stats): string => `${ino} ${mtimeMs} ${size}`

/** What stands under a path now. */
export const versionOf = (path: string): string => {
  const stat = Fs.lstatSync(path, { throwIfNoEntry: false })
  return stat === undefined ? none : versionIn(stat)
}

/** Reads a file into `bytes`. Links are not followed: what they point to is not the connector's. */
export const read = (path: string, name: string, bytes: Bytes): Read => {
  let handle: number
  try {
    // Without O_NONBLOCK a named pipe would hold up the whole thread.
    handle = Fs.openSync(path, Fs.constants.O_RDONLY | Fs.constants.O_NOFOLLOW | Fs.constants.O_NONBLOCK)
  } catch (cause) {
    return { entry: notOpened(path, name, cause), version: versionOf(path) }
  }
  try {
    const stat = Fs.fstatSync(handle)
    return { entry: readOpen(handle, stat, name, bytes), version: versionIn(stat) }
  } catch (cause) {
    return { entry: { _tag: "Failed", name, reason: `it can't be read: ${messageOf(cause)}` }, version: none }
  } finally {
    Fs.closeSync(handle)
  }
}

const readOpen = (handle: number, stat: Fs.Stats, name: string, bytes: Bytes): Entry => {
  const modifiedAt = stat.mtimeMs
  const unusable = (reason: string, unfinished = false): Entry => ({
    _tag: "Unusable",
    name,
    reason,
    modifiedAt,
    unfinished
  })
  if (!stat.isFile()) return unusable("it is not a regular file")
  if (stat.size > largest) {
    return unusable(
      `it has ${Math.round(stat.size / 1024 / 1024)} MiB, more than the ${largest / 1024 / 1024} MiB allowed`
    )
  }
  const start = bytes.length
  // What is added to it from now on changes the version of the file: it is read again.
  const content = bytes.append(handle, stat.size)
  if (!isUtf8(content)) return unusable("the content is not valid UTF-8", endsInsideCharacter(content))
  return {
    _tag: "Stretch",
    name,
    digest: hash("sha256", content, "base64"),
    start,
    end: bytes.length,
    isAscii: isAscii(content),
    modifiedAt
  }
}

/** The text of bytes that were found to be UTF-8. A byte order mark is dropped. */
export const textOf = (bytes: Buffer, { end, isAscii, start }: Stretch): string => {
  if (isAscii) return bytes.toString("latin1", start, end)
  const text = bytes.toString("utf8", start, end)
  return text.startsWith("\ufeff") ? text.slice(1) : text
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

const notOpened = (path: string, name: string, cause: unknown): Entry => {
  const stat = Fs.lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return { _tag: "Gone", name }
  const reason = stat.isSymbolicLink()
    ? "it is a symbolic link: these are not followed"
    : stat.isFile()
      ? null
      : "it is not a regular file"
  // Too many open files, a disk that errs, no right to read: that is not the file's fault.
  if (reason === null) return { _tag: "Failed", name, reason: `it can't be opened: ${messageOf(cause)}` }
  return { _tag: "Unusable", name, reason, modifiedAt: stat.mtimeMs, unfinished: false }
}

/** Whether all is well but the last one to three bytes, which begin a character that is still to come. */
const endsInsideCharacter = (bytes: Buffer): boolean =>
  [1, 2, 3].some((cut) => {
    const [first = 0, ...rest] = bytes.subarray(Math.max(0, bytes.length - cut))
    return (
      characterLength(first) > cut &&
      rest.every((byte) => byte >= 0x80 && byte <= 0xbf) &&
      decodeUtf8(bytes.subarray(0, bytes.length - cut)) !== null
    )
  })

/** How many bytes a character has that begins with this one. */
const characterLength = (first: number): number => {
  if (first >= 0xc2 && first <= 0xdf) return 2
  if (first >= 0xe0 && first <= 0xef) return 3
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0
}
