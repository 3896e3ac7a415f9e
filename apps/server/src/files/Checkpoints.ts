/**
 * Copies what was committed from SQLite's write-ahead log into the database, in a thread of its own. Left to itself, SQLite
 * does it in the commit that fills the log, and nothing else happens for a tenth of a second.
 */

import { SqlClient } from "@effect/sql"
import * as MonotonicClock from "@id-connector/core/queue/MonotonicClock"
import { Duration, Effect, Layer, Schedule } from "effect"
import * as WorkerThread from "../process/WorkerThread.js"
import type * as WriteAheadLog from "./Checkpoints/WriteAheadLog.js"

/** How often the log is looked at. */
const every = "100 millis"

/** How long the log keeps what was deleted from the database. Password hashes are among it. */
const kept = Duration.seconds(30)

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

/**
 * For the file of the `SqlClient`. Whatever fails is logged, and tried again. The log is emptied every `keptFor`, when there is
 * something in it.
 */
export const layer = (
  databaseFile: string,
  keptFor: Duration.Duration = kept
): Layer.Layer<never, WorkerThread.ThreadFailed, SqlClient.SqlClient> =>
  Layer.scopedDiscard(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const module = WorkerThread.moduleBeside(import.meta.url, "./Checkpoints/Thread")
      const thread = yield* WorkerThread.start<WriteAheadLog.Request>(module, databaseFile)
      const ask = (request: WriteAheadLog.Request) =>
        Effect.map(thread(request), (answer) => answer as WriteAheadLog.LogState)
      yield* Effect.orDie(sql`PRAGMA wal_autocheckpoint = ${sql.literal(String(log.hopeless))}`)

      let emptiedAt = yield* MonotonicClock.currentTimeMillis
      /** When it is not empty yet. Somebody else may read the file just then: another time will do. */
      const empty = Effect.gen(function* () {
        const now = yield* MonotonicClock.currentTimeMillis
        if (Math.abs(now - emptiedAt) < Duration.toMillis(keptFor)) return
        emptiedAt = now
        yield* ask("write")
        yield* Effect.scoped(Effect.zipRight(sql.reserve, ask("empty")))
      })

      const checkpoint = Effect.gen(function* () {
        const before = yield* ask("look")
        if (before.pages > 0) yield* empty
        if (before.pages - before.written < log.enough) return
        const after = yield* ask("write")
        if (after.pages < log.tooLong) return
        // Few pages are left by now. While the connection is taken, nobody adds to them.
        yield* Effect.scoped(Effect.zipRight(sql.reserve, ask("write")))
      })
      yield* checkpoint.pipe(
        Effect.catchAll((error) =>
          Effect.annotateLogs(
            Effect.logWarning(
              "Cannot move the content of SQLite's write-ahead log (the -wal file) into the database. Will retry."
            ),
            {
              module: "Storage",
              reason: error.message
            }
          ).pipe(Effect.zipRight(Effect.sleep(afterFailure)))
        ),
        Effect.repeat(Schedule.spaced(every)),
        Effect.forkScoped
      )
    })
  )
