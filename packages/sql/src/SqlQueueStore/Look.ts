/** Looking at the queue without changing it. */
import type { SqlClient, SqlError } from "@effect/sql"
import * as ItemSearch from "@id-connector/core/queue/ItemSearch"
import * as QueueRow from "@id-connector/core/queue/QueueRow"
import {
  type Attempt,
  type Counts,
  type CountsWithDue,
  type Filter,
  type ItemId,
  type ItemState,
  noCounts,
  type QueueItem,
  type Removals,
  type WaitedFor,
  waitsToldAtMost
} from "@id-connector/core/queue/QueueStore"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { Effect, Option } from "effect"
import * as ShortKey from "../ShortKey.js"
import * as DesiredStates from "./DesiredStates.js"
import * as GivenUp from "./GivenUp.js"
import { limitOf } from "./Limit.js"

type Statements<A> = Effect.Effect<A, SqlError.SqlError>

const countsOf = (
  sql: SqlClient.SqlClient,
  authority: AuthorityName
): Statements<(...states: ReadonlyArray<QueueRow.RowState | "delivered">) => number> =>
  Effect.map(
    sql<{ state: QueueRow.RowState | "delivered"; items: number }>`
      SELECT state, items FROM queue_counts WHERE authority = ${authority}`,
    (rows) =>
      (...states) =>
        rows.reduce((sum, { items, state }) => (states.includes(state) ? sum + items : sum), 0)
  )

/** See `QueueStore.counts`. */
export const counts = (sql: SqlClient.SqlClient, authority: AuthorityName): Statements<Counts> =>
  Effect.map(countsOf(sql, authority), (of) => ({
    waiting: of("ready", "delayed", "blocked"),
    inFlight: of("in_flight"),
    held: of("held"),
    dead: of("dead")
  }))

/** See `QueueStore.due`. */
export const due = (sql: SqlClient.SqlClient, authority: AuthorityName): Statements<number> =>
  Effect.map(countsOf(sql, authority), (of) => of("ready"))

/** See `QueueStore.countsOfAll`: by the names their rows stand under. */
export const countsOfAll = (sql: SqlClient.SqlClient): Statements<ReadonlyMap<AuthorityName, CountsWithDue>> =>
  Effect.zipWith(
    sql<{ authority: AuthorityName; state: QueueRow.RowState | "delivered"; items: number }>`
      SELECT authority, state, items FROM queue_counts WHERE items > 0 AND state <> 'delivered'`,
    oldest(sql),
    (rows, files) => {
      const found = new Map<AuthorityName, CountsWithDue>()
      for (const { authority, items, state } of rows) {
        const counts = found.get(authority) ?? noCounts
        found.set(authority, {
          waiting: counts.waiting + (state === "ready" || state === "delayed" || state === "blocked" ? items : 0),
          inFlight: counts.inFlight + (state === "in_flight" ? items : 0),
          held: counts.held + (state === "held" ? items : 0),
          dead: counts.dead + (state === "dead" ? items : 0),
          due: counts.due + (state === "ready" ? items : 0)
        })
      }
      for (const { authority, file } of files) {
        const counts = found.get(authority)
        if (counts !== undefined) found.set(authority, { ...counts, oldest: file })
      }
      return found
    }
  )

/** Of what waits at each authority: the first of a few ranges of an index. */
const oldest = (sql: SqlClient.SqlClient) => sql<{ authority: AuthorityName; file: string }>`
  SELECT q.authority, q.file FROM (
    SELECT min((
      SELECT n.id FROM queue AS n INDEXED BY queue_state
      WHERE n.authority = c.authority AND n.state = c.state AND n.kind = k.value ORDER BY n.id LIMIT 1
    )) AS id
    FROM queue_counts AS c CROSS JOIN json_each('[0, 1]') AS k
    WHERE c.items > 0 AND c.state IN ('ready', 'delayed', 'blocked')
    GROUP BY c.authority
  ) AS o CROSS JOIN queue AS q ON q.id = o.id`

/** See `QueueStore.holding`. */
export const holding = (sql: SqlClient.SqlClient, authority: AuthorityName): Statements<number> =>
  Effect.map(countsOf(sql, authority), (of) => of("delivered"))

