import { assert, describe, it } from "@effect/vitest"
import { HistoryStore } from "@id-connector/core/history/HistoryStore"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as MemoryHistoryStore from "@id-connector/testkit/memory/MemoryHistoryStore"
import { Effect } from "effect"

describe("The history in memory", () => {
  it.effect("finds a person under all names, the newest first, and forgets what is old or to be erased", () =>
    Effect.gen(function* () {
      const history = yield* HistoryStore
      yield* history.add([
        { id: 1, record: Builders.decided("anna", { at: 1, objectKey: "user:1" }) },
        { id: 2, record: Builders.decided("bert", { at: 2, objectKey: "user:2" }) },
        { id: 3, record: Builders.decided("anna.new", { at: 3, objectKey: "user:1" }) }
      ])
      const idsOf = (name: string) =>
        Effect.map(history.list({ name, limit: 10 }), (found) => found.map(({ id }) => id))
      assert.deepStrictEqual(yield* idsOf("ANNA"), [3, 1])
      assert.strictEqual(yield* history.purge({ history: 2, audit: 0, values: 0 }, 10), 1)
      assert.deepStrictEqual(yield* idsOf("anna.new"), [3])
      assert.strictEqual(yield* history.erase("user:1"), 1)
      assert.deepStrictEqual(yield* idsOf("anna.new"), [])
      assert.deepStrictEqual(yield* idsOf("bert"), [2])
    }).pipe(Effect.provide(MemoryHistoryStore.layer))
  )
})
