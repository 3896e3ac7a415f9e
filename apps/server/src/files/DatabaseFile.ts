/** The file of the database: made, held against others, and looked at before anybody relies on it. */
import { FileSystem, Path } from "@effect/platform"
import { SqlClient } from "@effect/sql"
import { Effect, Layer, Schema } from "effect"
import * as InstanceLock from "./InstanceLock.js"
import * as SqliteProblem from "./SqliteProblem.js"

/** The database can't be used, and why, in a sentence. */
export class DatabaseUnfit extends Schema.TaggedError<DatabaseUnfit>()("DatabaseUnfit", { detail: Schema.String }) {
  override get message() {
    return this.detail
  }
}

/** Makes the file, for nobody else to read, and holds it: also against a connector on another base directory. */
export const held = (file: string) =>
  InstanceLock.hold(
    `${file}.lock`,
    (problem) =>
      new DatabaseUnfit({
        detail:
          problem ??
          "another id-connector uses it, from another base directory. Stop that one first, or set IDC_DATABASE_URL to another file"
      })
  ).pipe(
    Layer.provideMerge(
      Layer.effectDiscard(
        Effect.gen(function* () {
          const fs = yield* FileSystem.FileSystem
          const path = yield* Path.Path
          yield* fs.makeDirectory(path.dirname(file), { recursive: true })
          // It holds password hashes.
          yield* fs.writeFile(file, new Uint8Array(), { flag: "a", mode: 0o600 })
        })
      )
    )
  )

/** Up to this size a database is looked through at the start, in bytes: that takes a few seconds at most. */
const lookedThrough = 256 * 1024 * 1024

/** Fails when a newer version has written it, or when it is damaged. `steps`: the names of the migrations that are known. */
export const sound = (file: string, steps: ReadonlyArray<string>) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const fs = yield* FileSystem.FileSystem
      const newest = Math.max(...steps.map((step) => Number.parseInt(step, 10)))
      const tables = yield* sql`SELECT 1 FROM sqlite_master WHERE name = 'effect_sql_migrations'`
      if (tables.length > 0) {
        const [row] = yield* sql<{ step: number | null }>`SELECT max(migration_id) AS step FROM effect_sql_migrations`
        if ((row?.step ?? 0) > newest) {
          return yield* new DatabaseUnfit({
            detail: `a newer version of the connector has written it (step ${row?.step}, this version knows ${newest}). Start that version, or restore a backup from before`
          })
        }
      }
      const { size } = yield* fs.stat(file)
      if (Number(size) > lookedThrough) return
      const found = yield* sql<{ quick_check: string }>`PRAGMA quick_check(1)`
      const problem = found[0]?.quick_check ?? "ok"
      if (problem !== "ok")
        return yield* new DatabaseUnfit({ detail: `it is damaged (${problem}). ${SqliteProblem.restore}` })
    })
  )
