/**
 * The log: one line per event to standard output, and the same to `<LOG_DIR>/http.log` (what the API answered) or
 * `<LOG_DIR>/queues.log` (everything else). The files are opened for each write, so that a rotated one is replaced without a signal.
 */
import { FileSystem, Path } from "@effect/platform"
import { Cause, Effect, HashMap, Layer, Logger, Option, Redacted } from "effect"
import { Ucr } from "./Ucr.js"

/** `2026-02-03T04:05:06.789Z INFO  InQueue  Accepted a change. file=x.json object="user anna"` */
export const format = ({ annotations, cause, date, logLevel, message }: Logger.Logger.Options<unknown>): string => {
  const { module, rest } = split(annotations)
  const parts = Array.isArray(message) ? message : [message]
  const texts = parts.filter((part) => typeof part !== "object" || part === null).map((part) => escape(String(part)))
  const data = parts.flatMap((part) => (typeof part === "object" && part !== null ? Object.entries(part) : []))
  // What an event says of itself may be what all lines around it say.
  const said = rest.length === 0 ? data : [...rest.filter(([key]) => !data.some(([its]) => its === key)), ...data]
  const fields = said.map(([key, value]) => `${key}=${quote(value)}`)
  const failure = Cause.isEmpty(cause) ? [] : [`cause=${quote(Cause.pretty(cause, { renderErrorCause: true }))}`]
  const head = `${date.toISOString()} ${logLevel.label.padEnd(5)} ${module.padEnd(9)} ${texts.join(" ")}`
  return [head, ...fields, ...failure].join(" ")
}

const split = (annotations: HashMap.HashMap<string, unknown>) => {
  if (lastSplit?.annotations !== annotations) {
    const module = String(Option.getOrElse(HashMap.get(annotations, "module"), () => "-"))
    lastSplit = { annotations, module, rest: HashMap.toEntries(annotations).filter(([key]) => key !== "module") }
  }
  return lastSplit
}

/** Most lines have the same annotations as the one before. */
let lastSplit: {
  readonly annotations: HashMap.HashMap<string, unknown>
  readonly module: string
  readonly rest: ReadonlyArray<[string, unknown]>
} | null = null

const quote = (value: unknown): string => {
  const text = escape(
    Redacted.isRedacted(value) ? "<redacted>" : typeof value === "string" ? value : (JSON.stringify(value) ?? "")
  )
  return /^[^\s"=]+$/.test(text) ? text : `"${text.replaceAll('"', '\\"')}"`
}

/** A name in a file or directory must not be able to begin a new line of the log. */
const escape = (text: string): string =>
  control.test(text)
    ? text.replace(controls, (character) =>
        character === "\n" ? "\\n" : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
      )
    : text

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/
const controls = new RegExp(control, "g")

/** A line, and the file it belongs to. */
interface Line {
  readonly file: (typeof files)[number]
  readonly text: string
}

const files = ["queues.log", "http.log"] as const

const lineOf = (options: Logger.Logger.Options<unknown>): Line => ({
  file: split(options.annotations).module === "HTTP" ? "http.log" : "queues.log",
  text: format(options)
})

/** Writes of lines within this time go together. */
const window = "100 millis"

const textOf = (lines: ReadonlyArray<Line>): string => `${lines.map(({ text }) => text).join("\n")}\n`

/** Replaces Effect's logger by this one. The level is that of UCR at the start. */
export const layer = (
  logDirectory: string,
  print: (text: string) => void
): Layer.Layer<never, never, FileSystem.FileSystem | Path.Path | Ucr> =>
  Layer.unwrapEffect(
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
      const append = (file: Line["file"], lines: ReadonlyArray<Line>) =>
        // A full disk must not stop the queues: standard output has the lines, too.
        lines.length === 0
          ? Effect.void
          : Effect.ignore(fs.writeFileString(path.join(logDirectory, file), textOf(lines), { flag: "a" }))
      const write = (lines: ReadonlyArray<Line>) => {
        print(textOf(lines))
        if (!writable) return Effect.void
        const ofHttp = lines.filter(({ file }) => file === "http.log")
        const ofQueues = ofHttp.length === 0 ? lines : lines.filter(({ file }) => file !== "http.log")
        return Effect.zipRight(append("queues.log", ofQueues), append("http.log", ofHttp))
      }
      const batched = Logger.batched(Logger.make(lineOf), window, write)
      return Layer.merge(Logger.replaceScoped(Logger.defaultLogger, batched), Logger.minimumLogLevel(level))
    })
  )
