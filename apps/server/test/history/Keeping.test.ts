import { assert, describe, it } from "@effect/vitest"
import type { Audited } from "@id-connector/core/history/HistoryEntry"
import { HistoryOutbox } from "@id-connector/core/history/HistoryOutbox"
import { HistoryStore, HistoryStoreError } from "@id-connector/core/history/HistoryStore"
import * as Keeping from "@id-connector/server/history/Keeping"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as MemoryHistoryStore from "@id-connector/testkit/memory/MemoryHistoryStore"
import * as MemoryQueueStore from "@id-connector/testkit/memory/MemoryQueueStore"
import { quietly } from "@id-connector/testkit/Quietly"
import { Clock, type Duration, Effect, Layer, TestClock } from "effect"

const day = 86_400_000

/** A history that can be made to fail, which is kept. */
const world = (isBroken: () => boolean, every: Duration.DurationInput = "1 second", days = 90) => {
  const breakable = Layer.effect(
    HistoryStore,
    Effect.map(HistoryStore, (history) => ({
      ...history,
      take: (records) =>
        isBroken() ? Effect.fail(new HistoryStoreError({ operation: "add", cause: "broken" })) : history.take(records)
    }))
  ).pipe(Layer.provide(MemoryHistoryStore.layer))
  return Keeping.layer({ history: days, audit: 365 }, every).pipe(
    Layer.provide(breakable),
    Layer.provideMerge(MemoryQueueStore.layer)
  )
}

/** `ago`: milliseconds. */
const did = (action: string, ago = 0) =>
  Effect.gen(function* () {
    const record: Audited = {
      _tag: "Audited",
      at: (yield* Clock.currentTimeMillis) - ago,
      by: { name: "admin", address: null },
      action,
      subject: null,
      status: null,
      request: null
    }
    yield* (yield* HistoryOutbox).record([record])
  })

const left = Effect.flatMap(HistoryOutbox, (outbox) => Effect.map(outbox.next(10), (records) => records.length))

const actions = Effect.flatMap(HistoryStore, (history) =>
  Effect.map(history.audit({ limit: 10 }), (found) => found.map(({ record }) => record.action))
)

describe("Keeping the history", () => {
  it.effect("takes what stands in the outbox within a second, and at once when somebody asks", () =>
    Effect.gen(function* () {
      yield* did("one")
      assert.deepStrictEqual(yield* actions, ["one"])
      yield* did("two")
      assert.strictEqual(yield* left, 1)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* left, 0)
    }).pipe(Effect.provide(world(() => false)), quietly)
  )

  it.effect("leaves it there while the history can't be written, and loses nothing", () => {
    let isBroken = true
    return Effect.gen(function* () {
      yield* did("one")
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual([yield* left, yield* actions], [1, []])
      isBroken = false
      yield* TestClock.adjust("31 seconds")
      assert.deepStrictEqual([yield* left, yield* actions], [0, ["one"]])
    }).pipe(Effect.provide(world(() => isBroken)), quietly)
  })

  it.effect("removes what has become too old within the hour", () =>
    Effect.gen(function* () {
      yield* did("too old", 365 * day)
      yield* did("old", 365 * day - 5_400_000)
      assert.deepStrictEqual(yield* actions, ["old", "too old"])
      yield* TestClock.adjust("61 minutes")
      assert.deepStrictEqual(yield* actions, ["old"])
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* actions, [])
    }).pipe(Effect.provide(world(() => false, "10 minutes")), quietly)
  )

  /** Whether entry and values are there, a day after the other. */
  const dayByDay = (days: number) =>
    Effect.gen(function* () {
      const history = yield* HistoryStore
      const at = yield* Clock.currentTimeMillis
      const values = [{ attribute: "firstname", old: null, new: "Anna" }]
      yield* history.add([{ id: 1, record: Builders.delivered("anna", { at, values }) }])
      const seen: Array<string> = []
      for (let n = 0; n <= days; n++) {
        const [entry] = yield* history.list({ limit: 1 })
        const isValued = entry?.record._tag === "Delivered" && entry.record.values !== undefined
        seen.push(entry === undefined ? "nothing" : isValued ? "values" : "entry")
        yield* TestClock.adjust("1 day")
      }
      return seen
    })

  it.effect("keeps values for fourteen days, and the entry for longer", () =>
    Effect.gen(function* () {
      const seen = yield* dayByDay(92)
      assert.deepStrictEqual(
        [seen[0], seen[13], seen[15], seen[89], seen[92]],
        ["values", "values", "entry", "entry", "nothing"]
      )
    }).pipe(Effect.provide(world(() => false, "1 hour")), quietly)
  )

  it.effect("keeps values no longer than the entry, where that is kept for less", () =>
    Effect.gen(function* () {
      const seen = yield* dayByDay(5)
      assert.deepStrictEqual([seen[0], seen[2], seen[4]], ["values", "values", "nothing"])
    }).pipe(Effect.provide(world(() => false, "1 hour", 3)), quietly)
  )
})
