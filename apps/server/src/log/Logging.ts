/**
 * The log: one line per event to standard output, and the same to `<LOG_DIR>/http.log` (what the API answered) or
 * `<LOG_DIR>/queues.log` (everything else). The files are opened for each write, so that a rotated one is replaced without a signal.
 */
import { FileSystem, Path } from "@effect/platform"
import { Effect, Layer, Logger } from "effect"
import { Ucr } from "../files/Ucr.js"
import * as LogBuffer from "./LogBuffer.js"
import * as LogLine from "./LogLine.js"

const files = ["queues.log", "http.log"] as const

type File = (typeof files)[number]

/** Writes of lines within this time go together. */
const window = "100 millis"

/** Replaces Effect's logger by this one. The level is that of UCR at the start. */
export const layer = (
  logDirectory: string,
  print: (text: string | Uint8Array) => void
): Layer.Layer<never, never, FileSystem.FileSystem | Path.Path | Ucr> =>
  Layer.unwrapScoped(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const level = yield* Effect.flatMap(Ucr, (ucr) => ucr.logLevel)
      const writable = yield* fs.makeDirectory(logDirectory, { recursive: true }).pipe(
        Effect.zipRight(
          Effect.forEach(files, (file) => fs.writeFileString(path.join(logDirectory, file), "", { flag: "a" }))
        ),
        Effect.as(true),
        Effect.catchAll((error) =>
          Effect.sync(() => {
            print(
              `LOG_DIR: ${logDirectory} can't be written (${error.message}): the log goes to standard output only.\n`
            )
            return false
          })
        )
      )
      const lines = LogBuffer.make<File>()
      const write = Effect.suspend(() => {
        const runs = lines.take()
        for (const { bytes } of runs) print(bytes)
        if (!writable) return Effect.void
        // A full disk must not stop the queues: standard output has the lines, too.
        return Effect.forEach(
          runs,
          ({ bytes, file }) => Effect.ignore(fs.writeFile(path.join(logDirectory, file), bytes, { flag: "a" })),
          { discard: true }
        )
      })
      yield* Effect.addFinalizer(() => write)
      yield* Effect.uninterruptible(write).pipe(Effect.delay(window), Effect.forever, Effect.forkScoped)
      const logger = Logger.make<unknown, void>((options) =>
        lines.add(LogLine.moduleOf(options) === "HTTP" ? "http.log" : "queues.log", LogLine.format(options))
      )
      return Layer.merge(Logger.replace(Logger.defaultLogger, logger), Logger.minimumLogLevel(level))
    })
  )
