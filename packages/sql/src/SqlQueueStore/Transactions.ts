/** How the storage runs its statements: one method after the other, on one connection. */
import { SqlClient, SqlError } from "@effect/sql"
import type { Connection } from "@effect/sql/SqlConnection"
import { QueueStoreError } from "@id-connector/core/queue/QueueStore"
import { Cause, Context, Effect, Exit, Layer, Scope } from "effect"

/** Statements that are to find a transaction, or the connection that is theirs alone. */
type Run<R> = <A, E>(statements: Effect.Effect<A, E, R>) => Effect.Effect<A, E | SqlError.SqlError>

export interface TransactionsShape {
  /**
   * Runs statements as one transaction. Unlike `sql.withTransaction` it fails when the commit fails (disk full), and rolls back
   * before anybody else gets the connection. It takes the write lock at once, so that a second process makes it wait instead of
   * fail.
   */
  readonly transaction: Run<SqlClient.TransactionConnection>
  /**
   * Runs statements in a transaction that stays open for more of them, until `commit`, until `transaction` is called, or until
   * it has been enough. Pages that each of them changes are then written once. When one fails, all of them are undone.
   */
  readonly together: Run<SqlClient.TransactionConnection>
  /** Ends what is open. Fails when something that had been run `together` was undone since the last call. */
  readonly commit: Effect.Effect<void, SqlError.SqlError>
  /** Runs statements that read. They see what is open, too. */
  readonly reading: Run<never>
  /** How many transactions were undone. Who holds in memory what stands in the database reads it anew when one was. */
  readonly undone: () => number
}

/** Of a database. What does not use it may have to wait while a transaction is open. */
export class Transactions extends Context.Tag("@id-connector/sql/SqlQueueStore/Transactions")<
  Transactions,
  TransactionsShape
>() {
  static readonly layer: Layer.Layer<Transactions, never, SqlClient.SqlClient> = Layer.scoped(
    Transactions,
    Effect.flatMap(SqlClient.SqlClient, (sql) => make(sql))
  )
}

interface Open {
  readonly connection: Connection
  /** Others get the connection when it is closed. */
  readonly scope: Scope.CloseableScope
  /** How often something was run in it. */
  uses: number
}

/** So often at most: the log can't be written back while a transaction is open, and a long one makes reading slow. */
const mostUses = 16

const toSqlError = (cause: Cause.Cause<unknown>): SqlError.SqlError => {
  const error = Cause.squash(cause)
  return error instanceof SqlError.SqlError ? error : new SqlError.SqlError({ cause: error })
}

const execute = ({ connection }: Open, statement: string) => connection.execute(statement, [], undefined)

const make = (sql: SqlClient.SqlClient): Effect.Effect<TransactionsShape, never, Scope.Scope> =>
  Effect.gen(function* () {
    const turn = yield* Effect.makeSemaphore(1)
    let open: Open | null = null
    /** Why something was undone that had succeeded. */
    let failed: SqlError.SqlError | null = null
    let undone = 0

    const begin: Effect.Effect<Open, SqlError.SqlError> = Effect.gen(function* () {
      const scope = yield* Scope.make()
      const connection = yield* Scope.extend(sql.reserve, scope)
      const begun: Open = { connection, scope, uses: 0 }
      yield* Effect.onError(execute(begun, "BEGIN IMMEDIATE"), () => Scope.close(scope, Exit.void))
      return begun
    })

    /** The one that is open, or a new one that is from now on. */
    const current: Effect.Effect<Open, SqlError.SqlError> = Effect.suspend(() =>
      open === null
        ? Effect.map(begin, (begun) => {
            open = begun
            return begun
          })
        : Effect.succeed(open)
    )

    const end = (ended: Open): Effect.Effect<void, SqlError.SqlError> =>
      Effect.zipRight(execute(ended, "COMMIT"), Scope.close(ended.scope, Exit.void)).pipe(
        Effect.onError(() => undo(ended))
      )

    // SQLite has rolled back by itself after some failures; there is nothing to roll back then.
    const undo = (ended: Open): Effect.Effect<void> =>
      Effect.suspend(() => {
        undone += 1
        return Effect.zipRight(Effect.ignore(execute(ended, "ROLLBACK")), Scope.close(ended.scope, Exit.void))
      })

    const within = <A, E>({ connection }: Open, statements: Effect.Effect<A, E, SqlClient.TransactionConnection>) =>
      Effect.provideService(statements, SqlClient.TransactionConnection, [connection, 0])

    const endOpen: Effect.Effect<void> = Effect.suspend(() => {
      if (open === null) return Effect.void
      const ended = open
      open = null
      return Effect.catchAll(end(ended), (error) =>
        Effect.sync(() => {
          failed = error
        })
      )
    })

    /** Once a turn has come, nothing stops it: what has begun must end. */
    const inTurn = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      turn.withPermits(1)(Effect.uninterruptible(effect))

    const shape: TransactionsShape = {
      transaction: (statements) =>
        inTurn(
          Effect.zipRight(
            endOpen,
            Effect.flatMap(begin, (begun) =>
              Effect.zipLeft(
                Effect.onError(within(begun, statements), () => undo(begun)),
                end(begun)
              )
            )
          )
        ),
      together: (statements) =>
        inTurn(
          Effect.flatMap(current, (shared) => {
            shared.uses += 1
            return Effect.onError(within(shared, statements), (cause) => {
              open = null
              if (shared.uses > 1) failed = toSqlError(cause)
              return undo(shared)
            }).pipe(Effect.zipLeft(shared.uses < mostUses ? Effect.void : endOpen))
          })
        ),
      commit: inTurn(
        Effect.zipRight(
          endOpen,
          Effect.suspend(() => {
            const error = failed
            failed = null
            return error === null ? Effect.void : Effect.fail(error)
          })
        )
      ),
      reading: (statements) => inTurn(Effect.suspend(() => (open === null ? statements : within(open, statements)))),
      undone: () => undone
    }
    yield* Effect.addFinalizer(() => inTurn(endOpen))
    return shape
  })

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
