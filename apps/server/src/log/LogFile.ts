/**
 * A file of the log. It is opened for each write, so that one that was rotated away is replaced without a signal. What can't be
 * written waits: a line is neither lost nor torn because the disk was full for a while.
 */
import { FileSystem } from "@effect/platform"
import { Effect, Option } from "effect"

export interface LogFile {
  /** Appends these lines, after those that could not be written before. Never fails. */
  readonly append: (lines: Uint8Array) => Effect.Effect<void>
}

/** The connector's, and for its group to read: the log names people. */
const mode = 0o640

/** Bytes that wait at most. */
const most = 16 * 1024 * 1024

const newline = 10

/** How many bytes at the beginning are the rest of a line that is partly in the file. */
const restOfLine = (bytes: Uint8Array): number => bytes.indexOf(newline) + 1

export const make = Effect.fnUntraced(function* (path: string, limit: number = most) {
  const fs = yield* FileSystem.FileSystem
  let waiting: ReadonlyArray<Uint8Array> = []
  let isInLine = false
  let lost = 0

  const open = Effect.flatMap(Effect.option(fs.stat(path)), (info) =>
    Effect.tap(fs.open(path, { flag: "a", mode }), () =>
      // Older versions and other programs have made it for everybody to read. Stricter rights are somebody's wish.
      Option.exists(info, (found) => (found.mode & 0o7) !== 0) ? Effect.ignore(fs.chmod(path, mode)) : Effect.void
    )
  )

  const flush = Effect.scoped(
    Effect.gen(function* () {
      const file = yield* open
      while (waiting[0] !== undefined) {
        const [bytes] = waiting
        const written = Number(yield* file.write(bytes))
        if (written === 0) return
        isInLine = bytes[written - 1] !== newline
        waiting = written === bytes.length ? waiting.slice(1) : [bytes.subarray(written), ...waiting.slice(1)]
      }
    })
  )

  const keepToLimit = () => {
    const size = waiting.reduce((sum, { length }) => sum + length, 0)
    if (size <= limit) return
    const all = Buffer.concat(waiting)
    const start = isInLine ? restOfLine(all) : 0
    // From the end of a line on: half of what may wait is let go at once.
    const from = all.indexOf(newline, Math.max(start, size - limit / 2)) + 1
    const gone = all.subarray(start, from)
    lost += gone.reduce((lines, byte) => (byte === newline ? lines + 1 : lines), 0)
    waiting = [all.subarray(0, start), all.subarray(from)].filter(({ length }) => length > 0)
  }

  const isThere = yield* Effect.either(Effect.scoped(open))
  return {
    /** Why it can't be written, if so. */
    problem: isThere._tag === "Left" ? isThere.left.message : null,
    /** Lines that were let go since this was asked last. */
    lost: (): number => {
      const count = lost
      lost = 0
      return count
    },
    append: (lines: Uint8Array): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (lines.length > 0) waiting = [...waiting, lines]
        return waiting.length === 0 ? Effect.void : Effect.ensuring(Effect.ignore(flush), Effect.sync(keepToLimit))
      })
  }
})
