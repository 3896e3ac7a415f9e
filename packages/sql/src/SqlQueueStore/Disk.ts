/** Waiting for the disk. */
import { FileSystem } from "@effect/platform"
import type { SqlClient } from "@effect/sql"
import { QueueStoreError } from "@id-connector/core/queue/QueueStore"
import { Effect, type Scope } from "effect"

/**
 * Makes what was committed survive a power cut. Commits go to the write-ahead log, in their order; when that file is on the
 * disk, they are. It is waited for beside the commits that go on meanwhile, many of them at once: SQLite itself would wait in
 * each of them, with everything else.
 */
export const make = (
  sql: SqlClient.SqlClient
): Effect.Effect<Effect.Effect<void, QueueStoreError>, never, FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const [main] = yield* sql<{ file: string }>`SELECT file FROM pragma_database_list WHERE name = 'main'`
    // A database in memory.
    if (main === undefined || main.file === "") return Effect.void
    // Opened once, and for appending: it is there, and stays the same file, as long as the database is open.
    const log = yield* fs.open(`${main.file}-wal`, { flag: "a" })
    return Effect.mapError(log.sync, (cause) => new QueueStoreError({ operation: "flush", cause }))
    // The connection works, and its log was written by the migrations.
  }).pipe(Effect.orDie)
