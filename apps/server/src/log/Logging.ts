/**
 * The log: one line per event to standard output, and the same to `<LOG_DIR>/http.log` (what the API answered) or
 * `<LOG_DIR>/queues.log` (everything else). Its level is that of UCR, also when that changes.
 */
import { type FileSystem, Path } from "@effect/platform"
import { Effect, FiberRef, HashSet, Layer, Logger, LogLevel } from "effect"
import { makeDirectory } from "../files/MakeDirectory.js"
import { Ucr } from "../files/Ucr.js"
import * as LogBuffer from "./LogBuffer.js"
import * as LogFile from "./LogFile.js"
import * as LogLine from "./LogLine.js"
import type { StandardOutput } from "./StandardOutput.js"

const files = ["queues.log", "http.log"] as const

type File = (typeof files)[number]

/** Writes of lines within this time go together. */
const window = "100 millis"

/** Replaces Effect's logger by this one. */
export const layer = (
  logDirectory: string,
  output: StandardOutput,
  form: LogLine.Format = "text",
  /** Is told each line that is written, too. */
  also: ((line: Logger.Logger.Options<unknown>) => void) | null = null
): Layer.Layer<never, never, FileSystem.FileSystem | Path.Path | Ucr> =>
  Layer.unwrapScoped(
    Effect.gen(function* () {
      const path = yield* Path.Path
      const ucr = yield* Ucr
      let level = yield* ucr.logLevel
      yield* Effect.ignore(makeDirectory(path.resolve(logDirectory)))
      const targets = {
        "queues.log": yield* LogFile.make(path.join(logDirectory, "queues.log")),
        "http.log": yield* LogFile.make(path.join(logDirectory, "http.log"))
      }
      const lines = LogBuffer.make<File>()
      const format = form === "json" ? LogLine.formatJson : LogLine.format
      const logger = Logger.make<unknown, void>((options) => {
        if (LogLevel.lessThan(options.logLevel, level)) return
        lines.add(LogLine.moduleOf(options) === "HTTP" ? "http.log" : "queues.log", format(options))
        also?.(options)
      })
      const tell = (effect: Effect.Effect<void>) =>
        effect.pipe(
          Effect.annotateLogs({ module: "Log" }),
          Effect.locally(FiberRef.currentLoggers, HashSet.make(logger))
        )

      const problem = targets["queues.log"].problem ?? targets["http.log"].problem
      if (problem !== null) {
        yield* tell(
          Effect.logError(
            "LOG_DIR can't be written. The log goes to standard output only, until it can. Let the connector's user write there.",
            { directory: logDirectory, reason: problem }
          )
        )
      }

      const write = Effect.suspend(() => {
        const runs = lines.take()
        for (const { bytes } of runs) output.print(bytes)
        return Effect.forEach(
          files,
          (file) => targets[file].append(Buffer.concat(runs.flatMap((run) => (run.file === file ? [run.bytes] : [])))),
          { discard: true }
        )
      })

      /** Said at both levels, where one of them lets it pass. */
      const followLevel = Effect.flatMap(ucr.logLevel, (wanted) => {
        if (wanted === level) return Effect.void
        const say = Effect.logInfo("The log level has changed.", { from: level.label, to: wanted.label })
        const set = Effect.sync(() => {
          level = wanted
        })
        return LogLevel.lessThan(wanted, level) ? Effect.zipRight(set, tell(say)) : Effect.zipRight(tell(say), set)
      })
      const reportLost = Effect.suspend(() => {
        const bytes = output.lost()
        const count = files.reduce((sum, file) => sum + targets[file].lost(), 0)
        return Effect.zipRight(
          bytes === 0
            ? Effect.void
            : tell(
                Effect.logWarning("Nobody read standard output for a while. What it misses is in the log files.", {
                  bytes,
                  directory: logDirectory
                })
              ),
          count === 0
            ? Effect.void
            : tell(
                Effect.logError("The log files could not be written for too long. Lines are missing in them.", {
                  lines: count,
                  directory: logDirectory
                })
              )
        )
      })

      yield* Effect.addFinalizer(() => write)
      yield* Effect.uninterruptible(Effect.zipRight(Effect.zipRight(followLevel, reportLost), write)).pipe(
        Effect.delay(window),
        Effect.forever,
        Effect.forkScoped
      )
      // What passes is decided by the logger, since it may be changed at any time.
      return Layer.merge(Logger.replace(Logger.defaultLogger, logger), Logger.minimumLogLevel(LogLevel.Debug))
    })
  )