/** See `QueueStore.authorities`: the names their rows stand under. */
export const authoritiesOf = (sql: SqlClient.SqlClient): Statements<ReadonlyArray<AuthorityName>> =>
  Effect.map(
    sql<{ authority: AuthorityName }>`
      SELECT authority FROM queue_counts WHERE items > 0 AND state <> 'delivered'
      UNION SELECT authority FROM paused`,
    (rows) => rows.map(({ authority }) => authority)
  )

/** See `QueueStore.receipt`. */
export const receipt = (
  sql: SqlClient.SqlClient,
  authority: AuthorityName,
  objectKey: string
): Statements<string | null> =>
  Effect.map(
    sql<{ receipt: string | null }>`
      SELECT receipt FROM delivered WHERE authority = ${authority} AND object_key = ${objectKey}`,
    ([row]) => row?.receipt ?? null
  )

/** See `QueueStore.othersWith`. */
export const othersWith = (
  sql: SqlClient.SqlClient,
  authority: AuthorityName,
  recordUid: string,
  objectKey: string
): Statements<ReadonlyArray<string | null>> =>
  Effect.map(
    sql<{ source_uid: string | null }>`
      SELECT source_uid FROM delivered INDEXED BY delivered_record
      WHERE authority = ${authority} AND record_uid = ${recordUid.toLowerCase()} AND object_key <> ${objectKey}`,
    (rows) => rows.map(({ source_uid }) => source_uid)
  )

/** See `QueueStore.removals`. */
export const removals = (
  sql: SqlClient.SqlClient,
  authority: AuthorityName,
  since: number
): Statements<ReadonlyArray<Removals>> =>
  sql<Removals>`SELECT at, count FROM removals WHERE authority = ${authority} AND at >= ${since} ORDER BY at`

/** Whole rows of the items whose ids are in a JSON array, in the order of the ids or, before that, of the kinds. */
export const rowsOf = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  ids: string,
  order: "q.id" | "q.kind, q.id" = "q.id"
) {
  const rows = yield* sql<Omit<QueueRow.QueueRow, keyof QueueRow.DesiredStateRow>>`
    SELECT q.id, q.authority, q.object_key, q.name, q.state, q.attempts, q.available_at, q.last_error, q.confirmed, q.steps_aside, q.file, d.receipt
    FROM queue AS q
    LEFT JOIN delivered AS d ON d.authority = q.authority AND d.object_key = q.object_key
    WHERE q.id IN (SELECT value FROM json_each(${ids}))
    ORDER BY ${sql.literal(order)}`
  const desiredStates = yield* DesiredStates.find(
    sql,
    rows.map(({ id }) => id)
  )
  return rows.map((row): QueueRow.QueueRow => Object.assign(row, desiredStates.get(row.id) ?? missing))
})

/** It can't be read, either, and is to be seen: otherwise the item would wait for ever. */
const missing: QueueRow.DesiredStateRow = {
  payload: "",
  previous: null,
  hashes: null,
  aliases: null,
  had_values: null,
  send_again: 0
}

const itemsOf = (sql: SqlClient.SqlClient, ids: ReadonlyArray<number>): Statements<ReadonlyArray<QueueItem>> =>
  Effect.map(rowsOf(sql, JSON.stringify(ids)), (rows) => rows.map(QueueRow.toShownItem))

/** See `QueueStore.list`. */
export const list = (
  sql: SqlClient.SqlClient,
  authority: AuthorityName,
  filter: Filter
): Statements<ReadonlyArray<QueueItem>> =>
  Effect.flatMap(idsOf(sql, authority, filter), (rows) =>
    itemsOf(
      sql,
      rows.map(({ id }) => id)
    )
  )

