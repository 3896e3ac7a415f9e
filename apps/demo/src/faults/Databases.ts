// @effect-diagnostics strictEffectProvide:off
// Looks from outside, each time at whatever is there: nothing is shared.
/** What the files of a connector hold, which another process writes, is killed at, and writes again. */
import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { SqliteClient, SqliteMigrator } from "@effect/sql-sqlite-node"
import { HistoryRecord } from "@id-connector/core/history/HistoryEntry"
import { HistoryStore } from "@id-connector/core/history/HistoryStore"
import { migrations } from "@id-connector/sql/Migrations"
import * as SqlHistoryStore from "@id-connector/sql/SqlHistoryStore"
import { Chunk, Effect, Layer, Option, Schema, Stream } from "effect"

const reading = (filename: string) => SqliteClient.layer({ filename, readonly: true, disableWAL: true })

/** What the queues hold, by authority and state. */
export const counts = (filename: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    return yield* sql<{ authority: string; state: string; items: number }>`
      SELECT authority, state, items FROM queue_counts WHERE items > 0 AND state <> 'delivered'`
  }).pipe(
    Effect.provide(reading(filename)),
    Effect.scoped,
    Effect.catchAllCause(() => Effect.succeed([{ authority: "", state: "unknown", items: 0 }]))
  )

/**
 * Makes a database that writes down by itself which items were settled, whatever the connector writes down of that: an item at work
 * goes, or a class waits once more. One into which another is merged does not go, and one that is merged is not at work.
 */
export const observed = (filename: string): Effect.Effect<void> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`CREATE TABLE seen_settled (item INTEGER NOT NULL)`
    yield* sql`
      CREATE TRIGGER seen_gone AFTER DELETE ON queue WHEN old.state = 'in_flight'
      BEGIN INSERT INTO seen_settled VALUES (old.id); END`
    yield* sql`
      CREATE TRIGGER seen_again AFTER UPDATE OF state ON queue
      WHEN old.state = 'in_flight' AND new.state = 'blocked' AND old.kind = 1
        AND EXISTS (SELECT 1 FROM waits AS w WHERE w.item = old.id AND w.because = 'again')
      BEGIN INSERT INTO seen_settled VALUES (old.id); END`
  }).pipe(
    Effect.provide(
      SqliteMigrator.layer({ loader: SqliteMigrator.fromRecord(migrations) }).pipe(
        Layer.provideMerge(SqliteClient.layer({ filename })),
        Layer.provide(NodeContext.layer)
      )
    ),
    Effect.orDie
  )

/** Which items were settled, each as often as it was, and what the history was not given yet. */
export const seen = (filename: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const items = yield* sql<{ item: number }>`SELECT item FROM seen_settled`
    const rows = yield* sql<{ id: number; record: string }>`SELECT id, record FROM history_outbox`
    return {
      settled: items.map(({ item }) => item),
      outbox: rows.map(({ id, record }) => ({ id, record: decodeRecord(record) }))
    }
  }).pipe(Effect.provide(reading(filename)), Effect.orDie)

const decodeRecord = Schema.decodeSync(Schema.parseJson(HistoryRecord))

/** All entries of a history that nobody else has open. */
export const history = (filename: string) =>
  Effect.gen(function* () {
    const store = yield* HistoryStore
    return yield* Stream.paginateChunkEffect(Number.MAX_SAFE_INTEGER, (before) =>
      Effect.map(store.list({ before, limit: 1_000 }), (entries) => [
        Chunk.fromIterable(entries),
        Option.map(Option.fromNullable(entries.at(-1)), ({ id }) => id)
      ])
    ).pipe(Stream.runCollect, Effect.map(Chunk.toReadonlyArray))
  }).pipe(Effect.provide(SqlHistoryStore.layer.pipe(Layer.provide(SqliteClient.layer({ filename })))), Effect.orDie)
