/** One transaction of SQLite, on a connection that nobody else gets while it is open. */
import { SqlClient, type SqlError } from "@effect/sql"
import type { Connection } from "@effect/sql/SqlConnection"
import { Effect, Exit, Scope } from "effect"

export interface OpenTransaction {
  readonly connection: Connection
  /** Others get the connection when it is closed. */
  readonly scope: Scope.CloseableScope
}

/** Takes the write lock at once, so that a second process makes it wait instead of fail. */
export const begin = (sql: SqlClient.SqlClient): Effect.Effect<OpenTransaction, SqlError.SqlError> =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const connection = yield* Scope.extend(sql.reserve, scope)
    const begun: OpenTransaction = { connection, scope }
    yield* Effect.onError(execute(begun, "BEGIN IMMEDIATE"), () => close(begun))
    return begun
  })

export const run = <A, E>(
  { connection }: OpenTransaction,
  statements: Effect.Effect<A, E, SqlClient.TransactionConnection>
): Effect.Effect<A, E> => Effect.provideService(statements, SqlClient.TransactionConnection, [connection, 0])

/** When it fails (disk full), the transaction is still to be rolled back. */
export const commit = (open: OpenTransaction): Effect.Effect<void, SqlError.SqlError> =>
  Effect.zipRight(execute(open, "COMMIT"), close(open))

// SQLite has rolled back by itself after some failures; there is nothing to roll back then.
export const rollBack = (open: OpenTransaction): Effect.Effect<void> =>
  Effect.zipRight(Effect.ignore(execute(open, "ROLLBACK")), close(open))

const execute = ({ connection }: OpenTransaction, statement: string) => connection.execute(statement, [], undefined)

const close = ({ scope }: OpenTransaction) => Scope.close(scope, Exit.void)
