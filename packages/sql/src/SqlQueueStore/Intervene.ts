/** What administrators do with items: try them again, or remove them. */
import type { SqlClient, SqlError } from "@effect/sql"
import type { Selection } from "@id-connector/core/queue/QueueStore"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { Effect } from "effect"
import { inStates, rowStates } from "./Look.js"
import { refresh } from "./Waits.js"

type Statements<A> = Effect.Effect<A, SqlError.SqlError>

/** See `QueueStore.retry`. To be run in a transaction. */
export const retry = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  authority: AuthorityName,
  selection: Selection
) {
  const rows = yield* sql<{ id: number }>`
    UPDATE queue SET state = 'ready', attempts = 0, available_at = 0, last_error = NULL,
      confirmed = (confirmed = 1 OR state = 'held')
    WHERE id IN (${idsOf(sql, authority, selection)}) AND state IN ('delayed', 'held', 'dead')
    RETURNING id`
  yield* refresh(
    sql,
    rows.map(({ id }) => id)
  )
  return rows.length
})

/** See `QueueStore.discard`. To be run in a transaction. */
export const discard = (sql: SqlClient.SqlClient, authority: AuthorityName, selection: Selection): Statements<number> =>
  Effect.map(
    sql`DELETE FROM queue WHERE id IN (${idsOf(sql, authority, selection)}) AND state <> 'in_flight' RETURNING id`,
    (rows) => rows.length
  )

const idsOf = (sql: SqlClient.SqlClient, authority: AuthorityName, selection: Selection) =>
  selection._tag === "Ids"
    ? sql`
        SELECT q.id FROM json_each(${JSON.stringify(selection.ids)}) AS k
        CROSS JOIN queue AS q ON q.id = k.value AND q.authority = ${authority}`
    : inStates(sql, authority, rowStates(selection.state), { after: 0, limit: selection.limit })

/** See `QueueStore.paused`. */
export const paused = (sql: SqlClient.SqlClient): Statements<ReadonlySet<AuthorityName>> =>
  Effect.map(
    sql<{ authority: AuthorityName }>`SELECT authority FROM paused`,
    (rows) => new Set(rows.map(({ authority }) => authority))
  )

/** See `QueueStore.setPaused`. To be run in a transaction. */
export const setPaused = (sql: SqlClient.SqlClient, authority: AuthorityName, isPaused: boolean): Statements<void> =>
  Effect.asVoid(
    isPaused
      ? sql`INSERT OR IGNORE INTO paused (authority) VALUES (${authority})`
      : sql`DELETE FROM paused WHERE authority = ${authority}`
  )
