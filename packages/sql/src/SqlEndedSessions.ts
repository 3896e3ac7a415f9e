/** The list of ended sessions in SQLite. Those whose token is not good any more leave it when the next one comes. */
import { SqlClient } from "@effect/sql"
import { EndedSessions, EndedSessionsError } from "@id-connector/core/access/EndedSessions"
import { Clock, Effect, Layer } from "effect"
import * as Disk from "./SqlQueueStore/Disk.js"
import { operation, Transactions } from "./SqlQueueStore/Transactions.js"

/** Needs the tables of `Migrations`. */
export const layer = Layer.scoped(
  EndedSessions,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { reading, transaction } = yield* Transactions
    const sync = yield* Disk.make(sql)
    return {
      end: (id, until) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Effect.zipRight(
            sql`DELETE FROM ended_sessions WHERE until < ${Math.floor(now)}`,
            sql`INSERT INTO ended_sessions (id, until) VALUES (${id}, ${Math.ceil(until)})
              ON CONFLICT (id) DO UPDATE SET until = max(until, excluded.until)`
          )
        ).pipe(Effect.asVoid, transaction, operation("sessions.end"), Effect.zipLeft(sync), ofSessions),
      has: (id) =>
        sql`SELECT 1 FROM ended_sessions WHERE id = ${id}`.pipe(
          Effect.map((rows) => rows.length > 0),
          reading,
          operation("sessions.has"),
          ofSessions
        )
    }
  })
)

const ofSessions = Effect.mapError(
  ({ cause, operation }: { readonly operation: string; readonly cause: unknown }) =>
    new EndedSessionsError({ operation, cause })
)
