/** What new items have to wait for. Letting them go on is the triggers' work, see `Migrations`. */
import type { SqlClient, SqlError } from "@effect/sql"
import type { ListenerObject } from "@id-connector/core/changes/ListenerObject"
import type { DesiredState } from "@id-connector/core/queue/Coalescing"
import * as Precedence from "@id-connector/core/queue/Precedence"
import { Effect } from "effect"
import * as Rows from "./Rows.js"

type Statements<A> = Effect.Effect<A, SqlError.SqlError>

/** Remembers which record UIDs and user names the items free. */
export const rememberFreed = (
  items: ReadonlyArray<{ readonly id: number; readonly authority: string; readonly desired: DesiredState }>
): Rows.Written =>
  insertFreed(
    items.flatMap(({ authority, id, desired }) =>
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

/** What is to be known of an item. */
interface Item {
  readonly id: number
  readonly change: { readonly authority: string; readonly object: ListenerObject }
}

/** Blocks those of the items, which are stored and ready, that have something to wait for. */
export const block = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, items: ReadonlyArray<Item>) {
  const maybeFreed = yield* waitForFreed(sql, items)
  const members = items.flatMap(({ change: { authority, object }, id }) =>
    Precedence.members(object).map((name) => [id, authority, name])
  )
  if (members.length > 0) yield* waitForMembers(sql, members)
  if (!maybeFreed && members.length === 0) return
  yield* sql`
    UPDATE queue SET state = 'blocked'
    WHERE state = 'ready' AND id IN (
      SELECT item FROM waits
      WHERE item IN (SELECT value FROM json_each(${JSON.stringify(items.map(({ id }) => id))})) AND because <> 'tried'
    )`
})

/** Answers whether there may be something that is waited for. */
const waitForFreed = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, items: ReadonlyArray<Item>) {
  // Nearly always nothing is about to be freed.
  const some = yield* sql`SELECT 1 FROM frees LIMIT 1`
  if (some.length === 0) return false
  // Of an item's needs the record UID comes first, and counts.
  const needs = items.flatMap(({ change: { authority, object }, id }) =>
    Precedence.needs(object).map(({ kind, value }) => [id, authority, kind, value])
  )
  if (needs.length === 0) return false
  const json = JSON.stringify(needs)
  // A deletion that is held back or dead must not come back later and delete the account under its new user.
  yield* sql`
    DELETE FROM queue WHERE id IN (
      SELECT f.item FROM json_each(${json}) AS n
      CROSS JOIN frees AS f
        ON f.authority = n.value ->> 1 AND f.kind = n.value ->> 2 AND f.value = n.value ->> 3 AND f.item < n.value ->> 0
      WHERE f.removal = 1 AND f.kind = 'record'
    ) AND state IN ('held', 'dead')`
  yield* sql`
    INSERT OR IGNORE INTO waits (item, on_item, because)
    SELECT n.value ->> 0, f.item, f.kind FROM json_each(${json}) AS n
    CROSS JOIN frees AS f
      ON f.authority = n.value ->> 1 AND f.kind = n.value ->> 2 AND f.value = n.value ->> 3 AND f.item < n.value ->> 0
    CROSS JOIN queue AS q ON q.id = f.item
    WHERE q.state <> 'dead'`
  return true
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
