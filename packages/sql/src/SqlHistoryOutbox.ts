/** The outbox of the history in SQLite. Its entries are written by the queue's methods, in their transactions. */
import { SqlClient } from "@effect/sql"
import { HistoryRecord } from "@id-connector/core/history/HistoryEntry"
import { HistoryOutbox } from "@id-connector/core/history/HistoryOutbox"
import { HistoryStoreError } from "@id-connector/core/history/HistoryStore"
import { Effect, Either, Layer, Schema } from "effect"
import * as Outbox from "./SqlQueueStore/Outbox.js"
import { operation, Transactions } from "./SqlQueueStore/Transactions.js"

/** Needs the tables of `Migrations`. */
export const layer: Layer.Layer<HistoryOutbox, never, SqlClient.SqlClient | Transactions> = Layer.effect(
  HistoryOutbox,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { reading, transaction } = yield* Transactions
    return {
      next: (limit) =>
        Outbox.next(sql, limit).pipe(reading, operation("outbox.next"), ofHistory, Effect.flatMap(decodeAll)),
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

const decode = Schema.decodeEither(Schema.parseJson(HistoryRecord))

/** One that can't be read is told, and not in the way of the others: it is removed with them. */
const decodeAll = (rows: ReadonlyArray<Outbox.Row>) =>
  Effect.map(
    Effect.forEach(rows, ({ id, record }) => {
      const decoded = decode(record)
      return Either.isRight(decoded)
        ? Effect.succeed([{ id, record: decoded.right }])
        : Effect.as(
            Effect.annotateLogs(Effect.logWarning("An entry for the history can't be read, and is left out."), {
              module: "Storage",
              entry: id
            }),
            []
          )
    }),
    (all) => all.flat()
  )
