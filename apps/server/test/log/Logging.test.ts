import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Ucr from "@id-connector/server/files/Ucr"
import * as LogBuffer from "@id-connector/server/log/LogBuffer"
import * as Logging from "@id-connector/server/log/Logging"
import * as LogLine from "@id-connector/server/log/LogLine"
import { Effect, FastCheck, Layer, Logger, Redacted } from "effect"

describe("Logging", () => {
  it.effect("writes one line per event, whatever is in a name, and no secret", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make<unknown, void>((options) => void lines.push(LogLine.format(options)))
      yield* Effect.logError("Discarded a file.", { secret: Redacted.make("topsecret") }).pipe(
        Effect.annotateLogs({ module: "InQueue", file: 'a\n2026 ERROR "forged".json', plain: "x" }),
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      const [line = ""] = lines
      assert.ok(!line.includes("\n") && !line.includes("topsecret"))
      assert.match(line, /^1970-01-01T00:00:00.000Z ERROR InQueue {3}Discarded a file\. /)
      assert.ok(line.includes('file="a\\n2026 ERROR \\"forged\\".json"') && line.includes("plain=x"))
    })
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
          Layer.provide(
            Logging.layer(
              directory,
              (text) => void printed.push(typeof text === "string" ? text : new TextDecoder().decode(text))
            ),
            Ucr.layer(join(directory, "none"))
          )
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
