import * as Fs from "node:fs"
import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import { QueueStore } from "@id-connector/core/queue/QueueStore"
import * as SqlQueueStore from "@id-connector/sql/SqlQueueStore"
import {
  arrival,
  north,
  plainHashes,
  previousUser,
  user
} from "@id-connector/testkit/contract/QueueStoreContract/Changes"
import { dead, done, hashesOf, names, release } from "@id-connector/testkit/contract/QueueStoreContract/Steps"
import { Effect, Either, Layer, TestClock } from "effect"
import { database, fresh, newFile } from "./TestDatabase.js"

const one = SqlQueueStore.layer.pipe(Layer.provideMerge(fresh))

const users = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => `user${first + index}`)

const acceptUsers = (first: number, last: number) =>
  Effect.flatMap(QueueStore, (queue) =>
    Effect.zipRight(
      queue.accept(users(first, last).map((name) => arrival(name, user(`id-${name}`, name)))),
      queue.flush
    )
  )

/** The first and last ids of what stands together. */
const bundles = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql<{ first: number; last: number }>`SELECT first, last FROM desired_state_bundles ORDER BY first`
).pipe(Effect.map((rows) => rows.map(({ first, last }) => [first, last])))

describe("what items are to deliver", () => {
  it.effect("comes back as it was, each item's own, wherever it stands in a bundle", () =>
    Effect.gen(function* () {
      const queue = yield* QueueStore
      yield* acceptUsers(1, 3)
      yield* acceptUsers(4, 24)
      assert.deepStrictEqual(yield* bundles, [
        [1, 3],
        [4, 11],
        [12, 19],
        [20, 24]
      ])
      assert.deepStrictEqual(names(yield* queue.claim(north, 100)), users(1, 24))
    }).pipe(Effect.provide(one))
  )

  it.effect("may be text of any form, with a previous state, with password hashes or without", () =>
    Effect.gen(function* () {
      const queue = yield* QueueStore
      const text = JSON.stringify(
        {
          id: "u1",
          dn: "uid=änna,ou=School1,dc=example,dc=org",
          udm_object_type: "users/user",
          options: ["default", "ucsschoolStudent"],
          object: { username: "änna", school: ["School1"], description: "a\u001eb\u001fc\r\n\t\u0000" }
        },
        null,
        "\t"
      )
      const read = Either.getOrThrow(ListenerObject.decodeText(text))
      yield* queue.accept([
        { ...arrival("1", read), text },
        arrival("2", user("u2", "bert", { previous: previousUser("old"), hashes: plainHashes }))
      ])
      const [first, second] = yield* queue.claim(north, 10)
      assert.deepStrictEqual(first?.object, read)
      assert.deepStrictEqual(second?.object.previous, previousUser("old"))
      assert.deepStrictEqual(hashesOf(second), plainHashes)
      assert.isNull(hashesOf(first) ?? null)
    }).pipe(Effect.provide(one))
  )

  it.effect("is what came last, however often something newer was merged into it", () =>
    Effect.gen(function* () {
      const queue = yield* QueueStore
      yield* acceptUsers(1, 8)
      for (const name of ["anew", "newest"]) {
        yield* queue.accept([arrival(name, user("id-user5", name))])
      }
      assert.deepStrictEqual(names(yield* queue.claim(north, 100)), [...users(1, 4), "newest", ...users(6, 8)])
    }).pipe(Effect.provide(one))
  )

  it.effect("is gone with the last item that needs it: a dead letter keeps nothing of its neighbours", () =>
    Effect.gen(function* () {
      const queue = yield* QueueStore
      const sql = yield* SqlClient.SqlClient
      yield* acceptUsers(1, 3)
      yield* acceptUsers(4, 13)
      yield* queue.accept([arrival("merged", user("id-user2", "merged"))])
      const items = yield* queue.claim(north, 100)
      yield* done(queue, ...items.slice(4, 12))
      assert.deepStrictEqual(yield* bundles, [
        [1, 3],
        [4, 11],
        [12, 13]
      ])
      yield* dead(queue, items[3])
      assert.deepStrictEqual(yield* bundles, [
        [1, 3],
        [12, 13]
      ])
      yield* done(queue, items[12], items[0], items[2])
      assert.deepStrictEqual(yield* bundles, [])
      assert.deepStrictEqual(names(yield* queue.list(north, { limit: 10 })), ["merged", "user4"])
      yield* queue.discard(north, { _tag: "InState", state: "dead", limit: 10 })
      yield* done(queue, items[1])
      assert.deepStrictEqual(yield* bundles, [])
      assert.deepStrictEqual(yield* sql`SELECT id FROM desired_states`, [])
    }).pipe(Effect.provide(one))
  )

  it.scoped("is gone from the file when it was delivered or discarded, password hashes and all", () =>
    Effect.gen(function* () {
      const file = yield* newFile
      const holds = (text: string) => [file, `${file}-wal`].some((name) => Fs.readFileSync(name).includes(text))
      yield* Effect.gen(function* () {
        const queue = yield* QueueStore
        const sql = yield* SqlClient.SqlClient
        // Long enough for pages of their own, too.
        const hashes = (name: string) => ({
          ...plainHashes,
          krb5Key: [`secret of ${name} `.repeat(name === "2" ? 900 : 1)]
        })
        const all = Array.from({ length: 40 }, (_, index) => String(index))
        yield* queue.accept(all.map((name) => arrival(name, user(name, name, { hashes: hashes(name) }))))
        yield* queue.flush
        assert.isTrue(holds("secret of 1"))
        const items = yield* queue.claim(north, 100)
        yield* dead(queue, items[3])
        yield* done(queue, ...items.filter((_, index) => index !== 3))
        yield* sql`PRAGMA wal_checkpoint(TRUNCATE)`
        assert.isTrue(holds("secret of 3 "))
        for (const name of all) if (name !== "3") assert.isFalse(holds(`secret of ${name} `))
        yield* queue.discard(north, { _tag: "InState", state: "dead", limit: 10 })
        yield* sql`PRAGMA wal_checkpoint(TRUNCATE)`
        assert.isFalse(holds("secret of"))
      }).pipe(Effect.provide(SqlQueueStore.layer.pipe(Layer.provideMerge(database(file)))))
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("is gone from the file a moment later, too, while neighbours wait for another target", () =>
    Effect.gen(function* () {
      const file = yield* newFile
      const holds = (text: string) => [file, `${file}-wal`].some((name) => Fs.readFileSync(name).includes(text))
      yield* Effect.gen(function* () {
        const queue = yield* QueueStore
        const sql = yield* SqlClient.SqlClient
        const hashes = (name: string) => ({ ...plainHashes, krb5Key: [`secret of ${name} `] })
        const all = Array.from({ length: 2_000 }, (_, index) => String(index))
        yield* queue.accept(all.map((name) => arrival(name, user(name, name, { hashes: hashes(name) }))))
        const items = yield* queue.claim(north, 2_000)
        // Of every bundle one or two wait on.
        const waiting = items.filter((_, index) => index % 5 === 0)
        yield* release(queue, ...waiting)
        yield* done(queue, ...items.filter((_, index) => index % 5 !== 0))
        assert.isTrue(holds("secret of 1 "))
        // A few hundred bundles each time.
        yield* TestClock.adjust("60 seconds")
        yield* sql`PRAGMA wal_checkpoint(TRUNCATE)`
        const left = all.filter((name) => holds(`secret of ${name} `))
        assert.deepStrictEqual(left, names(waiting))
        const again = yield* queue.claim(north, 2_000)
        assert.deepStrictEqual(names(again), names(waiting))
        assert.deepStrictEqual(again.map(hashesOf), names(waiting).map(hashes))
        yield* done(queue, ...again)
        assert.deepStrictEqual(yield* sql`SELECT first FROM desired_state_bundles`, [])
      }).pipe(Effect.provide(SqlQueueStore.layer.pipe(Layer.provideMerge(database(file)))))
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
