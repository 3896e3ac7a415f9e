/** How the storage runs its statements. */
import { SqlClient, type SqlError } from "@effect/sql"
import { QueueStoreError } from "@id-connector/core/QueueStore"
import { Effect } from "effect"

/**
 * Whether the disk is waited for. After `power cut` a transaction survives that. Otherwise it survives the end of
 * the process, but a power cut may undo the last ones: what was delivered then is delivered again, which is harmless.
 */
export type Durability = "power cut" | "end of process"

/**
 * Runs statements as one transaction, one after the other with all others. Unlike `sql.withTransaction` it fails when
 * the commit fails (disk full), and rolls back before anybody else gets the connection. It takes the write lock at once,
 * so that a second process makes it wait instead of fail.
 */
export const transaction =
  (sql: SqlClient.SqlClient, durability: Durability = "end of process") =>
  <A, E>(statements: Effect.Effect<A, E>): Effect.Effect<A, E | SqlError.SqlError> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.scoped(
        Effect.flatMap(restore(sql.reserve), (connection) => {
          const run = (text: string) => connection.execute(text, [], undefined)
          const whole = run("BEGIN IMMEDIATE").pipe(
            Effect.zipRight(Effect.provideService(statements, SqlClient.TransactionConnection, [connection, 0])),
            Effect.zipLeft(run("COMMIT")),
            // SQLite has rolled back by itself after some failures; there is nothing to roll back then.
            Effect.onError(() => Effect.ignore(run("ROLLBACK")))
          )
          return durability === "end of process"
            ? whole
            : run("PRAGMA synchronous = FULL").pipe(
                Effect.zipRight(whole),
                Effect.ensuring(Effect.ignore(run("PRAGMA synchronous = NORMAL")))
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
