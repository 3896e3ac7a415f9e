import * as Fs from "node:fs"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import * as Checkpoints from "@id-connector/server/files/Checkpoints"
import { Duration, Effect, Layer, Schedule } from "effect"

/** Until it is so: a thread works at its own pace. */
const until = <E, R>(isSo: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(isSo, { until: (so) => so, schedule: Schedule.spaced("20 millis") }).pipe(Effect.timeout("20 seconds"))

describe("Checkpoints", () => {
  it.live("bring what was committed into the database, and the log starts anew when it has grown long", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = join(yield* fs.makeTempDirectoryScoped(), "test.db")
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`CREATE TABLE t (id INTEGER PRIMARY KEY, content BLOB)`
        /** Each row takes two pages. */
        const write = (rows: number) =>
          sql`INSERT INTO t (content) SELECT randomblob(6000) FROM json_each(${JSON.stringify(Array(rows).fill(0))})`
        const log = Effect.map(
          sql<{ log: number; checkpointed: number }>`PRAGMA wal_checkpoint(NOOP)`,
          ([state]) => state ?? assert.fail("there is no log")
        )
        yield* write(200)
        const few = yield* log
        yield* write(1_500)
        yield* until(Effect.map(log, ({ checkpointed }) => checkpointed > few.log))
        assert.isAbove(Fs.statSync(file).size, 1_700 * 6_000)
        // Whoever writes without a pause must not let it grow for ever.
        yield* until(Effect.map(Effect.zipRight(write(400), log), (state) => state.log > 16_000))
        yield* until(Effect.map(Effect.zipRight(write(10), log), (state) => state.log < 4_000))
        assert.deepStrictEqual(yield* sql`PRAGMA integrity_check`, [{ integrity_check: "ok" }])
      }).pipe(Effect.provide(Checkpoints.layer(file).pipe(Layer.provideMerge(SqliteClient.layer({ filename: file })))))
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))
  )

  it.live("leave nothing of what was deleted in the log, though nobody writes any more", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = join(yield* fs.makeTempDirectoryScoped(), "test.db")
      const holds = (text: string) => [file, `${file}-wal`].some((name) => Fs.readFileSync(name).includes(text))
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`PRAGMA secure_delete = ON`
        yield* sql`CREATE TABLE t (id INTEGER PRIMARY KEY, content TEXT)`
        yield* sql`INSERT INTO t (content) VALUES (${"a secret ".repeat(2_000)})`
        assert.isTrue(holds("a secret"))
        yield* sql`DELETE FROM t`
        yield* until(Effect.sync(() => !holds("a secret")))
        yield* sql`INSERT INTO t (content) VALUES ('later')`
        assert.deepStrictEqual(yield* sql`SELECT content FROM t`, [{ content: "later" }])
      }).pipe(
        Effect.provide(
          Checkpoints.layer(file, Duration.millis(100)).pipe(Layer.provideMerge(SqliteClient.layer({ filename: file })))
        )
      )
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))
  )
})
