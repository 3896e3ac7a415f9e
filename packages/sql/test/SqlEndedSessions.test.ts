import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { EndedSessions } from "@id-connector/core/access/EndedSessions"
import { QueueStore } from "@id-connector/core/queue/QueueStore"
import * as SqlQueueStore from "@id-connector/sql/SqlQueueStore"
import { arrival, user } from "@id-connector/testkit/contract/QueueStoreContract/Changes"
import { Clock, Effect, Layer } from "effect"
import { database, newFile } from "./TestDatabase.js"

describe("A session that was ended", () => {
  it.scopedLive("is known also when the file is opened again, and forgotten when its token is not good any more", () =>
    Effect.gen(function* () {
      const filename = yield* newFile
      const now = yield* Clock.currentTimeMillis
      const inFile = <A, E>(use: Effect.Effect<A, E, EndedSessions | QueueStore | SqlClient.SqlClient>) =>
        Effect.scoped(Effect.provide(use, SqlQueueStore.layer.pipe(Layer.provideMerge(database(filename)))))
      yield* inFile(
        Effect.gen(function* () {
          const { end, has } = yield* EndedSessions
          // While a transaction is open in which changes are accepted.
          yield* (yield* QueueStore).accept([arrival("1.json", user("1", "anna"))])
          yield* end("long ago", now - 1)
          yield* end("a", now + 60_000)
          // Twice, and the other way round: the later end counts.
          yield* end("a", now + 30_000)
          assert.deepStrictEqual([yield* has("a"), yield* has("b"), yield* has("")], [true, false, false])
        })
      )
      yield* inFile(
        Effect.gen(function* () {
          const { end, has } = yield* EndedSessions
          assert.isTrue(yield* has("a"))
          yield* end("b", now + 60_000)
          const sql = yield* SqlClient.SqlClient
          const rows = yield* sql`SELECT id, until - ${now} AS remaining FROM ended_sessions ORDER BY id`
          assert.deepStrictEqual(rows as ReadonlyArray<unknown>, [
            { id: "a", remaining: 60_000 },
            { id: "b", remaining: 60_000 }
          ])
        })
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
