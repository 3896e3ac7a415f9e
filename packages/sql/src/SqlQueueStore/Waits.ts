/** What items have to wait for. Letting them go on is the triggers' work, see `Migrations`. */
import type { SqlClient, SqlError } from "@effect/sql"
import * as Aside from "@id-connector/core/changes/Aside"
import * as Belonging from "@id-connector/core/changes/Belonging"
import type { DesiredState } from "@id-connector/core/queue/Coalescing"
import * as Precedence from "@id-connector/core/queue/Precedence"
import * as QueueRow from "@id-connector/core/queue/QueueRow"
import type { QueueItem } from "@id-connector/core/queue/QueueStore"
import { Effect, Either } from "effect"
import * as DesiredStates from "./DesiredStates.js"
import * as Rows from "./Rows.js"

type Statements<A> = Effect.Effect<A, SqlError.SqlError>

/** What is to be known of an item. */
export interface Item {
  readonly id: number
  readonly authority: string
  readonly desired: DesiredState
}

/** Remembers what the items free. */
export const rememberFreed = (items: ReadonlyArray<Item>): Rows.Written =>
  insertFreed(
    items.flatMap(({ authority, desired, id }) =>
      Precedence.frees(desired).map(({ kind, value }) => [
        authority,
        kind,
        value,
        id,
        desired.object._tag === "RemovedUser" ? 1 : 0
      ])
    )
  )

const insertFreed = Rows.into("frees", ["authority", "kind", "value", "item", "removal"])

/** Finds anew what items wait for that are stored and due, as they may have changed, or what they wait for may have. */
export const refresh = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, ids: ReadonlyArray<number>) {
  if (ids.length === 0) return
  const json = JSON.stringify(ids)
  yield* sql`DELETE FROM waits WHERE item IN (SELECT value FROM json_each(${json}))`
  yield* sql`UPDATE queue SET steps_aside = 0
    WHERE steps_aside = 1 AND id IN (SELECT value FROM json_each(${json}))`
  const rows = yield* sql<{ id: number; authority: string }>`
    SELECT id, authority FROM queue WHERE id IN (SELECT value FROM json_each(${json})) ORDER BY id`
  const states = yield* DesiredStates.find(
    sql,
    rows.map(({ id }) => id)
  )
  const items: Array<Item> = []
  for (const { authority, id } of rows) {
    const row = states.get(id)
    const desired = row === undefined ? null : Either.getOrNull(QueueRow.desiredStateOf(row))
    // What can't be read waits for nothing: it is to be found out soon, see `Claim`.
    if (desired !== null) items.push({ id, authority, desired })
  }
  yield* block(sql, items)
})

/** Blocks those of the items, which are stored and wait for nothing yet, that have something to wait for. */
export const block = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, items: ReadonlyArray<Item>) {
  const maybeFreed = yield* waitForFreed(sql, items)
  const members = items.flatMap(({ authority, desired, id }) =>
    Precedence.members(desired.object).map((name) => [id, authority, name])
  )
  if (members.length > 0) yield* waitForMembers(sql, members)
  if (!maybeFreed && members.length === 0) return
  yield* sql`
    UPDATE queue SET state = 'blocked', available_at = 0
    WHERE state IN ('ready', 'delayed') AND id IN (
      SELECT item FROM waits
      WHERE item IN (SELECT value FROM json_each(${JSON.stringify(items.map(({ id }) => id))})) AND because <> 'tried'
    )`
  yield* letClassesGo(
    sql,
    items.map(({ authority }) => authority)
  )
})

/** Nearly always nothing is about to be freed. */
const isAnythingFreed = (sql: SqlClient.SqlClient): Statements<boolean> =>
  Effect.map(sql`SELECT 1 FROM frees LIMIT 1`, (rows) => rows.length > 0)

/** Items and what they need: id, authority, kind, value. Of an item's needs the record UID comes first, and counts. */
const needsOf = (items: ReadonlyArray<Item>): string =>
  JSON.stringify(
    items.flatMap(({ authority, desired, id }) =>
      Belonging.needs(desired.object).map(({ kind, value }) => [id, authority, kind, value])
    )
  )

/** Pairs of an item of {@link needsOf} (n) and one of another object (q) that frees something it needs (f). */
const freedFor = (sql: SqlClient.SqlClient, needs: string) => sql`
  json_each(${needs}) AS n
  CROSS JOIN frees AS f
    ON f.authority = n.value ->> 1 AND f.kind = n.value ->> 2 AND f.value = n.value ->> 3 AND f.item <> n.value ->> 0
  CROSS JOIN queue AS i ON i.id = n.value ->> 0
  CROSS JOIN queue AS q ON q.id = f.item AND q.object_key <> i.object_key`

