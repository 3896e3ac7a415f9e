import { assert, describe, it } from "@effect/vitest"
import * as Progress from "@id-connector/server/cli/Progress"
import { Effect, TestClock } from "effect"

/** Work of which one in 100 ms is done, for a while. */
const work = (isTerminal: boolean) =>
  Effect.gen(function* () {
    let shown = ""
    yield* Effect.scoped(
      Effect.gen(function* () {
        const tick = yield* Progress.start("files", 1_000, { isTerminal, width: 60, write: (text) => (shown += text) })
        for (let done = 0; done < 250; done++) {
          yield* tick
          yield* TestClock.adjust("100 millis")
        }
      })
    )
    return shown
  })

describe("The progress of long work", () => {
  it.effect("is a line every ten seconds where there is no terminal", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* work(false),
        "100 of 1,000 files, 10 a second, 90 s remain\n200 of 1,000 files, 10 a second, 80 s remain\n"
      )
    })
  )

  it.effect("is one line that changes on a terminal, and is gone in the end", () =>
    Effect.gen(function* () {
      const shown = yield* work(true)
      assert.notInclude(shown, "\n")
      assert.include(shown, "\r250 of 1,000 files, 10 a second, 75 s remain")
      assert.match(shown, /\r {59}\r$/)
    })
  )

  it("says nothing about what remains when nobody knows", () => {
    assert.strictEqual(Progress.line("files", 3, null, 2_000), "3 files, 1.5 a second")
    assert.strictEqual(Progress.line("files", 10, 100_000, 1_000), "10 of 100,000 files, 10 a second, 3 h remain")
  })
})