/** See `QueueStore.ids`. */
export const idsOf = (
  sql: SqlClient.SqlClient,
  authority: AuthorityName,
  { after, cause, limit, object, state }: Filter
): Statements<ReadonlyArray<{ readonly id: ItemId }>> => {
  if (object === undefined && cause !== undefined) {
    return sql`
      SELECT id FROM (${GivenUp.withCause(sql, authority, cause, rowStates(state))})
      WHERE id > ${after ?? 0} ORDER BY id ${limitOf(sql, limit)}`
  }
  if (object === undefined) return inStates(sql, authority, rowStates(state), { after: after ?? 0, limit })
  const { names, objectKeys: keys } = ItemSearch.of(object)
  const ofName = names
    .map(
      ({ kind, name }) => sql`
        SELECT n.id FROM queue AS n INDEXED BY queue_name
        WHERE n.authority = ${authority} AND n.name = ${name}
          AND ${kind === null ? sql`true` : sql`n.kind = ${kind === "user" ? 0 : 1}`}`
    )
    .reduce((all, one) => sql`${all} UNION ALL ${one}`)
  return sql`
    SELECT q.id FROM queue AS q
    WHERE q.id IN (
      ${ofName}
      UNION ALL
      SELECT o.id FROM queue AS o INDEXED BY queue_object
      WHERE ${sql.in(
        "o.short_key",
        keys.map((key) => ShortKey.of(ShortKey.itemKey(authority, key)))
      )} AND o.authority = ${authority} AND ${sql.in("o.object_key", keys)}
    ) AND q.id > ${after ?? 0} AND ${sql.in("q.state", rowStates(state))}
      AND ${cause === undefined ? sql`true` : sql`q.id IN (${GivenUp.withCause(sql, authority, cause, rowStates(state))})`}
    ORDER BY q.id ${limitOf(sql, limit)}`
}

/** What an item in a state, or in any, is in its row. */
export const rowStates = (state: ItemState | undefined): ReadonlyArray<QueueRow.RowState> =>
  QueueRow.rowStates.filter((each) => state === undefined || QueueRow.itemState(each) === state)

/**
 * The first items in some states, in the order of their ids. Each state and kind is a range of one index, in this order
 * already: an index for all of them together would cost every change more than putting a few ranges together costs here.
 */
export const inStates = (
  sql: SqlClient.SqlClient,
  authority: AuthorityName,
  states: ReadonlyArray<QueueRow.RowState>,
  { after, limit }: { readonly after: number; readonly limit: number }
) => {
  const ranges = states
    .flatMap((state) => [0, 1].map((kind) => [state, kind] as const))
    .map(
      ([state, kind]) => sql`
        SELECT * FROM (
          SELECT id FROM queue INDEXED BY queue_state
          WHERE authority = ${authority} AND state = ${state} AND kind = ${kind} AND id > ${after}
          ORDER BY id ${limitOf(sql, limit)}
        )`
    )
    .reduce((all, range) => sql`${all} UNION ALL ${range}`)
  return sql<{ readonly id: ItemId }>`SELECT id FROM (${ranges}) ORDER BY id ${limitOf(sql, limit)}`
}

/** See `QueueStore.show`. */
export const show = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, authority: AuthorityName, id: ItemId) {
  const [item] = yield* itemsOf(sql, [id])
  if (item?.authority !== authority) return Option.none()
  const rows = yield* sql<{ at: number; error: string; evidence: string | null }>`
    SELECT at, error, evidence FROM attempts WHERE item = ${id} ORDER BY rowid`
  const attempts = rows.map(
    ({ at, error, evidence }): Attempt => ({ at, error, evidence: QueueRow.decodeEvidence(evidence) })
  )
  return Option.some({ item, attempts })
})

/** See `QueueStore.waitsFor`. */
export const waitsFor = (
  sql: SqlClient.SqlClient,
  authority: AuthorityName,
  ids: ReadonlyArray<ItemId>
): Statements<ReadonlyMap<ItemId, ReadonlyArray<WaitedFor>>> =>
  Effect.map(
    sql<{ item: ItemId; id: ItemId; kind: 0 | 1; name: string; state: QueueRow.RowState; because: string }>`
      SELECT w.item, q.id, q.kind, q.name, q.state, w.because FROM json_each(${JSON.stringify(ids)}) AS k
      CROSS JOIN waits AS w ON w.item = k.value AND w.because <> 'tried'
      CROSS JOIN queue AS q ON q.id = w.on_item AND q.authority = ${authority}`,
    (rows) => {
      const found = new Map<ItemId, Array<WaitedFor>>()
      for (const { because, id, item, kind, name, state } of rows) {
        const told = found.get(item) ?? []
        found.set(item, told)
        if (told.length === waitsToldAtMost) continue
        told.push({
          id,
          name,
          kind: kind === 0 ? "user" : "group",
          state: QueueRow.itemState(state),
          because: because === "member" || because === "again" ? "member" : "freed"
        })
      }
      return found
    }
  )
