/** The previous states in SQLite. They are written by the queue's `accept`, in its transaction. */
import { SqlClient } from "@effect/sql"
import { PreviousState } from "@id-connector/core/PreviousState"
import { PreviousStateStore } from "@id-connector/core/PreviousStateStore"
import { Clock, Effect, Either, Layer, Schema } from "effect"
import * as PreviousStates from "./SqlQueueStore/PreviousStates.js"
import { operation, Transactions } from "./SqlQueueStore/Transactions.js"

/** Needs the tables of `Migrations`. */
export const layer: Layer.Layer<PreviousStateStore, never, SqlClient.SqlClient | Transactions> = Layer.effect(
  PreviousStateStore,
  Effect.map(Effect.all([SqlClient.SqlClient, Transactions]), ([sql, { reading, transaction }]) => ({
    get: (ids) => get(sql, ids).pipe(reading, operation("previousStates.get")),

    purge: Effect.gen(function* () {
      const rows = yield* sql<{ id: string }>`
        DELETE FROM previous_states WHERE expires_at <= ${yield* Clock.currentTimeMillis} RETURNING id`
      return rows.length
    }).pipe(transaction, operation("previousStates.purge"))
  }))
)

const get = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, ids: ReadonlyArray<string>) {
  const now = yield* Clock.currentTimeMillis
  const rows = yield* PreviousStates.find(
    sql,
    ids.map((id) => id.toLowerCase())
  )
  const states = new Map<string, PreviousState>()
  for (const row of rows) if (!PreviousStates.isGone(row, now)) states.set(row.id, yield* toState(row))
  return states
})

const decode = Schema.decodeEither(Schema.parseJson(PreviousState))

/** Dies when the row is not one that `accept` made. */
const toState = ({ id, state }: { readonly id: string; readonly state: string }): Effect.Effect<PreviousState> =>
  Either.match(decode(state), {
    onLeft: (error) =>
      Effect.dieMessage(
        `The previous state of ${id} cannot be read, though the queue storage wrote it: ${error.message}`
      ),
    onRight: (decoded) => Effect.succeed(decoded)
  })
