import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import type { PreviousStateStore } from "@id-connector/core/queue/PreviousStateStore"
import { ItemId, QueueStore } from "@id-connector/core/queue/QueueStore"
import * as SqlQueueStore from "@id-connector/sql/SqlQueueStore"
import { queueStoreContract } from "@id-connector/testkit/contract/QueueStoreContract"
import {
  arrival,
  group,
  north,
  plainHashes,
  previousUser,
  user
} from "@id-connector/testkit/contract/QueueStoreContract/Changes"
import { dead, done, names, previousOf } from "@id-connector/testkit/contract/QueueStoreContract/Steps"
import { Array as Arr, Effect, Layer, Option } from "effect"
import { database, fresh, newFile } from "./TestDatabase.js"

queueStoreContract("SQLite", Layer.provide(SqlQueueStore.layer, fresh))

type Stores = QueueStore | PreviousStateStore | SqlClient.SqlClient

const one = SqlQueueStore.layer.pipe(Layer.provideMerge(fresh))

/** Runs each part on the same file, which is closed in between. */
const reopened = (...parts: ReadonlyArray<Effect.Effect<void, unknown, Stores>>) =>
  Effect.gen(function* () {
    const filename = yield* newFile
    for (const part of parts) {
      yield* Effect.provide(part, Layer.provideMerge(SqlQueueStore.layer, database(filename)))
    }
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

/** From now on the file `bad` can't be accepted. */
const refuseBad = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql`CREATE TRIGGER broken BEFORE INSERT ON queue WHEN new.file = 'bad' BEGIN SELECT raise(ABORT, 'no'); END`
)

/** The files that are taken over, as another connection sees it. */
const committedNames = (filename: string) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) =>
      sql<{ name: string }>`SELECT f.value ->> 0 AS name FROM taken_over AS t, json_each(t.files) AS f ORDER BY 1`
  ).pipe(
    Effect.map((rows) => rows.map(({ name }) => name)),
    Effect.provide(Layer.fresh(database(filename)))
  )

