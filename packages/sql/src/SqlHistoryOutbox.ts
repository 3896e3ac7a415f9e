/** The outbox of the history in SQLite. Its entries are written by the queue's methods, in their transactions. */
import { SqlClient } from "@effect/sql"
import { HistoryOutbox } from "@id-connector/core/history/HistoryOutbox"
import { HistoryStoreError } from "@id-connector/core/history/HistoryStore"
import { Effect, Layer } from "effect"
import * as Outbox from "./SqlQueueStore/Outbox.js"
import { operation, Transactions } from "./SqlQueueStore/Transactions.js"

/** Needs the tables of `Migrations`. */
export const layer: Layer.Layer<HistoryOutbox, never, SqlClient.SqlClient | Transactions> = Layer.effect(
  HistoryOutbox,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { reading, transaction } = yield* Transactions
    return {
      next: (limit) => Outbox.next(sql, limit).pipe(reading, operation("outbox.next"), ofHistory),
      remove: (upTo) =>
        Outbox.remove(sql, upTo).pipe(Effect.asVoid, transaction, operation("outbox.remove"), ofHistory),
      record: (audited) => Outbox.write(audited).pipe(transaction, operation("outbox.record"), ofHistory),
      erase: (objectKey) =>
        Outbox.erase(sql, objectKey).pipe(
          Effect.map((rows) => rows.length),
          transaction,
          operation("outbox.erase"),
          ofHistory
        )
    }
  })
)

const ofHistory = Effect.mapError(
  ({ cause, operation }: { readonly operation: string; readonly cause: unknown }) =>
    new HistoryStoreError({ operation, cause })
)
