/** How the storage runs its statements. */
import { SqlClient, type SqlError } from "@effect/sql"
import { QueueStoreError } from "@id-connector/core/QueueStore"
import { Effect } from "effect"

/**
 * Runs statements as one transaction, one after the other with all others. Unlike `sql.withTransaction` it fails when
 * the commit fails (disk full), and rolls back before anybody else gets the connection. It takes the write lock at once,
 * so that a second process makes it wait instead of fail.
 */
export const transaction =
  (sql: SqlClient.SqlClient) =>
  <A, E, R>(
    statements: Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | SqlError.SqlError, Exclude<R, SqlClient.TransactionConnection>> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.scoped(
        Effect.flatMap(restore(sql.reserve), (connection) => {
          const run = (text: string) => connection.execute(text, [], undefined)
          return run("BEGIN IMMEDIATE").pipe(
            Effect.zipRight(Effect.provideService(statements, SqlClient.TransactionConnection, [connection, 0])),
            Effect.zipLeft(run("COMMIT")),
            // SQLite has rolled back by itself after some failures; there is nothing to roll back then.
            Effect.onError(() => Effect.ignore(run("ROLLBACK")))
          )
        })
      )
    )

/**
 * Names a method's failures after it. No spans: queues are asked all day long, and a span per statement costs more than
 * the statement.
 */
export const operation =
  (name: string) =>
  <A>(effect: Effect.Effect<A, SqlError.SqlError>): Effect.Effect<A, QueueStoreError> =>
    effect.pipe(
      Effect.mapError((cause) => new QueueStoreError({ operation: name, cause: cause.cause ?? cause })),
      Effect.withTracerEnabled(false)
    )
