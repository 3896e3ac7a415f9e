/** Giving items out. */
import type { SqlClient, SqlError } from "@effect/sql"
import * as QueueRow from "@id-connector/core/QueueRow"
import type { QueueItem } from "@id-connector/core/QueueStore"
import type { AuthorityName } from "@id-connector/core/SchoolAuthority"
import { Clock, Effect } from "effect"

type Statements<A> = Effect.Effect<A, SqlError.SqlError>

/**
 * How many delayed items of a kind become ready in one claim, which is to take milliseconds. When more are due at once,
 * those that were due first come first, instead of those that arrived first.
 */
const promotedAtOnce = 500

/** See `QueueStore.claim`. To be run in a transaction. */
export const claim = (
  sql: SqlClient.SqlClient,
  authority: AuthorityName,
  limit: number
): Statements<ReadonlyArray<QueueItem>> =>
  Effect.gen(function* () {
    yield* promote(sql, authority, yield* Clock.currentTimeMillis)
    const users = yield* claimKind(sql, authority, 0, limit)
    // Users that are due and were not claimed have a change in flight, which keeps the groups back.
    const rows = users.length > 0 ? users : yield* claimKind(sql, authority, 1, limit)
    return yield* Effect.forEach(
      [...rows].sort((a, b) => a.id - b.id),
      (row) => QueueRow.toItem(row)
    )
  })

const promote = (sql: SqlClient.SqlClient, authority: AuthorityName, now: number): Statements<unknown> => {
  const due = (kind: 0 | 1) => sql`
      SELECT id FROM (
        SELECT id FROM queue INDEXED BY queue_delayed
        WHERE authority = ${authority} AND kind = ${kind} AND state = 'delayed' AND available_at <= ${now}
        ORDER BY available_at
        LIMIT ${promotedAtOnce}
      )`
  return sql`UPDATE queue SET state = 'ready' WHERE id IN (${due(0)} UNION ALL ${due(1)})`
}

const claimKind = (
  sql: SqlClient.SqlClient,
  authority: AuthorityName,
  kind: 0 | 1,
  limit: number
): Statements<ReadonlyArray<QueueRow.QueueRow>> =>
  sql<QueueRow.QueueRow>`
    UPDATE queue SET state = 'in_flight'
    WHERE id IN (
      SELECT q.id FROM queue AS q INDEXED BY queue_ready
      WHERE q.authority = ${authority} AND q.kind = ${kind} AND q.state = 'ready'
        AND NOT EXISTS (
          SELECT 1 FROM queue AS f INDEXED BY queue_in_flight
          WHERE f.authority = q.authority AND f.kind = q.kind AND f.object_key = q.object_key AND f.state = 'in_flight'
        )
        AND (${kind} = 0 OR NOT EXISTS (
          SELECT 1 FROM queue AS u INDEXED BY queue_in_flight
          WHERE u.authority = ${authority} AND u.kind = 0 AND u.state = 'in_flight'
        ))
      ORDER BY q.id
      LIMIT ${Math.max(0, limit)}
    )
    RETURNING id, authority, object_key, state, attempts, available_at, last_error, file, recreate, aliases, payload,
      (SELECT receipt FROM receipts AS r
       WHERE r.authority = queue.authority AND r.object_key = queue.object_key) AS receipt`

/** See `QueueStore.nextDue`. */
export const nextDue = (sql: SqlClient.SqlClient, authority: AuthorityName): Statements<number | null> => {
  const first = (kind: 0 | 1) => sql`
      SELECT available_at FROM (
        SELECT available_at FROM queue INDEXED BY queue_delayed
        WHERE authority = ${authority} AND kind = ${kind} AND state = 'delayed'
        ORDER BY available_at
        LIMIT 1
      )`
  return Effect.map(
    sql<{ due: number | null }>`SELECT min(available_at) AS due FROM (${first(0)} UNION ALL ${first(1)})`,
    (rows) => rows[0]?.due ?? null
  )
}