/** Answers whether there may be something that is waited for. */
const waitForFreed = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, items: ReadonlyArray<Item>) {
  if (!(yield* isAnythingFreed(sql))) return false
  const needs = needsOf(items)
  // A deletion that is held back or dead must not come back later and delete the account under its new user.
  yield* sql`
    DELETE FROM queue WHERE id IN (
      SELECT f.item FROM ${freedFor(sql, needs)} WHERE f.removal = 1 AND f.kind = 'record'
    ) AND state IN ('held', 'dead')`
  const waits = yield* sql<Wait>`
    INSERT OR IGNORE INTO waits (item, on_item, because)
    SELECT n.value ->> 0, f.item, CASE f.kind WHEN 'record' THEN 'record' ELSE 'name' END
    FROM ${freedFor(sql, needs)} WHERE q.state <> 'dead'
    RETURNING item, on_item`
  if (waits.length > 0) yield* breakCircles(sql, items, waits)
  return true
})

interface Wait {
  readonly item: number
  readonly on_item: number
}

/** Nobody may wait for himself. Of each circle the item that comes first steps aside, or is tried if it can't. */
const breakCircles = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  items: ReadonlyArray<Item>,
  waits: ReadonlyArray<Wait>
) {
  const byId = new Map(items.map((item) => [item.id, item]))
  for (const { item, on_item } of [...waits].sort((a, b) => a.item - b.item || a.on_item - b.on_item)) {
    const [circle] = yield* sql`
      WITH RECURSIVE reached (id) AS (
        VALUES (${on_item})
        UNION
        SELECT w.on_item FROM reached AS r CROSS JOIN waits AS w ON w.item = r.id AND w.because IN ('record', 'name')
      )
      SELECT 1 FROM reached WHERE id = ${item}`
    if (circle === undefined) continue
    yield* sql`DELETE FROM waits WHERE item = ${item} AND on_item = ${on_item}`
    const desired = byId.get(item)?.desired
    if (desired !== undefined && Aside.aside(desired) !== null) {
      yield* sql`UPDATE queue SET steps_aside = 1 WHERE id = ${item}`
    }
  }
})

/** `members`: item, authority, user name. */
const waitForMembers = (
  sql: SqlClient.SqlClient,
  members: ReadonlyArray<ReadonlyArray<unknown>>
): Statements<unknown> =>
  sql`
    INSERT OR IGNORE INTO waits (item, on_item, because)
    SELECT m.value ->> 0, q.id, CASE q.state WHEN 'delayed' THEN 'tried' ELSE 'member' END
    FROM json_each(${JSON.stringify(members)}) AS m
    CROSS JOIN queue AS q INDEXED BY queue_name
      ON q.authority = m.value ->> 1 AND q.name = m.value ->> 2
    WHERE q.kind = 0 AND q.state IN ('ready', 'blocked', 'in_flight', 'delayed')`

/** Somebody has to decide about what is held back, perhaps in days: classes do not wait for users who wait for that. */
export const letClassesGo = (sql: SqlClient.SqlClient, authorities: ReadonlyArray<string>): Statements<unknown> =>
  sql`
    WITH RECURSIVE held_up (id) AS (
      SELECT h.id FROM json_each(${JSON.stringify([...new Set(authorities)])}) AS a
      CROSS JOIN queue AS h INDEXED BY queue_state ON h.authority = a.value AND h.state = 'held'
      UNION
      SELECT w.item FROM held_up AS u CROSS JOIN waits AS w ON w.on_item = u.id AND w.because IN ('record', 'name')
    )
    UPDATE waits SET because = 'tried' WHERE because = 'member' AND on_item IN (SELECT id FROM held_up)`

/** That another object has, or will have until it is delivered, what an item needs. */
export interface Rival {
  readonly id: number
  readonly kind: Belonging.Belonging["kind"]
  readonly isDead: 0 | 1
}

export const rivalsOf = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, items: ReadonlyArray<QueueItem>) {
  if (items.length === 0 || !(yield* isAnythingFreed(sql))) return []
  const needs = needsOf(items.map((item) => ({ id: item.id, authority: item.authority, desired: item })))
  return yield* sql<Rival>`
    SELECT n.value ->> 0 AS id, f.kind, q.state = 'dead' AS isDead FROM ${freedFor(sql, needs)}`
})
