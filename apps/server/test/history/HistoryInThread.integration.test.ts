import * as Fs from "node:fs"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { HistoryStore } from "@id-connector/core/history/HistoryStore"
import * as HistoryInThread from "@id-connector/server/history/HistoryInThread"
import * as Builders from "@id-connector/testkit/data/Builders"
import { Effect, Either, Option } from "effect"

const decided = (name: string) => Builders.decided(name, { ignored: [{ _tag: "SchoolNotMapped", school: "Ä" }] })

const valued = Builders.delivered("cora", {
  at: 3,
  values: [{ attribute: "users", old: null, new: ["cora", { a: 1 }] }]
})

describe("The history in a thread", () => {
  it.scopedLive(
    "is the same as without, for nobody else to read, and begins anew when a damaged file was moved away",
    () =>
      Effect.gen(function* () {
        const directory = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
        const file = join(directory, "history.db")
        Fs.writeFileSync(file, "no database at all, and long enough to be looked at: ".repeat(40))
        yield* Effect.gen(function* () {
          const history = yield* HistoryStore
          const before = yield* Effect.either(history.list({ limit: 1 }))
          assert.match(Either.isLeft(before) ? before.left.message : "", /history.db.*not a database/)
          Fs.renameSync(file, `${file}.damaged`)
          yield* history.add([
            { id: 1, record: decided("anna") },
            { id: 2, record: decided("bert") },
            { id: 4, record: valued }
          ])
          assert.deepStrictEqual(yield* history.list({ name: "anna", limit: 9 }), [{ id: 1, record: decided("anna") }])
          assert.deepStrictEqual(yield* history.one(2), Option.some({ id: 2, record: decided("bert") }))
          assert.deepStrictEqual(yield* history.one(3), Option.none())
          assert.deepStrictEqual(yield* history.one(4), Option.some({ id: 4, record: valued }))
          assert.strictEqual(yield* history.erase("user:anna"), 1)
          assert.strictEqual(yield* history.purge({ history: 2, audit: 2, values: 2 }, 100), 1)
          assert.deepStrictEqual(yield* history.audit({ limit: 1 }), [])
          assert.strictEqual(Fs.statSync(file).mode & 0o077, 0)
        }).pipe(Effect.provide(HistoryInThread.layer(file)))
      }).pipe(Effect.provide(NodeContext.layer))
  )
})
