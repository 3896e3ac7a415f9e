/**
 * The history in SQLite, in a database of its own. Meant for a thread that has nothing else to do: adding a thousand entries takes
 * some ten milliseconds, and a question may take as long.
 */
import { SqlClient, type SqlError } from "@effect/sql"
import { HistoryStore, HistoryStoreError } from "@id-connector/core/history/HistoryStore"
import * as RecordText from "@id-connector/core/history/RecordText"
import { Effect, Layer, Option } from "effect"
import * as Erase from "./SqlHistoryStore/Erase.js"
import * as Read from "./SqlHistoryStore/Read.js"
import * as Write from "./SqlHistoryStore/Write.js"

/** Needs the tables of `HistoryMigrations`. */
export const layer: Layer.Layer<HistoryStore, never, SqlClient.SqlClient> = Layer.effect(
  HistoryStore,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    // What is committed here is deleted elsewhere: it must survive a power cut. And what is erased must be gone.
    yield* Effect.forEach(["synchronous = FULL", "secure_delete = ON", "cache_size = -16000"], (setting) =>
      Effect.orDie(sql`PRAGMA ${sql.literal(setting)}`)
    )
    return {
      add: (records) => Write.add(sql, records).pipe(sql.withTransaction, operation("add")),
      take: (texts) => {
        const { records, unreadable } = RecordText.parseAll(texts)
        return Write.add(sql, records).pipe(Effect.as(unreadable), sql.withTransaction, operation("take"))
      },
      list: (filter) => Read.list(sql, filter).pipe(operation("list")),
      one: (id) => Read.one(sql, id).pipe(Effect.map(Option.fromNullable), operation("one")),
      audit: (filter) => Read.audit(sql, filter).pipe(operation("audit")),
      purge: (retention, limit) =>
        Write.purge(sql, retention, limit).pipe(
          sql.withTransaction,
          // The log beside the database has what went in the portions before.
          Effect.tap((gone) => (gone === 0 ? emptyLog(sql) : Effect.void)),
          operation("purge")
        ),
      erase: (objectKey, called = []) =>
        Erase.erase(sql, objectKey, called).pipe(
          sql.withTransaction,
          // The log beside the database has it still.
          Effect.zipLeft(emptyLog(sql)),
          operation("erase")
        )
    }
  })
)

const emptyLog = (sql: SqlClient.SqlClient) => sql`PRAGMA wal_checkpoint(TRUNCATE)`

const operation =
  (name: string) =>
  <A>(effect: Effect.Effect<A, SqlError.SqlError>): Effect.Effect<A, HistoryStoreError> =>
    effect.pipe(
      Effect.mapError((cause) => new HistoryStoreError({ operation: name, cause: cause.cause ?? cause })),
      Effect.withTracerEnabled(false)
    )
