import { assert, describe, it } from "@effect/vitest"
import type { Audited } from "@id-connector/core/history/HistoryEntry"
import { HistoryOutbox } from "@id-connector/core/history/HistoryOutbox"
import { HistoryStore, HistoryStoreError } from "@id-connector/core/history/HistoryStore"
import * as Keeping from "@id-connector/server/history/Keeping"
import * as MemoryHistoryStore from "@id-connector/testkit/memory/MemoryHistoryStore"
import * as MemoryQueueStore from "@id-connector/testkit/memory/MemoryQueueStore"
import { quietly } from "@id-connector/testkit/Quietly"
import { Clock, type Duration, Effect, Layer, TestClock } from "effect"

const day = 86_400_000

/** A history that can be made to fail, which is kept. */
const world = (isBroken: () => boolean, every: Duration.DurationInput = "1 second") => {
  const breakable = Layer.effect(
    HistoryStore,
    Effect.map(HistoryStore, (history) => ({
      ...history,
      add: (records) =>
        isBroken() ? Effect.fail(new HistoryStoreError({ operation: "add", cause: "broken" })) : history.add(records)
    }))
  ).pipe(Layer.provide(MemoryHistoryStore.layer))
  return Keeping.layer({ history: 90, audit: 365 }, every).pipe(
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
})
