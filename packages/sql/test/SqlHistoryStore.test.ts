import * as Fs from "node:fs"
import { dirname, join } from "node:path"
import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { SqliteClient, SqliteMigrator } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import { HistoryStore } from "@id-connector/core/history/HistoryStore"
import { historyMigrations } from "@id-connector/sql/HistoryMigrations"
import * as SqlHistoryStore from "@id-connector/sql/SqlHistoryStore"
import { historyStoreContract } from "@id-connector/testkit/contract/HistoryStoreContract"
import * as Builders from "@id-connector/testkit/data/Builders"
import { Effect, Layer } from "effect"
import { newFile } from "./TestDatabase.js"

const at = (filename: string) =>
  SqlHistoryStore.layer.pipe(
    Layer.provide(SqliteMigrator.layer({ loader: SqliteMigrator.fromRecord(historyMigrations) })),
    Layer.provide(SqliteClient.layer({ filename })),
    Layer.provide(NodeContext.layer)
  )

historyStoreContract("SQLite", newFile.pipe(Effect.map(at), Layer.unwrapScoped, Layer.provide(NodeContext.layer)))

describe("The history in SQLite", () => {
  it.scopedLive("leaves nothing of an erased person in its files", () =>
    Effect.gen(function* () {
      const file = yield* newFile
      yield* Effect.gen(function* () {
        const history = yield* HistoryStore
        const person = (id: number, name: string, objectKey: string) => ({
          id,
          record: Builders.decided(name, {
            at: id,
            objectKey,
            file: `${name}.json`,
            ignored: [{ _tag: "NoPreviousState", dn: `uid=${name}`, id: objectKey }]
          })
        })
        for (let id = 1; id <= 500; id++)
          yield* history.add([person(id, id % 2 === 0 ? "erasedanna" : `u${id}`, `user:${id % 2}`)])
        const bytes = () =>
          Fs.readdirSync(dirname(file))
            .map((name) => Fs.readFileSync(join(dirname(file), name), "latin1"))
            .join()
        yield* history.add([
          {
            id: 501,
            record: Builders.delivered("erasedanna", {
              at: 501,
              objectKey: "user:0",
              values: [{ attribute: "firstname", old: "erasedvalue1", new: "erasedvalue2" }]
            })
          }
        ])
        for (const name of ["erasedanna", "erasedvalue1", "erasedvalue2"]) assert.include(bytes(), name)
        assert.strictEqual(yield* history.erase("user:0"), 251)
        assert.notInclude(bytes(), "erased")
      }).pipe(Effect.provide(at(file)))
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("leaves no values in its files that were kept long enough, and the entry", () =>
    Effect.gen(function* () {
      const file = yield* newFile
      yield* Effect.gen(function* () {
        const history = yield* HistoryStore
        for (let id = 1; id <= 50; id++) {
          const values = [{ attribute: "firstname", old: null, new: `${id <= 25 ? "old" : "new"}value${id}` }]
          yield* history.add([{ id, record: Builders.delivered("anna", { at: id, values }) }])
        }
        const tooOld = { history: 0, audit: 0, values: 26 }
        yield* Effect.repeat(history.purge(tooOld, 10), { until: (gone) => gone === 0 })
        const bytes = Fs.readdirSync(dirname(file))
          .map((name) => Fs.readFileSync(join(dirname(file), name), "latin1"))
          .join()
        assert.notInclude(bytes, "oldvalue")
        assert.include(bytes, "newvalue26")
        assert.lengthOf(yield* history.list({ limit: 100 }), 50)
      }).pipe(Effect.provide(at(file)))
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("goes on with a file from before there were values", () =>
    Effect.gen(function* () {
      const file = yield* newFile
      const before = Builders.decided("anna", { at: 1 })
      const old = Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`
          INSERT INTO history (id, at, kind, object, object_key, entry, outcome, body)
          VALUES (1, 1, 0, 1, 'user:anna', 0, 0, ${JSON.stringify(before)})`
      })
      yield* Effect.provide(
        old,
        SqliteMigrator.layer({
          loader: SqliteMigrator.fromRecord({ "0001_history": historyMigrations["0001_history"] })
        }).pipe(Layer.provideMerge(SqliteClient.layer({ filename: file })), Layer.provide(NodeContext.layer))
      )
      yield* Effect.gen(function* () {
        const history = yield* HistoryStore
        const values = [{ attribute: "firstname", old: null, new: "Anna" }]
        const after = Builders.delivered("anna", { values })
        yield* history.add([{ id: 2, record: after }])
        assert.deepStrictEqual(yield* history.list({ limit: 9 }), [
          { id: 2, record: after },
          { id: 1, record: before }
        ])
      }).pipe(Effect.provide(at(file)))
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
