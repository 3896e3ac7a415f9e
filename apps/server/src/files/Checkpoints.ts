/**
 * Copies what was committed from SQLite's write-ahead log into the database, in a thread of its own. Left to itself, SQLite
 * does it in the commit that fills the log, and nothing else happens for a tenth of a second.
 */
import { SqlClient } from "@effect/sql"
import { Effect, Layer, Schedule } from "effect"
import * as WorkerThread from "../process/WorkerThread.js"
import type * as WriteAheadLog from "./Checkpoints/WriteAheadLog.js"

/** How often the log is looked at. */
const every = "100 millis"

const afterFailure = "30 seconds"

/** In pages of 4 KiB. */
const log = {
  /** Not worth a copy before: pages that change often are copied once. */
  enough: 2_000,
  /** From here on writers wait for the last pages, so that the log starts anew. */
  tooLong: 16_000,
  /** SQLite itself does it from here on: in case the thread can't. */
  hopeless: 64_000
}

/** For the file of the `SqlClient`. Whatever fails is logged, and tried again. */
export const layer = (databaseFile: string): Layer.Layer<never, WorkerThread.ThreadFailed, SqlClient.SqlClient> =>
  Layer.scopedDiscard(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const module = WorkerThread.moduleBeside(import.meta.url, "./Checkpoints/Thread")
      const thread = yield* WorkerThread.start<WriteAheadLog.Request>(module, databaseFile)
      const ask = (request: WriteAheadLog.Request) =>
        Effect.map(thread(request), (answer) => answer as WriteAheadLog.LogState)
      yield* Effect.orDie(sql`PRAGMA wal_autocheckpoint = ${sql.literal(String(log.hopeless))}`)

      const checkpoint = Effect.gen(function* () {
        const before = yield* ask("look")
        if (before.pages - before.written < log.enough) return
        const after = yield* ask("write")
        if (after.pages < log.tooLong) return
        // Few pages are left by now. While the connection is taken, nobody adds to them.
        yield* Effect.scoped(Effect.zipRight(sql.reserve, ask("write")))
      })
      yield* checkpoint.pipe(
        Effect.catchAll((error) =>
          Effect.annotateLogs(Effect.logWarning("Cannot write the database's log back to the database. Will retry."), {
            module: "Storage",
            reason: error.message
          }).pipe(Effect.zipRight(Effect.sleep(afterFailure)))
        ),
        Effect.repeat(Schedule.spaced(every)),
        Effect.forkScoped
      )
    })
  )
