/** How the storage runs its statements: one method after the other, on one connection. */
import { SqlClient, SqlError } from "@effect/sql"
import { QueueStoreError } from "@id-connector/core/queue/QueueStore"
import { Cause, Context, Effect, Layer, type Scope } from "effect"
import * as OpenTransaction from "./OpenTransaction.js"

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

/** So often at most: the log can't be written back while a transaction is open, and a long one makes reading slow. */
const mostUses = 16

/** What statements are run `together` in. */
interface Shared {
  readonly open: OpenTransaction.OpenTransaction
  /** How often something was run in it. */
  uses: number
}

const make = (sql: SqlClient.SqlClient): Effect.Effect<TransactionsShape, never, Scope.Scope> =>
  Effect.gen(function* () {
    const turn = yield* Effect.makeSemaphore(1)
    const begin = OpenTransaction.begin(sql)
    let shared: Shared | null = null
    /** Why something was undone that had succeeded. */
    let failed: SqlError.SqlError | null = null
    let undone = 0

    /** Once a turn has come, nothing stops it: what has begun must end. */
    const inTurn = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      turn.withPermits(1)(Effect.uninterruptible(effect))

    const undo = (open: OpenTransaction.OpenTransaction): Effect.Effect<void> =>
      Effect.suspend(() => {
        undone += 1
        return OpenTransaction.rollBack(open)
      })

    const commit = (open: OpenTransaction.OpenTransaction) =>
      Effect.onError(OpenTransaction.commit(open), () => undo(open))

    /** The one that is open, or a new one that is from now on. */
    const share: Effect.Effect<Shared, SqlError.SqlError> = Effect.suspend(() =>
      shared === null
        ? Effect.map(begin, (open) => {
            const begun: Shared = { open, uses: 0 }
            shared = begun
            return begun
          })
        : Effect.succeed(shared)
    )

    const commitShared: Effect.Effect<void> = Effect.suspend(() => {
      if (shared === null) return Effect.void
      const { open } = shared
      shared = null
      return Effect.catchAll(commit(open), (error) =>
        Effect.sync(() => {
          failed = error
        })
      )
    })

    const undoShared = ({ open, uses }: Shared, cause: Cause.Cause<unknown>): Effect.Effect<void> => {
      shared = null
      if (uses > 1) failed = toSqlError(cause)
      return undo(open)
    }

    const reportFailed: Effect.Effect<void, SqlError.SqlError> = Effect.suspend(() => {
      const error = failed
      failed = null
      return error === null ? Effect.void : Effect.fail(error)
    })

    yield* Effect.addFinalizer(() => inTurn(commitShared))

    return {
      transaction: (statements) =>
        Effect.flatMap(Effect.zipRight(commitShared, begin), (open) =>
          Effect.zipLeft(
            Effect.onError(OpenTransaction.run(open, statements), () => undo(open)),
            commit(open)
          )
        ).pipe(inTurn),
      together: (statements) =>
        Effect.flatMap(share, (mine) => {
          mine.uses += 1
          return Effect.zipLeft(
            Effect.onError(OpenTransaction.run(mine.open, statements), (cause) => undoShared(mine, cause)),
            mine.uses < mostUses ? Effect.void : commitShared
          )
        }).pipe(inTurn),
      commit: inTurn(Effect.zipRight(commitShared, reportFailed)),
      reading: (statements) =>
        inTurn(Effect.suspend(() => (shared === null ? statements : OpenTransaction.run(shared.open, statements)))),
      undone: () => undone
    }
  })

const toSqlError = (cause: Cause.Cause<unknown>): SqlError.SqlError => {
  const error = Cause.squash(cause)
  return error instanceof SqlError.SqlError ? error : new SqlError.SqlError({ cause: error })
}

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
