import { SqlClient, Statement } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { PreviousStateStore } from "@id-connector/core/queue/PreviousStateStore"
import { ItemId, QueueStore } from "@id-connector/core/queue/QueueStore"
import * as SqlQueueStore from "@id-connector/sql/SqlQueueStore"
import * as Remains from "@id-connector/sql/SqlQueueStore/Remains"
import { arrival, group, north, removedUser, user } from "@id-connector/testkit/contract/QueueStoreContract/Changes"
import {
  dead,
  done,
  doneWith,
  release,
  retryAt,
  retryFor
} from "@id-connector/testkit/contract/QueueStoreContract/Steps"
import { Effect, Layer } from "effect"
import { fresh } from "./TestDatabase.js"

/** Every statement of an effect, with its parameters. */
const statements = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const seen = new Map<string, ReadonlyArray<unknown>>()
    return effect.pipe(
      Statement.withTransformer((statement) =>
        Effect.sync(() => {
          const [text, parameters] = statement.compile()
          seen.set(text, parameters)
          return statement
        })
      ),
      Effect.as(seen)
    )
  })

/** What SQLite would do, one line per step. */
const plan = (text: string, parameters: ReadonlyArray<unknown>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql.unsafe<{ detail: string }>(`EXPLAIN QUERY PLAN ${text}`, parameters)
    return rows.map(({ detail }) => detail)
  })

/** Everything that is done over and over while items wait. */
const work = Effect.gen(function* () {
  const queue = yield* QueueStore
  const states = yield* PreviousStateStore
  yield* queue.accept([1, 2, 3, 4, 5].map((n) => arrival(`${n}`, user(`u${n}`, `user${n}`))))
  yield* queue.accept([
    arrival("6", user("u6", "x")),
    arrival("7", group("7a"), { remember: { _tag: "ExpireAt", at: 1 } })
  ])
  const items = yield* queue.claim(north, 10)
  yield* queue.accept([arrival("8", removedUser("u5", "user5"), { remember: { _tag: "ExpireAt", at: 1 } })])
  yield* doneWith(queue, "receipt", items[0])
  yield* done(queue, items[1])
  yield* retryAt(queue, 0, items[2])
  yield* dead(queue, items[3])
  yield* release(queue, items[4])
  yield* queue.accept([arrival("9", user("u4", "anew"))])
  yield* queue.nextDue(north)
  yield* queue.claim(north, 10)
  const sql = yield* SqlClient.SqlClient
  yield* Remains.takeOut(sql, (yield* Remains.look(sql, 0)).partly)
  yield* queue.recover
  yield* queue.counts(north)
  yield* queue.takenOver([{ name: "1", digest: "1" }])
  yield* queue.forget(["1"])
  yield* states.get(["u1"])
  yield* states.purge
  yield* queue.list(north, { limit: 10 })
  yield* queue.list(north, { state: "waiting", after: ItemId.make(1), limit: 10 })
  yield* queue.list(north, { state: "dead", limit: 10 })
  yield* queue.list(north, { state: "held", limit: 10 })
  yield* queue.list(north, { state: "in_flight", limit: 10 })
  yield* queue.list(north, { object: "anna", limit: 10 })
  yield* queue.show(north, ItemId.make(1))
  yield* queue.accept([
    arrival("10", removedUser("u10", "ten")),
    arrival("11", user("u11", "ten")),
    arrival("12", group("7c", ["uid=user3"]))
  ])
  const more = yield* queue.claim(north, 10)
  yield* retryFor(["ten"])(queue, 0, more[0])
  yield* queue.settle(more.slice(1, 2).map(({ id }) => ({ _tag: "Hold", id, reason: "" })))
  yield* queue.settle(more.slice(2).map(({ id }) => ({ _tag: "Done", id, receipt: null, result: "removed" })))
  yield* queue.retry(north, { _tag: "InState", state: "dead", limit: 10 })
  yield* queue.retry(north, { _tag: "Ids", ids: [ItemId.make(1)] })
  yield* queue.discard(north, { _tag: "InState", state: "held", limit: 10 })
  yield* queue.discard(north, { _tag: "Ids", ids: [ItemId.make(1)] })
  yield* queue.removals(north, 0)
  yield* queue.holding(north)
  yield* queue.concerned(["user:u1", "group:entry-7c"])
  yield* queue.waitsFor(north, [ItemId.make(1)])
  yield* queue.othersWith(north, "r", "user:u1")
})

describe("query plans", () => {
  it.effect("no statement reads a whole table or sorts: none becomes slower because more items wait", () =>
    Effect.gen(function* () {
      const seen = yield* statements(work)
      assert.isAbove(seen.size, 20)
      const searched = new Set<string>()
      for (const [text, parameters] of seen) {
        for (const step of yield* plan(text, parameters)) {
          const harmless =
            !/^SCAN|TEMP B-TREE/.test(step) ||
            // The rows that came as parameters; a few rows that were searched for.
            // The few that were claimed, users first.
            text.endsWith("ORDER BY q.kind, q.id") ||
            /VIRTUAL TABLE|VALUES CLAUSE|CONSTANT ROW|SCAN \(subquery/.test(step) ||
            // What was reached from those.
            (/^SCAN (r|u|held_up|reached)$/.test(step) && text.includes("WITH RECURSIVE")) ||
            // As many from each range as are wanted of all.
            (step.includes("TEMP B-TREE FOR ORDER BY") && text.includes("AND kind = ? AND id > ?")) ||
            // A row per table.
            step === "SCAN sqlite_sequence" ||
            // A few per authority.
            step === "SCAN queue_counts" ||
            // At the start, and after something was undone.
            step === "SCAN taken_over" ||
            // It ends at the first row.
            text.endsWith("LIMIT 1") ||
            // recover: the index holds nothing but what was in flight.
            step === "SCAN queue USING COVERING INDEX queue_in_flight"
          assert.isTrue(harmless, `${step}: ${text}`)
          searched.add(/INDEX (queue_.*\))/.exec(step)?.[1] ?? "")
        }
      }
      assert.sameMembers(
        [...searched],
        [
          "",
          "queue_delayed (authority=? AND available_at<?)",
          "queue_delayed (authority=?)",
          "queue_name (authority=? AND name=?)",
          "queue_object (short_key=?)",
          "queue_state (authority=? AND state=? AND kind=? AND rowid>?)",
          "queue_state (authority=? AND state=?)",
          "queue_state (authority=? AND state=? AND kind=?)"
        ]
      )
    }).pipe(Effect.provide(SqlQueueStore.layer.pipe(Layer.provideMerge(fresh))))
  )

  it.effect("no statement is planned anew for each run: see `Limit`", () =>
    Effect.gen(function* () {
      const seen = yield* statements(work)
      const limited = [...seen.keys()].filter((text) => text.includes("LIMIT"))
      assert.isAbove(limited.length, 5)
      for (const text of limited) assert.notMatch(text, /(LIMIT|OFFSET) \?/)
    }).pipe(Effect.provide(SqlQueueStore.layer.pipe(Layer.provideMerge(fresh))))
  )
})
