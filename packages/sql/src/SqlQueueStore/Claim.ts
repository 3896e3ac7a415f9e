/** Giving items out. */
import type { SqlClient, SqlError } from "@effect/sql"
import * as QueueRow from "@id-connector/core/queue/QueueRow"
import type { ClaimedItem, QueueItem } from "@id-connector/core/queue/QueueStore"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { Clock, Effect, Either } from "effect"
import * as ShortKey from "../ShortKey.js"
import * as GivenUp from "./GivenUp.js"
import { limitOf } from "./Limit.js"
import { rowsOf } from "./Look.js"
import { type Rival, refresh, rivalsOf } from "./Waits.js"

type Statements<A> = Effect.Effect<A, SqlError.SqlError>

/**
 * How many delayed items become ready in one claim, which is to take milliseconds. When more are due at once, those that
 * were due first come first, instead of those that arrived first.
 */
const promotedAtOnce = 500

/** See `QueueStore.claim`. To be run in a transaction. */
export const claim = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, authority: AuthorityName, limit: number) {
  if (limit <= 0) return []
  yield* promote(sql, authority, yield* Clock.currentTimeMillis)
  const items = yield* choose(sql, authority, limit)
  if (items.length === 0) return []
  const chosen = JSON.stringify(items.map(({ id }) => id))
  yield* sql`UPDATE queue SET state = 'in_flight' WHERE id IN (SELECT value FROM json_each(${chosen}))`
  return items
})

/** What is given out next. */
const choose = (
  sql: SqlClient.SqlClient,
  authority: AuthorityName,
  limit: number
): Statements<ReadonlyArray<ClaimedItem>> =>
  Effect.gen(function* () {
    const users = yield* first(sql, authority, 0, limit)
    const groups = yield* first(sql, authority, 1, limit)
    const places = groupPlaces(limit, users, groups)
    const ids = [...users.slice(0, limit - places), ...groups.slice(0, places)]
    if (ids.length === 0) return []
    const rows = yield* rowsOf(sql, JSON.stringify(ids), "q.kind, q.id")
    const read = rows.map((row) => ({ row, item: QueueRow.toItem(row) }))
    for (const { item, row } of read) if (Either.isLeft(item)) yield* bury(sql, row, item.left)
    const items = read.flatMap(({ item }) => (Either.isRight(item) ? [inFlight(item.right)] : []))
    if (items.length === 0) return yield* choose(sql, authority, limit)
    const rivals = yield* rivalsOf(sql, items)
    // An item that was dead may have come back since these were found to have nothing to wait for.
    const late = items.filter(({ id, stepsAside }) => !stepsAside && rivals.some((one) => one.id === id && !one.isDead))
    if (late.length > 0 && (yield* haveToWait(sql, late))) return yield* choose(sql, authority, limit)
    return items.map((item) => ({ ...item, contested: contestedOf(item, rivals) }))
  })

/** What can't be read can't be delivered, nor may it be in the way of what can: somebody has to decide about it. */
const bury = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, row: QueueRow.QueueRow, reason: string) {
  yield* sql`
    INSERT INTO attempts (item, at, error, evidence)
    VALUES (${row.id}, ${yield* Clock.currentTimeMillis}, ${reason}, NULL)`
  // By way of in_flight: those that wait for it go on as if its delivery had failed for good.
  yield* sql`UPDATE queue SET state = 'in_flight' WHERE id = ${row.id}`
  yield* sql`
    UPDATE queue SET state = 'dead', attempts = attempts + 1, last_error = ${reason} WHERE id = ${row.id}`
  yield* GivenUp.remember(sql, [
    {
      id: row.id,
      authority: row.authority,
      state: "dead",
      name: row.name,
      error: reason,
      at: yield* Clock.currentTimeMillis
    }
  ])
  yield* Effect.annotateLogs(Effect.logError("A queue item can't be read. It is a dead letter now."), {
    module: "Storage",
    item: row.id,
    object: row.object_key,
    school_authority: row.authority,
    reason
  })
})

const inFlight = (item: QueueItem): QueueItem => ({ ...item, state: "in_flight" })

/** Whether some of them do. */
const haveToWait = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, items: ReadonlyArray<QueueItem>) {
  const ids = items.map(({ id }) => id)
  yield* refresh(sql, ids)
  const changed = yield* sql`
    SELECT 1 FROM queue
    WHERE id IN (SELECT value FROM json_each(${JSON.stringify(ids)})) AND (state = 'blocked' OR steps_aside = 1)
    LIMIT 1`
  return changed.length > 0
})

const contestedOf = ({ id }: QueueItem, rivals: ReadonlyArray<Rival>): ClaimedItem["contested"] =>
  rivals.length === 0 ? nothing : new Set(rivals.flatMap((one) => (one.id === id && one.isDead ? [one.kind] : [])))

const nothing: ReadonlySet<never> = new Set()

/** How many of the places groups get. Ids: a single place goes to the older one. */
const groupPlaces = (limit: number, users: ReadonlyArray<number>, groups: ReadonlyArray<number>): number => {
  const share =
    limit > 1
      ? Math.ceil(limit / 4)
      : (groups[0] ?? Number.POSITIVE_INFINITY) < (users[0] ?? Number.POSITIVE_INFINITY)
        ? 1
        : 0
  return Math.min(groups.length, Math.max(share, limit - users.length))
}

const promote = (sql: SqlClient.SqlClient, authority: AuthorityName, now: number): Statements<unknown> => sql`
  UPDATE queue SET state = 'ready' WHERE id IN (
    SELECT id FROM queue INDEXED BY queue_delayed
    WHERE authority = ${authority} AND state = 'delayed' AND available_at <= ${now}
    ORDER BY available_at
    ${limitOf(sql, promotedAtOnce)}
  )`

/** The first of a kind that may be claimed. */
const first = (
  sql: SqlClient.SqlClient,
  authority: AuthorityName,
  kind: 0 | 1,
  limit: number
): Statements<ReadonlyArray<number>> =>
  Effect.map(
    sql<{ id: number }>`
      SELECT q.id FROM queue AS q INDEXED BY queue_state
      WHERE q.authority = ${authority} AND q.state = 'ready' AND q.kind = ${kind}
        AND NOT EXISTS (
          SELECT 1 FROM queue AS f INDEXED BY queue_object
          WHERE ${ShortKey.isSameObject(sql, "f")} AND f.state = 'in_flight'
        )
      ORDER BY q.id
      ${limitOf(sql, limit)}`,
    (rows) => rows.map(({ id }) => id)
  )

/** See `QueueStore.nextDue`. */
export const nextDue = (sql: SqlClient.SqlClient, authority: AuthorityName): Statements<number | null> =>
  Effect.map(
    sql<{ due: number }>`
      SELECT available_at AS due FROM queue INDEXED BY queue_delayed
      WHERE authority = ${authority} AND state = 'delayed'
      ORDER BY available_at
      LIMIT 1`,
    (rows) => rows[0]?.due ?? null
  )

/** See `QueueStore.shiftDue`. Rare: whoever sets a clock may wait for all that waits. */
export const shiftDue = (sql: SqlClient.SqlClient, by: number, latest: number): Statements<number> =>
  Effect.map(
    sql`
      UPDATE queue SET available_at = max(0, min(available_at + ${Math.round(by)}, ${Math.round(latest)}))
      WHERE state = 'delayed' AND (${Math.round(by)} <> 0 OR available_at > ${Math.round(latest)})
      RETURNING 1`,
    (rows) => rows.length
  )
