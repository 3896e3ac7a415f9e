/** What `HistoryOutbox` holds. */
import { assert } from "@effect/vitest"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import type { HistoryEntry } from "@id-connector/core/history/HistoryEntry"
import { HistoryOutbox } from "@id-connector/core/history/HistoryOutbox"
import * as RecordText from "@id-connector/core/history/RecordText"
import type { QueueItem } from "@id-connector/core/queue/QueueStore"
import { Effect } from "effect"
import { decided, delivered } from "../../data/Builders.js"
import { arrival, north, south, user } from "./Changes.js"
import { dead, hold, type Test } from "./Steps.js"

const by = { name: "admin", address: "10.0.0.1" }

const heldBack = ({ authority, file, id, object, objectKey }: QueueItem): HistoryEntry => ({
  _tag: "Held",
  at: 1,
  kind: "user",
  objectKey,
  name: ListenerObject.label(object),
  file,
  authority,
  item: id,
  reason: "too many"
})

/** What the outbox has, read. */
export const next = (limit: number) =>
  Effect.flatMap(HistoryOutbox, (outbox) =>
    Effect.map(outbox.next(limit), (texts) => RecordText.parseAll(texts).records)
  )

export const outboxContract = (test: Test): void => {
  const tags = next(100).pipe(Effect.map((records) => records.map(({ record }) => record._tag)))

  test("Q46: has the entry of a change exactly when that was accepted", (queue) =>
    Effect.gen(function* () {
      const outbox = yield* HistoryOutbox
      const change = arrival("1", user("u1", "anna"), { to: [north, south], entry: decided("anna") })
      yield* queue.accept([change, change, arrival("2", user("u2", "bert"))])
      yield* queue.accept([change])
      const records = yield* next(10)
      assert.deepStrictEqual(
        records.map(({ record }) => record),
        [decided("anna")]
      )
      yield* outbox.remove(records[0]?.id ?? 0)
      assert.deepStrictEqual(yield* next(10), [])
      yield* queue.accept([arrival("3", user("u3", "carl"), { entry: decided("carl") })])
      const [newest] = yield* next(1)
      assert.isAbove(newest?.id ?? 0, records[0]?.id ?? 0)
    }))

  test("Q47: has the entry of a settlement once, and none of an item that was not in flight", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([arrival("1", user("u1", "anna")), arrival("2", user("u2", "bert"))])
      const [item] = yield* queue.claim(north, 1)
      if (item === undefined) return assert.fail("there is an item")
      const settlement = { _tag: "Hold", id: item.id, reason: "too many", entry: heldBack(item) } as const
      yield* queue.settle([settlement, settlement])
      yield* queue.settle([settlement])
      assert.deepStrictEqual(yield* tags, ["Held"])
    }))

  test("Q57: has the values of a settlement's entry until that is taken, and no entry where a settlement has none", (queue) =>
    Effect.gen(function* () {
      const outbox = yield* HistoryOutbox
      yield* queue.accept([arrival("1", user("u1", "anna")), arrival("2", user("u2", "bert"))])
      const [anna, bert] = yield* queue.claim(north, 2)
      if (anna === undefined || bert === undefined) return assert.fail("there are items")
      const values = [
        { attribute: "firstname", old: null, new: "Änne" },
        { attribute: "users", old: ["a"], new: ["a", "b"] }
      ]
      const entry = delivered("anna", { item: anna.id, values })
      const done = { _tag: "Done", receipt: null, result: "present" } as const
      yield* queue.settle([
        { ...done, id: anna.id, entry },
        { ...done, id: bert.id }
      ])
      const records = yield* next(10)
      assert.deepStrictEqual(
        records.map(({ record }) => record),
        [entry]
      )
      assert.strictEqual(yield* outbox.erase(entry.objectKey), 1)
      assert.deepStrictEqual(yield* next(10), [])
    }))

  test("Q48: says of each item who retried, confirmed or discarded it", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept(["anna", "bert", "carl"].map((name, n) => arrival(name, user(`u${n}`, name))))
      const [anna, bert] = yield* queue.claim(north, 2)
      yield* dead(queue, anna)
      yield* hold(queue, bert)
      yield* queue.retry(north, { _tag: "InState", state: "held", limit: 10 }, by)
      yield* queue.retry(north, { _tag: "InState", state: "dead", limit: 10 }, by)
      yield* queue.retry(north, { _tag: "InState", state: "waiting", limit: 10 }, by)
      yield* queue.discard(north, { _tag: "InState", state: "waiting", limit: 2 }, by)
      yield* queue.discard(north, { _tag: "InState", state: "waiting", limit: 2 })
      const records = yield* next(10)
      assert.deepStrictEqual(
        records.map(({ record }) =>
          record._tag === "Acted" ? [record.name, record.action, record.by, record.authority] : []
        ),
        [
          ["bert", "confirmed", by, north],
          ["anna", "retried", by, north],
          ["anna", "discarded", by, north],
          ["bert", "discarded", by, north]
        ]
      )
    }))

  test("Q49: forgets an object, and nothing of others", (queue) =>
    Effect.gen(function* () {
      const outbox = yield* HistoryOutbox
      yield* queue.accept([
        arrival("1", user("u1", "anna"), { entry: decided("anna") }),
        arrival("2", user("u2", "bert"), { entry: decided("bert") })
      ])
      yield* outbox.record([
        { _tag: "Audited", at: 2, by, action: "history.look", subject: "anna", status: 200, request: null }
      ])
      assert.strictEqual(yield* outbox.erase("user:anna"), 1)
      const records = yield* next(10)
      assert.deepStrictEqual(
        records.map(({ record }) => (record._tag === "Audited" ? record.action : record.name)),
        ["bert", "history.look"]
      )
    }))
}
