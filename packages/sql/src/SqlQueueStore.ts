/**
 * The queue in SQLite. Every method is a fixed number of statements, whose cost does not grow with the number of items
 * that wait; see `Migrations` for the indexes.
 *
 * SQLite answers synchronously: a loop that calls these methods without pause stops timers and servers. Let the event
 * loop turn between two batches.
 */
import type { FileSystem } from "@effect/platform"
import { SqlClient } from "@effect/sql"
import type { PreviousStateStore } from "@id-connector/core/queue/PreviousStateStore"
import { QueueStore } from "@id-connector/core/queue/QueueStore"
import { Effect, Layer } from "effect"
import * as SqliteDriver from "./SqliteDriver.js"
import * as SqlPreviousStateStore from "./SqlPreviousStateStore.js"
import { accept } from "./SqlQueueStore/Accept.js"
import { claim, nextDue } from "./SqlQueueStore/Claim.js"
import * as Disk from "./SqlQueueStore/Disk.js"
import { discard, paused, retry, setPaused } from "./SqlQueueStore/Intervene.js"
import { counts, holding, list, othersWith, receipt, removals, show } from "./SqlQueueStore/Look.js"
import { PreviousStates } from "./SqlQueueStore/PreviousStates.js"
import { recover, settle } from "./SqlQueueStore/Settle.js"
import { TakenOver } from "./SqlQueueStore/TakenOver.js"
import { operation, Transactions } from "./SqlQueueStore/Transactions.js"

const queue: Layer.Layer<
  QueueStore,
  never,
  SqlClient.SqlClient | FileSystem.FileSystem | Transactions | PreviousStates | TakenOver
> = Layer.scoped(
  QueueStore,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* tune(sql)
    const { commit, reading, together, transaction } = yield* Transactions
    const previousStates = yield* PreviousStates
    const takenOver = yield* TakenOver
    const sync = yield* Disk.make(sql)
    const flush = Effect.zipRight(commit.pipe(operation("flush")), sync)
    return {
      accept: (batch) => accept(sql, { previousStates, takenOver }, batch).pipe(together, operation("accept")),
      flush,
      takenOver: (files) => takenOver.find(files).pipe(reading, operation("takenOver")),
      takenOverNames: takenOver.names.pipe(reading, operation("takenOverNames")),
      forget: (names) => takenOver.forget(names).pipe(together, operation("forget")),
      claim: (authority, limit) => claim(sql, authority, limit).pipe(transaction, operation("claim")),
      nextDue: (authority) => nextDue(sql, authority).pipe(reading, operation("nextDue")),
      settle: (settlements) => settle(sql, settlements).pipe(transaction, operation("settle")),
      recover: recover(sql).pipe(transaction, operation("recover")),
      counts: (authority) => counts(sql, authority).pipe(reading, operation("counts")),
      list: (authority, filter) => list(sql, authority, filter).pipe(reading, operation("list")),
      show: (authority, id) => show(sql, authority, id).pipe(reading, operation("show")),
      retry: (authority, selection) =>
        retry(sql, authority, selection).pipe(transaction, operation("retry"), Effect.zipLeft(sync)),
      discard: (authority, selection) =>
        discard(sql, authority, selection).pipe(transaction, operation("discard"), Effect.zipLeft(sync)),
      paused: paused(sql).pipe(reading, operation("paused")),
      setPaused: (authority, isPaused) =>
        setPaused(sql, authority, isPaused).pipe(transaction, operation("setPaused"), Effect.zipLeft(sync)),
      removals: (authority, since) => removals(sql, authority, since).pipe(reading, operation("removals")),
      receipt: (authority, objectKey) => receipt(sql, authority, objectKey).pipe(reading, operation("receipt")),
      othersWith: (authority, recordUid, objectKey) =>
        othersWith(sql, authority, recordUid, objectKey).pipe(reading, operation("othersWith")),
      holding: (authority) => holding(sql, authority).pipe(reading, operation("holding"))
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
export const layer: Layer.Layer<
  QueueStore | PreviousStateStore,
  SqliteDriver.DriverUnfit,
  SqlClient.SqlClient | FileSystem.FileSystem
> = Layer.merge(queue, SqlPreviousStateStore.layer).pipe(
  Layer.provide(Layer.merge(PreviousStates.layer, TakenOver.layer)),
  Layer.provide(Transactions.layer),
  Layer.provide(SqliteDriver.layer)
)
