import * as Fs from "node:fs"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import * as DatabaseFile from "@id-connector/server/files/DatabaseFile"
import * as InstanceLock from "@id-connector/server/files/InstanceLock"
import * as SqliteProblem from "@id-connector/server/files/SqliteProblem"
import { quietly } from "@id-connector/testkit/Quietly"
import { Effect, Exit, Layer, Scope } from "effect"
import { world } from "../http/ApiWorld.js"

const newFile = Effect.map(
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped()),
  (directory) => join(directory, "data", "queue.db")
)

const on = <A, E>(file: string, statements: Effect.Effect<A, E, SqlClient.SqlClient>) =>
  Effect.scoped(Effect.provide(statements, Layer.fresh(SqliteClient.layer({ filename: file }))))

const soundness = (file: string) =>
  Effect.scoped(
    Layer.build(
      DatabaseFile.sound(file, ["0001_a", "0012_b"]).pipe(
        Layer.provide(Layer.fresh(SqliteClient.layer({ filename: file })))
      )
    )
  )

describe("The file of the database", () => {
  it.scopedLive("is held against a connector on another base directory", () =>
    Effect.gen(function* () {
      const file = yield* newFile
      const scope = yield* Scope.make()
      yield* Layer.buildWithScope(Layer.fresh(DatabaseFile.held(file)), scope)
      assert.strictEqual(Fs.statSync(file).mode & 0o777, 0o600)
      const second = yield* Effect.flip(Layer.build(Layer.fresh(DatabaseFile.held(file))))
      assert.match(second.message, /another id-connector uses it, from another base directory/)
      yield* Scope.close(scope, Exit.void)
      yield* Layer.build(Layer.fresh(DatabaseFile.held(file)))
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("is refused when a newer version has written it, and when it is damaged", () =>
    Effect.gen(function* () {
      const file = yield* newFile
      Fs.mkdirSync(join(file, ".."), { recursive: true })
      yield* on(
        file,
        Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          yield* sql`CREATE TABLE effect_sql_migrations (migration_id INTEGER, name TEXT)`
          yield* sql`INSERT INTO effect_sql_migrations VALUES (12, 'b')`
          yield* sql`CREATE TABLE filling (text TEXT)`
          for (let n = 0; n < 200; n++) yield* sql`INSERT INTO filling VALUES (hex(randomblob(2000)))`
        })
      )
      yield* soundness(file)
      yield* on(
        file,
        Effect.flatMap(SqlClient.SqlClient, (sql) => sql`INSERT INTO effect_sql_migrations VALUES (13, 'c')`)
      )
      assert.match(
        (yield* Effect.flip(soundness(file))).message,
        /a newer version .* \(step 13, this version knows 12\)/
      )
      yield* on(
        file,
        Effect.flatMap(SqlClient.SqlClient, (sql) => sql`DELETE FROM effect_sql_migrations WHERE migration_id = 13`)
      )
      const open = Fs.openSync(file, "r+")
      for (let page = 20; page < 60; page++) Fs.writeSync(open, Buffer.alloc(4096, 0xab), 0, 4096, page * 4096)
      Fs.closeSync(open)
      const damaged = yield* Effect.flip(soundness(file))
      assert.match(SqliteProblem.explain(file, damaged), /damaged/)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("is not said to be used by another connector when its lock can't be taken for another reason", () =>
    Effect.gen(function* () {
      const file = yield* newFile
      const data = join(file, "..")
      Fs.mkdirSync(data, { recursive: true })
      for (const lock of ["queue.db.lock", "id-connector.lock"]) Fs.writeFileSync(join(data, lock), "x".repeat(5_000))
      assert.match(
        (yield* Effect.flip(Layer.build(Layer.fresh(DatabaseFile.held(file))))).message,
        /no SQLite database/
      )
      const refused = yield* Effect.flip(Layer.build(Layer.fresh(InstanceLock.layer(join(data, "..")))))
      assert.match(refused.message, /IDC_APP_DIR: .* can't be used, .*no SQLite database/)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it("says why it can't be used, each in a sentence of its own", () => {
    const of = (code: string) =>
      SqliteProblem.explain("x.db", new Error("outer", { cause: Object.assign(new Error("no"), { code }) }))
    assert.match(of("SQLITE_FULL"), /disk is full/)
    assert.match(of("EACCES"), /no permission to write to x.db/)
    assert.match(of("SQLITE_NOTADB"), /no SQLite database/)
    assert.match(of("SQLITE_CORRUPT_INDEX"), /damaged/)
    assert.match(of("SQLITE_BUSY"), /locked/)
    assert.strictEqual(of("OTHER"), "outer")
  })

  it.scopedLive("can be read and not be written: then the connector is not ready", () =>
    quietly(
      Effect.gen(function* () {
        const { send, settings } = yield* world()
        assert.strictEqual((yield* send("GET", "/v1/health/ready")).status, 200)
        const scope = yield* Scope.make()
        const context = yield* Layer.buildWithScope(
          Layer.fresh(SqliteClient.layer({ filename: settings.databaseFile })),
          scope
        )
        yield* Effect.provide(
          Effect.flatMap(SqlClient.SqlClient, (sql) => sql`BEGIN IMMEDIATE`),
          context
        )
        yield* Effect.sleep("5100 millis")
        const ready = yield* send("GET", "/v1/health/ready")
        assert.strictEqual(ready.status, 503)
        assert.strictEqual((yield* send("GET", "/v1/health/live")).status, 200)
        yield* Scope.close(scope, Exit.void)
      }).pipe(Effect.provide(NodeContext.layer))
    )
  )
})
