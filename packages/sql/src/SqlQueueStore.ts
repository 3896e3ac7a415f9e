/**
 * The queue in SQLite. Every method is one transaction of a fixed number of statements, whose cost does not grow with the
 * number of items that wait; see `Migrations` for the indexes.
 *
 * SQLite answers synchronously: a loop that calls these methods without pause stops timers and servers. Let the event
 * loop turn between two batches.
 */
import type { FileSystem } from "@effect/platform"
import { SqlClient } from "@effect/sql"
import type { PreviousStateStore } from "@id-connector/core/PreviousStateStore"
import { QueueStore } from "@id-connector/core/QueueStore"
import { Effect, Layer } from "effect"
import * as SqlPreviousStateStore from "./SqlPreviousStateStore.js"
import { accept } from "./SqlQueueStore/Accept.js"
import { claim, nextDue } from "./SqlQueueStore/Claim.js"
import * as Disk from "./SqlQueueStore/Disk.js"
import { discard, paused, retry, setPaused } from "./SqlQueueStore/Intervene.js"
import { counts, holding, list, receipt, removals, show, takenOver, takenOverNames } from "./SqlQueueStore/Look.js"
import { recover, settle } from "./SqlQueueStore/Settle.js"
import { operation, transaction } from "./SqlQueueStore/Transaction.js"

const queue: Layer.Layer<QueueStore, never, SqlClient.SqlClient | FileSystem.FileSystem> = Layer.scoped(
  QueueStore,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* tune(sql)
    const flush = yield* Disk.make(sql)
    return {
      accept: (batch) => accept(sql, batch).pipe(transaction(sql), operation("accept")),
      flush,
      takenOver: (files) => takenOver(sql, files).pipe(operation("takenOver")),
      takenOverNames: takenOverNames(sql).pipe(operation("takenOverNames")),
      forget: (names) =>
        sql`DELETE FROM taken_over WHERE name IN (SELECT value FROM json_each(${JSON.stringify(names)}))`.pipe(
          transaction(sql),
          operation("forget"),
          Effect.asVoid
        ),
      claim: (authority, limit) => claim(sql, authority, limit).pipe(transaction(sql), operation("claim")),
      nextDue: (authority) => nextDue(sql, authority).pipe(operation("nextDue")),
      settle: (settlements) => settle(sql, settlements).pipe(transaction(sql), operation("settle")),
      recover: recover(sql).pipe(transaction(sql), operation("recover")),
      counts: (authority) => counts(sql, authority).pipe(operation("counts")),
      list: (authority, filter) => list(sql, authority, filter).pipe(operation("list")),
      show: (authority, id) => show(sql, authority, id).pipe(operation("show")),
      retry: (authority, selection) =>
        retry(sql, authority, selection).pipe(transaction(sql), operation("retry"), Effect.zipLeft(flush)),
      discard: (authority, selection) =>
        discard(sql, authority, selection).pipe(transaction(sql), operation("discard"), Effect.zipLeft(flush)),
      paused: paused(sql).pipe(operation("paused")),
      setPaused: (authority, isPaused) =>
        setPaused(sql, authority, isPaused).pipe(transaction(sql), operation("setPaused"), Effect.zipLeft(flush)),
      removals: (authority, since) => removals(sql, authority, since).pipe(operation("removals")),
      receipt: (authority, objectKey) => receipt(sql, authority, objectKey).pipe(operation("receipt")),
      holding: (authority) => holding(sql, authority).pipe(operation("holding"))
    }
  })
)

/**
 * NORMAL: commits do not wait for the disk, see `Disk`. The other two: a batch touches a
 * page of an index per object (entryUUIDs lie anywhere), and with the defaults (4 MB of log, 16 MB of cache) each commit
 * copies all of them from the log into the database.
 */
const tune = (sql: SqlClient.SqlClient): Effect.Effect<void> =>
  Effect.forEach(
    ["synchronous = NORMAL", "wal_autocheckpoint = 8000", "cache_size = -64000"],
    (setting) => sql`PRAGMA ${sql.literal(setting)}`,
    { discard: true }
  ).pipe(Effect.orDie) // The migrations ran on this connection: it works, and knows these settings.

/** Needs the tables of `Migrations`. One process at a time: `recover` takes items in flight for left behind. */
export const layer: Layer.Layer<QueueStore | PreviousStateStore, never, SqlClient.SqlClient | FileSystem.FileSystem> =
  Layer.merge(queue, SqlPreviousStateStore.layer)
