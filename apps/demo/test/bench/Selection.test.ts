import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import * as Selection from "../../src/bench/Selection.js"

const selected = (parts: ReadonlyArray<Selection.Part>, ...names: ReadonlyArray<string>) =>
  Either.map(Selection.select(parts, names), (chosen) => chosen.map(({ name }) => name))

describe("Selection.select", () => {
  it("takes all parts when none is named", () => {
    assert.deepStrictEqual(
      selected(Selection.full),
      Either.right(["accept", "deliver", "mixed", "api", "backlog", "history", "harness"])
    )
    assert.deepStrictEqual(selected(Selection.short), Either.right(["accept", "deliver", "backlog"]))
  })

  it("takes those that are named, once, in their own order", () => {
    assert.deepStrictEqual(selected(Selection.full, "api", "accept", "api"), Either.right(["accept", "api"]))
  })

  it("says what there is where something else is named", () => {
    const { message } = Either.getOrThrow(Either.flip(selected(Selection.short, "accept", "api")))
    assert.strictEqual(
      message,
      'There is nothing called "api" to measure in this form; there are: accept, deliver, backlog. See npm run bench -- --help.'
    )
  })
})
