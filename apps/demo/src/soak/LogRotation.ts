// @effect-diagnostics nodeBuiltinImport:off
// Does what logrotate does, to the same files.
/** The log files of the connector, renamed when they have become large, as a host's logrotate does once a day. */
import * as Fs from "node:fs"
import * as Path from "node:path"

const names = ["queues.log", "http.log"]

/** In bytes; one older file of each is kept. */
const largest = 256 * 1024

const olderOf = (file: string) => `${file}.1`

/** Those there may be. */
export const files = (directory: string): ReadonlyArray<string> =>
  names.flatMap((name) => {
    const file = Path.join(directory, "log", name)
    return [file, olderOf(file)]
  })

/** Renames what has become too large. Answers with the lines of what was renamed. */
export const rotate = (directory: string): ReadonlyArray<string> =>
  names.flatMap((name) => {
    const file = Path.join(directory, "log", name)
    if (!Fs.existsSync(file) || Fs.statSync(file).size < largest) return []
    Fs.renameSync(file, olderOf(file))
    return linesOf(olderOf(file))
  })

/** The lines of the newest files. */
export const rest = (directory: string): ReadonlyArray<string> =>
  names.flatMap((name) => linesOf(Path.join(directory, "log", name)))

const linesOf = (file: string) => (Fs.existsSync(file) ? Fs.readFileSync(file, "utf8").split("\n") : [])

/** What lines of the level `ERROR` say, without the data behind it, and how often. */
export const countErrors = (lines: ReadonlyArray<string>, counts: Map<string, number>): void => {
  for (const line of lines) {
    const said = /^\S+ ERROR +(\S+ +.*?[.?!])(?: \w+=|$)/.exec(line)?.[1]
    if (said !== undefined) counts.set(said, (counts.get(said) ?? 0) + 1)
  }
}
