// @effect-diagnostics nodeBuiltinImport:off
// See SpoolFiles: only node:fs tells links from files, and names that are no text from others.
/** What stands in the in queue's directory, read with one entry in memory at a time. */
import * as Fs from "node:fs"
import * as Content from "./Content.js"

/** What an entry is to the in queue. */
export type Kind = "ListenerFile" | "Stranger" | "Directory"

/** `text` is the name, null when that is no text. */
export const kindOf = (text: string | null, isDirectory: boolean): Kind => {
  if (isDirectory) return "Directory"
  return text?.endsWith(".json") === true ? "ListenerFile" : "Stranger"
}

/** Why a file is a stranger. */
export const strangeness = (text: string | null): string =>
  text === null ? "the name is not valid UTF-8" : "the name does not end in .json"

/** `name` can be printed and is the real one, unless `text` is null: then `bytes` are. */
export type Visit = (name: string, kind: Kind, text: string | null, bytes: Buffer) => void

/**
 * Calls `visit` with the listener files after the name `last`: all there are up to the newest one that was there before, and
 * `others` with what else there is.
 *
 * While a directory is read, what is moved in may be seen or not, a later file without an earlier one. But whatever is
 * older than a file that was seen was there when that one came: so it is seen by whoever begins to read now.
 */
export const eachAfter = (
  directory: string,
  last: string,
  visit: (name: string) => void,
  others: Visit = ignore
): void => {
  let newest = ""
  eachEntry(directory, (name, kind) => {
    if (kind === "ListenerFile" && name > newest) newest = name
  })
  eachEntry(directory, (name, kind, text, bytes) => {
    if (kind !== "ListenerFile") others(name, kind, text, bytes)
    else if (name > last && name <= newest) visit(name)
  })
}

const ignore: Visit = () => undefined

const eachEntry = (directory: string, visit: Visit): void => {
  const open = Fs.opendirSync(directory, { encoding: "buffer" as BufferEncoding, bufferSize: 1_000 })
  // The types don't know that the encoding makes the names buffers.
  const next = () => open.readSync() as Fs.Dirent<Buffer> | null
  try {
    for (let entry = next(); entry !== null; entry = next()) {
      const text = Content.decodeUtf8(entry.name)
      visit(text ?? Content.escapeBytes(entry.name), kindOf(text, entry.isDirectory()), text, entry.name)
    }
  } finally {
    open.closeSync()
  }
}