describe("SqlQueueStore", () => {
  it.effect("keeps everything when the file is closed and opened again", () =>
    reopened(
      Effect.gen(function* () {
        const queue = yield* QueueStore
        const anna = arrival("1", user("u1", "anna"), { remember: { _tag: "State", state: previousUser("anna") } })
        yield* queue.accept([anna, arrival("2", user("u2", "bert")), arrival("3", group("7a"))])
        yield* queue.settle(
          (yield* queue.claim(north, 1)).map(({ id }) => ({ _tag: "Done", id, receipt: "receipt", result: "present" }))
        )
        yield* queue.accept([arrival("4", user("u1", "anne"), anna)])
        yield* queue.claim(north, 1)
      }),
      Effect.gen(function* () {
        const queue = yield* QueueStore
        assert.deepStrictEqual(yield* queue.counts(north), { waiting: 2, inFlight: 1, held: 0, dead: 0 })
        assert.strictEqual(yield* queue.recover, 1)
        const items = yield* queue.claim(north, 10)
        assert.deepStrictEqual(
          items.map(({ file, receipt }) => [file, receipt]),
          [
            ["2", null],
            ["4", "receipt"],
            ["3", null]
          ]
        )
        assert.deepStrictEqual(yield* previousOf("u1"), previousUser("anna"))
        assert.deepStrictEqual(yield* queue.takenOverNames, ["1", "2", "3", "4"])
        yield* queue.settle(items.map(({ id }) => ({ _tag: "Done", id, receipt: null, result: "present" })))
      }),
      Effect.gen(function* () {
        const queue = yield* QueueStore
        yield* queue.accept([arrival("5", user("u9", "new"))])
        const [item] = yield* queue.claim(north, 10)
        assert.isAbove(item?.id ?? 0, 4, "ids are never used twice")
      })
    )
  )

  it.scoped("waits for the disk when it is to flush, and when somebody intervenes, not otherwise", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const filename = yield* newFile
      const sizeOfLog = Effect.map(fs.stat(`${filename}-wal`), ({ size }) => Number(size))
      /** The sizes that the log had when it was waited for. */
      const synced: Array<number> = []
      const watched = FileSystem.make({
        ...fs,
        open: (path, options) =>
          Effect.map(fs.open(path, options), (file) => ({
            ...file,
            sync: Effect.zipRight(
              Effect.map(file.stat, ({ size }) => void synced.push(path === `${filename}-wal` ? Number(size) : -1)),
              file.sync
            )
          }))
      })
      yield* Effect.gen(function* () {
        const queue = yield* QueueStore
        const syncs = Effect.sync(() => synced.splice(0))
        const before = yield* sizeOfLog
        yield* queue.accept([arrival("1", user("u1", "anna")), arrival("2", user("u2", "bert"))])
        assert.deepStrictEqual(yield* syncs, [])
        yield* queue.flush
        const after = yield* sizeOfLog
        assert.isAbove(after, before, "what is committed goes to the log")
        assert.deepStrictEqual(yield* syncs, [after])
        yield* dead(queue, ...(yield* queue.claim(north, 2)))
        assert.deepStrictEqual(yield* syncs, [])
        yield* queue.retry(north, { _tag: "InState", state: "dead", limit: 1 })
        yield* queue.discard(north, { _tag: "InState", state: "dead", limit: 1 })
        yield* queue.setPaused(north, true)
        assert.lengthOf(yield* syncs, 3)
      }).pipe(
        Effect.provide(
          SqlQueueStore.layer.pipe(
            Layer.provide(Layer.succeed(FileSystem.FileSystem, watched)),
            Layer.provide(database(filename))
          )
        )
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("does nothing of a call that fails, and goes on afterwards", () =>
    Effect.gen(function* () {
      const queue = yield* QueueStore
      yield* refuseBad
      const error = yield* Effect.flip(
        queue.accept([arrival("1", user("u1", "anna")), arrival("bad", user("u2", "x"))])
      )
      assert.strictEqual(error.message, 'The queue storage failed at "accept": no')
      assert.deepStrictEqual(yield* queue.takenOverNames, [])
      assert.isUndefined(yield* previousOf("u1"))
      yield* queue.accept([arrival("1", user("u1", "anna"))])
      assert.deepStrictEqual(yield* queue.counts(north), { waiting: 1, inFlight: 0, held: 0, dead: 0 })
    }).pipe(Effect.provide(one))
  )

  it.effect("undoes what was accepted before in the same transaction, too, and says so when it is to flush", () =>
    Effect.gen(function* () {
      const queue = yield* QueueStore
      yield* refuseBad
      yield* queue.accept([arrival("1", user("u1", "anna"))])
      yield* queue.flush
      yield* queue.accept([arrival("2", user("u2", "bert"))])
      yield* Effect.flip(queue.accept([arrival("bad", user("u3", "x"))]))
      assert.deepStrictEqual(yield* queue.takenOverNames, ["1"])
      yield* queue.accept([arrival("4", user("u4", "dora"))])
      yield* queue.setPaused(north, true)
      const error = yield* Effect.flip(queue.flush)
      assert.strictEqual(error.message, 'The queue storage failed at "flush": no')
      assert.deepStrictEqual(yield* queue.takenOverNames, ["1", "4"])
      yield* queue.flush
    }).pipe(Effect.provide(one))
  )

  it.effect("knows what was undone, and not what it held in memory of it", () =>
    Effect.gen(function* () {
      const queue = yield* QueueStore
      yield* refuseBad
      const state = previousUser("anna")
      const anna = arrival("1", user("u1", "anna"), { remember: { _tag: "State", state } })
      yield* queue.accept([anna])
      assert.deepStrictEqual(yield* previousOf("u1"), state)
      yield* Effect.flip(queue.accept([arrival("bad", user("u3", "x"))]))
      assert.deepStrictEqual([...(yield* queue.takenOver([anna.file]))], [])
      assert.isUndefined(yield* previousOf("u1"))
      yield* queue.accept([anna])
      assert.deepStrictEqual([...(yield* queue.takenOver([anna.file]))], [["1", "remove"]])
      assert.deepStrictEqual(yield* previousOf("u1"), state)
    }).pipe(Effect.provide(one))
  )

  it.effect("remembers what is left of files that came together, and the newest content of each", () =>
    reopened(
      Effect.gen(function* () {
        const queue = yield* QueueStore
        yield* queue.accept(["1", "2", "3"].map((name) => arrival(name, user(`u${name}`, `user${name}`))))
        yield* queue.accept([arrival("2", user("u2", "anew"), { digest: "other" })])
        yield* queue.forget(["1"])
        yield* queue.flush
      }),
      Effect.gen(function* () {
        const queue = yield* QueueStore
        assert.deepStrictEqual([...(yield* queue.takenOverNames)].sort(), ["2", "3"])
        const asked = ["2", "other", "3"].map((digest) => ({ name: digest === "3" ? "3" : "2", digest }))
        assert.deepStrictEqual([...(yield* queue.takenOver(asked.slice(0, 1)))], [])
        assert.deepStrictEqual([...(yield* queue.takenOver(asked.slice(1)))].length, 2)
        yield* queue.forget(["2"])
        yield* queue.flush
      }),
      Effect.gen(function* () {
        const queue = yield* QueueStore
        assert.deepStrictEqual(yield* queue.takenOverNames, ["3"])
      })
    )
  )

  it.effect("undoes nothing of others when one call fails that is alone", () =>
    Effect.gen(function* () {
      const queue = yield* QueueStore
      yield* refuseBad
      yield* queue.accept([arrival("1", user("u1", "anna"))])
      yield* queue.claim(north, 1)
      yield* Effect.flip(queue.accept([arrival("bad", user("u3", "x"))]))
      yield* queue.flush
      assert.deepStrictEqual(yield* queue.counts(north), { waiting: 0, inFlight: 1, held: 0, dead: 0 })
    }).pipe(Effect.provide(one))
  )

  it.scoped("commits what was accepted when it is to flush, when anything else is changed, and at the end", () =>
    Effect.gen(function* () {
      const filename = yield* newFile
      const committed = committedNames(filename)
      yield* Effect.gen(function* () {
        const queue = yield* QueueStore
        yield* queue.accept([arrival("1", user("u1", "anna"))])
        assert.deepStrictEqual(yield* queue.takenOverNames, ["1"])
        assert.deepStrictEqual(yield* committed, [])
        yield* queue.flush
        assert.deepStrictEqual(yield* committed, ["1"])
        yield* queue.accept([arrival("2", user("u2", "bert"))])
        yield* queue.accept([arrival("3", user("u3", "carl"))])
        assert.deepStrictEqual(yield* committed, ["1"])
        assert.lengthOf(yield* queue.claim(north, 3), 3)
        assert.deepStrictEqual(yield* committed, ["1", "2", "3"])
        yield* queue.forget(["1"])
        yield* queue.accept([arrival("4", user("u4", "dora"))])
        assert.deepStrictEqual(yield* committed, ["1", "2", "3"])
      }).pipe(Effect.provide(Layer.provideMerge(SqlQueueStore.layer, database(filename))))
      assert.deepStrictEqual(yield* committed, ["2", "3", "4"])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("commits what was accepted now and then, though nobody flushes", () =>
    Effect.gen(function* () {
      const filename = yield* newFile
      const committed = committedNames(filename)
      yield* Effect.gen(function* () {
        const queue = yield* QueueStore
        yield* Effect.forEach(Arr.range(1, 40), (n) => queue.accept([arrival(`${n}`, user(`u${n}`, `name${n}`))]))
        assert.isAtLeast((yield* committed).length, 20)
      }).pipe(Effect.provide(Layer.provideMerge(SqlQueueStore.layer, database(filename))))
      assert.lengthOf(yield* committed, 40)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("fails, and has done nothing, when the commit fails", () =>
    Effect.gen(function* () {
      const queue = yield* QueueStore
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE parent (id INTEGER PRIMARY KEY)`
      yield* sql`CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)`
      yield* sql`CREATE TRIGGER broken AFTER INSERT ON queue BEGIN INSERT INTO child VALUES (new.id); END`
      yield* queue.accept([arrival("1", user("u1", "anna"))])
      const error = yield* Effect.flip(queue.flush)
      assert.strictEqual(error.message, 'The queue storage failed at "flush": FOREIGN KEY constraint failed')
      yield* sql`DROP TRIGGER broken`
      assert.deepStrictEqual(yield* queue.takenOverNames, [])
      yield* queue.accept([arrival("2", user("u2", "bert"))])
      yield* queue.flush
      assert.deepStrictEqual(yield* queue.takenOverNames, ["2"])
    }).pipe(Effect.provide(one))
  )

  it.effect.each([
    ["is something else", "UPDATE desired_state_bundles SET states = '{}' WHERE first = 1"],
    ["has a number beyond 2^53", "UPDATE desired_state_bundles SET states = replace(states, '1700000000', '1e20')"],
    ["is gone", "DELETE FROM desired_state_bundles WHERE first = 1"]
  ] as const)(
    "makes a dead letter of an item whose content %s: others go on, and it can be seen and discarded",
    ([, damage]) =>
      Effect.gen(function* () {
        const queue = yield* QueueStore
        const sql = yield* SqlClient.SqlClient
        yield* queue.accept([arrival("1", user("u1", "anna", { hashes: plainHashes }))])
        yield* queue.accept([arrival("2", user("u2", "bert"))])
        yield* queue.accept([arrival("3", group("7a", ["uid=anna,dc=x", "uid=bert,dc=x"]))])
        yield* queue.flush
        yield* sql.unsafe(damage)
        const claimed = yield* queue.claim(north, 2)
        assert.deepStrictEqual(names(claimed), ["bert"], "the class waits for its members")
        yield* done(queue, ...claimed)
        yield* done(queue, ...(yield* queue.claim(north, 2)))
        assert.deepStrictEqual(yield* queue.counts(north), { waiting: 0, inFlight: 0, held: 0, dead: 1 })
        const [listed] = yield* queue.list(north, { limit: 10, state: "dead" })
        assert.deepStrictEqual(
          [listed?.file, listed?.attempts, names(listed === undefined ? [] : [listed])],
          ["1", 1, ["anna"]]
        )
        assert.match(listed?.lastError ?? "", /^What is stored of this change can't be read \(.*\)\. Discard it/)
        const id = listed?.id ?? ItemId.make(1)
        assert.lengthOf(Option.getOrThrow(yield* queue.show(north, id)).attempts, 1)
        assert.strictEqual(yield* queue.retry(north, { _tag: "Ids", ids: [id] }), 1)
        assert.deepStrictEqual(yield* queue.claim(north, 2), [])
        assert.strictEqual(yield* queue.discard(north, { _tag: "Ids", ids: [id] }), 1)
        assert.deepStrictEqual(yield* queue.counts(north), { waiting: 0, inFlight: 0, held: 0, dead: 0 })
      }).pipe(Effect.provide(one))
  )

  it.effect("accepts the next change of an object whose item, and whose previous state, can't be read", () =>
    Effect.gen(function* () {
      const queue = yield* QueueStore
      const sql = yield* SqlClient.SqlClient
      yield* queue.accept([
        arrival("1", user("u1", "anna"), { remember: { _tag: "State", state: previousUser("anna") } })
      ])
      yield* queue.flush
      yield* sql`UPDATE desired_state_bundles SET states = '{}'`
      yield* sql`UPDATE previous_states SET state = '{'`
      assert.isUndefined(yield* previousOf("u1"))
      yield* queue.accept([arrival("2", user("u1", "anne"))])
      assert.deepStrictEqual(names(yield* queue.claim(north, 2)), ["anne"])
    }).pipe(Effect.provide(one))
  )

  it.effect("takes back what can't be read, too, when a process died while it was delivered", () =>
    Effect.gen(function* () {
      const queue = yield* QueueStore
      const sql = yield* SqlClient.SqlClient
      yield* queue.accept([arrival("1", user("u1", "anna")), arrival("2", user("u2", "bert"))])
      yield* queue.claim(north, 2)
      yield* queue.accept([arrival("3", user("u1", "anne"))])
      yield* queue.accept([arrival("4", user("u2", "bart"))])
      yield* queue.flush
      yield* sql`UPDATE desired_state_bundles SET states = '{}' WHERE first IN (1, 4)`
      assert.strictEqual(yield* queue.recover, 2)
      assert.deepStrictEqual(names(yield* queue.claim(north, 5)), ["anne"])
      assert.deepStrictEqual(yield* queue.counts(north), { waiting: 0, inFlight: 1, held: 0, dead: 1 })
    }).pipe(Effect.provide(one))
  )
})
