import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Ucr from "@id-connector/server/files/Ucr"
import * as LogBuffer from "@id-connector/server/log/LogBuffer"
import * as LogFile from "@id-connector/server/log/LogFile"
import * as Logging from "@id-connector/server/log/Logging"
import * as LogLine from "@id-connector/server/log/LogLine"
import * as LogTime from "@id-connector/server/log/LogTime"
import type * as StandardOutput from "@id-connector/server/log/StandardOutput"
import { Effect, FastCheck, Layer, Logger, Redacted } from "effect"

/** A standard output that is always read. */
const keeping = (printed: Array<string>): StandardOutput.StandardOutput => ({
  print: (text) => void printed.push(typeof text === "string" ? text : new TextDecoder().decode(text)),
  lost: () => 0
})

/** One line, as `format` writes it. */
const lineOf = (format: (options: Logger.Logger.Options<unknown>) => string, effect: Effect.Effect<void>) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const logger = Logger.make<unknown, void>((options) => void lines.push(format(options)))
    yield* Effect.provide(effect, Logger.replace(Logger.defaultLogger, logger))
    return lines.join("|")
  })

describe("Logging", () => {
  it.effect("writes one line per event, whatever is in a name, and no secret", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make<unknown, void>((options) => void lines.push(LogLine.format(options)))
      yield* Effect.logError("Discarded a file.", { secret: Redacted.make("s3cr3t-top") }).pipe(
        Effect.annotateLogs({ module: "InQueue", file: 'a\n2026 ERROR "forged".json', plain: "x" }),
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      const [line = ""] = lines
      assert.ok(!line.includes("\n") && !line.includes("s3cr3t-top"))
      assert.match(line, /^19(70|69)-\S+T\S+[+-]\d\d:\d\d ERROR InQueue {3}Discarded a file\. /)
      assert.ok(line.includes('file="a\\n2026 ERROR \\"forged\\".json"') && line.includes("plain=x"))
    })
  )

  it.live("goes on without its files where no directory can be made", () =>
    Effect.gen(function* () {
      const printed: Array<string> = []
      const log = Layer.provide(Logging.layer("/proc/none/log", keeping(printed)), Ucr.layer("/proc/none/ucr"))
      yield* Effect.provide(Effect.logInfo("Accepted a change."), log)
      assert.match(printed.join(""), /LOG_DIR can't be written.*directory=\/proc\/none\/log[\s\S]*Accepted a change\./)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("keeps what the API answered apart, and goes on in a new file when one was moved away", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      const printed: Array<string> = []
      const http = Effect.annotateLogs(Effect.logInfo("Answered a request."), { module: "HTTP" })
      // The lines are written when the layer ends.
      const log = (effect: Effect.Effect<unknown>) =>
        Effect.provide(
          effect,
          Layer.provide(Logging.layer(directory, keeping(printed)), Ucr.layer(join(directory, "none")))
        )
      yield* log(Effect.zipRight(Effect.logInfo("Accepted a change."), http))
      yield* fs.rename(join(directory, "http.log"), join(directory, "http.log.1"))
      yield* log(http)
      const read = (file: string) => fs.readFileString(join(directory, file))
      assert.match(yield* read("queues.log"), /^\S+ INFO .*Accepted a change\.\n$/)
      assert.match(yield* read("http.log.1"), /^\S+ INFO {2}HTTP {6}Answered a request\.\n$/)
      assert.match(yield* read("http.log"), /Answered a request\./)
      assert.lengthOf(printed.join("").trim().split("\n"), 3)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("LogTime", () => {
  it("is the local time with its distance from UTC", () => {
    const time = Date.UTC(2026, 1, 3, 23, 5, 6, 789)
    assert.strictEqual(LogTime.format(time, 60), "2026-02-04T00:05:06.789+01:00")
    assert.strictEqual(LogTime.format(time, -210), "2026-02-03T19:35:06.789-03:30")
    assert.strictEqual(LogTime.format(time, 0), "2026-02-03T23:05:06.789+00:00")
    assert.strictEqual(Date.parse(LogTime.local(new Date(time))), time)
  })
})

describe("A line as JSON", () => {
  it.effect("is one object with its fields, whatever they are, and holds no secret", () =>
    Effect.gen(function* () {
      const circle: { self?: unknown } = {}
      circle.self = circle
      const line = yield* lineOf(
        LogLine.formatJson,
        Effect.logError("Discarded a file.", {
          secret: Redacted.make("s3cr3t-top"),
          nested: { secret: Redacted.make("s3cr3t-top") },
          circle,
          big: 10n,
          count: 3
        }).pipe(Effect.annotateLogs({ module: "InQueue", file: "a\u2028b\n" }))
      )
      assert.ok(!/[\n\u2028]|s3cr3t-top/.test(line))
      const { fields, level, message, module, time } = JSON.parse(line)
      assert.deepStrictEqual([level, module, message], ["ERROR", "InQueue", "Discarded a file."])
      assert.match(time, /^\S+T\S+[+-]\d\d:\d\d$/)
      assert.deepStrictEqual([fields.file, fields.count, fields.big], ["a\u2028b\n", 3, "10"])
      assert.strictEqual(fields.secret, "<redacted>")
    })
  )
})

describe("A file of the log", () => {
  it.scoped("gets every line once and whole, when it can't be written for a while and is torn by a full disk", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = join(yield* fs.makeTempDirectoryScoped(), "queues.log")
      let room = Number.POSITIVE_INFINITY
      const tight = FileSystem.FileSystem.of({
        ...fs,
        open: (path, options) =>
          Effect.map(fs.open(path, options), (open) =>
            Object.create(open, {
              write: {
                value: (bytes: Uint8Array) => {
                  const part = bytes.subarray(0, room)
                  room -= part.length
                  return part.length === 0 ? Effect.succeed(FileSystem.Size(0)) : open.write(part)
                }
              }
            })
          )
      })
      const log = yield* Effect.provideService(LogFile.make(file, 1_000), FileSystem.FileSystem, tight)
      const text = (from: number, to: number) =>
        Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join("")
      const append = (from: number, to: number) => log.append(new TextEncoder().encode(text(from, to)))
      yield* append(100, 110)
      room = 13
      yield* append(110, 120)
      yield* append(120, 130)
      room = Number.POSITIVE_INFINITY
      yield* append(130, 140)
      assert.strictEqual(yield* fs.readFileString(file), text(100, 140))
      assert.strictEqual(log.lost(), 0)
      // More than may wait: whole lines are let go, and counted.
      room = 3
      for (let from = 200; from < 600; from += 10) yield* append(from, from + 10)
      room = Number.POSITIVE_INFINITY
      yield* append(600, 601)
      const lines = (yield* fs.readFileString(file)).trimEnd().split("\n")
      assert.ok(lines.every((line) => /^line \d{3}$/.test(line)))
      assert.deepStrictEqual([lines[40], lines.at(-1)], ["line 200", "line 600"])
      assert.strictEqual(lines.length + log.lost(), 40 + 401)
      assert.strictEqual((yield* fs.stat(file)).mode & 0o777, 0o640)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("LogBuffer", () => {
  it("gives back every line once, in order, under its file, however many and however long", () =>
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(
          FastCheck.record({
            file: FastCheck.constantFrom("a", "b"),
            line: FastCheck.oneof(
              FastCheck.string({ unit: "grapheme" }),
              FastCheck.nat(90_000).map((length) => "é".repeat(length))
            ),
            isLast: FastCheck.boolean()
          }),
          { maxLength: 30 }
        ),
        (steps) => {
          const lines = LogBuffer.make<string>()
          const taken: Array<readonly [string, string]> = []
          const take = () => {
            for (const { bytes, file } of lines.take()) taken.push([file, new TextDecoder().decode(bytes)])
          }
          for (const { file, isLast, line } of steps) {
            lines.add(file, line)
            if (isLast) take()
          }
          take()
          assert.strictEqual(taken.map(([, text]) => text).join(""), steps.map(({ line }) => `${line}\n`).join(""))
          for (const file of ["a", "b"]) {
            assert.strictEqual(
              taken.flatMap(([its, text]) => (its === file ? [text] : [])).join(""),
              steps.flatMap(({ file: its, line }) => (its === file ? [`${line}\n`] : [])).join("")
            )
          }
          assert.lengthOf(lines.take(), 0)
        }
      )
    ))
})
