import * as Fs from "node:fs"
import { dirname, join } from "node:path"
import { NodeContext } from "@effect/platform-node"
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
        assert.include(bytes(), "erasedanna")
        assert.strictEqual(yield* history.erase("user:0"), 250)
        assert.notInclude(bytes(), "erasedanna")
      }).pipe(Effect.provide(at(file)))
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
