import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { SqliteClient, SqliteMigrator } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import * as Coalescing from "@id-connector/core/queue/Coalescing"
import * as QueueRow from "@id-connector/core/queue/QueueRow"
import { QueueStore } from "@id-connector/core/queue/QueueStore"
import { migrations } from "@id-connector/sql/Migrations"
import * as SqlQueueStore from "@id-connector/sql/SqlQueueStore"
import { arrival, group, north, previousUser, user } from "@id-connector/testkit/contract/QueueStoreContract/Changes"
import { previousOf } from "@id-connector/testkit/contract/QueueStoreContract/Steps"
import { Effect, Layer, Record } from "effect"
import { database, newFile } from "./TestDatabase.js"

/** More than what is migrated at once. */
const many = 2_500

describe("migrations", () => {
  it.scoped("find every object and file of a database that was filled before", () =>
    Effect.gen(function* () {
      const filename = yield* newFile
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const numbers = JSON.stringify(Array.from({ length: many }, (_, index) => index + 1))
        yield* sql`
          INSERT INTO queue (authority, kind, object_key, name, file)
          SELECT ${north}, 0, 'user:u' || value, 'name' || value, 'file' || value FROM json_each(${numbers})`
        const { payload } = QueueRow.rowOf(Coalescing.single(user("u1", "anna")))
        yield* sql`
          INSERT INTO wishes (id, recreate, payload)
          SELECT value, 0, replace(${payload}, '"u1"', '"u' || value || '"') FROM json_each(${numbers})`
        yield* sql`
          INSERT INTO queue (id, authority, kind, object_key, name, file)
          VALUES (${many + 1}, ${north}, 1, 'group:cn=school1-7a', 'school1-7a', 'class')`
        const schoolClass = QueueRow.rowOf(Coalescing.single(group("7a")))
        yield* sql`INSERT INTO wishes (id, recreate, payload) VALUES (${many + 1}, 0, ${schoolClass.payload})`
        yield* sql`INSERT INTO taken_over (name, digest, fate) VALUES ('x', '1', 'trash'), ('y', '2', 'remove')`
        yield* sql`INSERT INTO queue_counts VALUES (${north}, 'ready', ${many + 1})`
        yield* sql`
          INSERT INTO previous_states (id, state)
          SELECT 'u' || value, replace(${JSON.stringify(previousUser("R-Ä0"))}, 'Ä0', 'Ä' || value) FROM json_each(${numbers})`
        yield* sql`
          INSERT INTO delivered (authority, object_key, receipt)
          SELECT ${north}, 'user:u' || value, 'receipt' || value FROM json_each(${numbers})`
      }).pipe(Effect.provide(before("0009", filename)))
      yield* Effect.gen(function* () {
        const queue = yield* QueueStore
        for (const id of ["u1", `u${many}`]) {
          const recordUid = id.replace("u", "R-Ä")
          assert.deepStrictEqual(yield* previousOf(id), previousUser(recordUid))
          assert.strictEqual(yield* queue.receipt(north, `user:${id}`), id.replace("u", "receipt"))
          assert.deepStrictEqual(yield* queue.othersWith(north, recordUid, "user:x"), ["TESTID"])
          assert.deepStrictEqual(yield* queue.othersWith(north, recordUid, `user:${id}`), [])
          assert.lengthOf(yield* queue.list(north, { object: id, limit: 10 }), 1)
        }
        const files = [
          { name: "x", digest: "1" },
          { name: "y", digest: "other" }
        ]
        assert.strictEqual(yield* queue.holding(north), many)
        assert.deepStrictEqual([...(yield* queue.takenOver(files))], [["x", "trash"]])
        assert.deepStrictEqual([...(yield* queue.takenOverNames)].sort(), ["x", "y"])
        yield* queue.accept([arrival("new", user(`u${many}`, "bert"))])
        yield* queue.accept([arrival("class", group("8a", [], { id: "entry-7a" }))])
        assert.strictEqual((yield* queue.counts(north)).waiting, many + 1, "merged with what was there")
      }).pipe(Effect.provide(Layer.provideMerge(SqlQueueStore.layer, database(filename))))
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("find the causes of what was dead or held before", () =>
    Effect.gen(function* () {
      const filename = yield* newFile
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const numbers = JSON.stringify(Array.from({ length: many }, (_, index) => index + 1))
        yield* sql`
          INSERT INTO queue (id, authority, kind, object_key, name, file, state, last_error)
          SELECT value, ${north}, 0, 'user:u' || value, 'name' || value, 'file' || value,
            CASE WHEN value % 5 = 0 THEN 'held' WHEN value % 5 = 1 THEN 'ready' ELSE 'dead' END,
            CASE value % 5 WHEN 2 THEN 'The domain of "name' || value || '@x.de" is not hosted.' WHEN 3 THEN NULL ELSE 'Too many.' END
          FROM json_each(${numbers})`
        yield* sql`
INSERT INTO attempts (item, at, error) VALUES (2, 5, 'x'), (7, 3, 'x'), (7, 4, 'x')`
      }).pipe(Effect.provide(before("0019", filename)))
      yield* Effect.gen(function* () {
        const queue = yield* QueueStore
        const dead = yield* queue.groups("dead", { limit: 10 })
        const fifth = many / 5
        assert.deepStrictEqual(
          dead.map(({ cause, items }) => [cause, items]),
          [
            ["The cause is not known.", fifth],
            ["The domain of … is not hosted.", fifth],
            ["Too many.", fifth]
          ]
        )
        assert.strictEqual(dead[1]?.last, 5)
        const held = yield* queue.groups("held", { authority: north, limit: 10 })
        assert.deepStrictEqual(
          held.map(({ authority, items, sample }) => [authority, items, sample]),
          [[north, fifth, 5]]
        )
      }).pipe(Effect.provide(Layer.provideMerge(SqlQueueStore.layer, database(filename))))
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

/** The database as it was made before this migration. */
const before = (first: string, filename: string) =>
  SqliteMigrator.layer({
    loader: SqliteMigrator.fromRecord(Record.filter(migrations, (_, name) => name < first))
  }).pipe(Layer.provideMerge(SqliteClient.layer({ filename })), Layer.provideMerge(NodeContext.layer))
