/** What administrators do with items: try them again, or remove them. */
import type { SqlClient, SqlError } from "@effect/sql"
import type { Acted, Actor } from "@id-connector/core/history/HistoryEntry"
import * as QueueRow from "@id-connector/core/queue/QueueRow"
import type { Selection } from "@id-connector/core/queue/QueueStore"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { Effect } from "effect"
import { inStates, rowStates } from "./Look.js"
import * as Outbox from "./Outbox.js"
import { refresh } from "./Waits.js"

type Statements<A> = Effect.Effect<A, SqlError.SqlError>

/** See `QueueStore.retry`. To be run in a transaction. */
export const retry = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  authority: AuthorityName,
  selection: Selection,
  who: Who
) {
  yield* tell(sql, { authority, selection, states: ["delayed", "held", "dead"] }, who, (state) =>
    state === "held" ? "confirmed" : "retried"
  )
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
export const discard = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  authority: AuthorityName,
  selection: Selection,
  who: Who
) {
  yield* tell(sql, { authority, selection, states: rowStatesAtRest }, who, () => "discarded")
  const rows = yield* sql`
    DELETE FROM queue WHERE id IN (${idsOf(sql, authority, selection)}) AND state <> 'in_flight' RETURNING id`
  return rows.length
})

/** The authority as the history is to name it, and who does it; null: that is not written down. */
export type Who = { readonly by: Actor; readonly name: AuthorityName; readonly at: number } | null

interface Concerned {
  readonly authority: AuthorityName
  readonly selection: Selection
  readonly states: ReadonlyArray<QueueRow.RowState>
}

/** The history says of each item who did it. */
const tell = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  { authority, selection, states }: Concerned,
  who: Who,
  actionOf: (state: QueueRow.RowState) => Acted["action"]
) {
  if (who === null) return
  const rows = yield* sql<{
    readonly id: number
    readonly object_key: string
    readonly name: string
    readonly kind: 0 | 1
    readonly file: string
    readonly state: QueueRow.RowState
  }>`
    SELECT id, object_key, name, kind, file, state FROM queue
    WHERE id IN (${idsOf(sql, authority, selection)}) AND ${sql.in("state", states)} ORDER BY id`
  yield* Outbox.write(
    rows.map(
      ({ file, id, kind, name, object_key, state }): Acted => ({
        _tag: "Acted",
        at: who.at,
        kind: kind === 0 ? "user" : "group",
        objectKey: object_key,
        name,
        file,
        authority: who.name,
        item: id,
        action: actionOf(state),
        by: who.by
      })
    )
  )
})

const rowStatesAtRest = QueueRow.rowStates.filter((state) => state !== "in_flight")

const idsOf = (sql: SqlClient.SqlClient, authority: AuthorityName, selection: Selection) =>
  selection._tag === "Ids"
    ? sql`
        SELECT q.id FROM json_each(${JSON.stringify(selection.ids)}) AS k
        CROSS JOIN queue AS q ON q.id = k.value AND q.authority = ${authority}
        WHERE ${selection.state === undefined ? sql`true` : sql.in("q.state", rowStates(selection.state))}`
    : inStates(sql, authority, rowStates(selection.state), { after: 0, limit: selection.limit })

/** See `QueueStore.ageEvidence`. To be run in a transaction. */
export const ageEvidence = (sql: SqlClient.SqlClient, before: number, limit: number): Statements<number> =>
  Effect.map(
    sql`
      UPDATE attempts SET evidence = NULL
      WHERE rowid IN (
        SELECT rowid FROM attempts INDEXED BY attempts_evidence
        WHERE evidence IS NOT NULL AND at < ${Math.round(before)} LIMIT ${limit}
      )
      RETURNING item`,
    (rows) => rows.length
  )

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
