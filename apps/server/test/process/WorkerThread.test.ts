import { assert, describe, it } from "@effect/vitest"
import * as WorkerThread from "@id-connector/server/process/WorkerThread"
import { Effect } from "effect"

const start = (data: string) =>
  WorkerThread.start<string>(WorkerThread.moduleBeside(import.meta.url, "./EchoThread"), data)

describe("WorkerThread", () => {
  it.scoped("answers each request with its own answer, and a failure with its reason", () =>
    Effect.gen(function* () {
      const ask = yield* start("echo")
      const [a, failed, b] = yield* Effect.all([ask("a"), Effect.flip(ask("fail")), ask("b")], {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual([a, failed.message, b], ["echo: a", "it failed", "echo: b"])
    })
  )

  it.scoped("says at the start that it can't do its work", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(start("useless"))).message, "it can't be made")
    })
  )

  it.scoped("leaves nobody without an answer when it ends, and starts anew for the next one", () =>
    Effect.gen(function* () {
      const ask = yield* start("echo")
      const errors = yield* Effect.all([Effect.flip(ask("end")), Effect.flip(ask("a"))], { concurrency: "unbounded" })
      assert.deepStrictEqual(
        errors.map(({ message }) => message),
        ["the thread has ended", "the thread has ended"]
      )
      assert.strictEqual(yield* ask("b"), "echo: b")
    })
  )
})
