/** Taking files over: what is remembered of them, of their objects, and the items they bring. */
import type { SqlClient, SqlError } from "@effect/sql"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import * as Coalescing from "@id-connector/core/queue/Coalescing"
import * as Precedence from "@id-connector/core/queue/Precedence"
import * as QueueRow from "@id-connector/core/queue/QueueRow"
import type { Arrival } from "@id-connector/core/queue/QueueStore"
import { Effect, Either } from "effect"
import * as ShortKey from "../ShortKey.js"
import * as DesiredStates from "./DesiredStates.js"
import type { GenerationsShape } from "./Generations.js"
import * as Outbox from "./Outbox.js"
import type { PreviousStatesShape, Remembered } from "./PreviousStates.js"
import * as Rows from "./Rows.js"
import type { TakenOverShape } from "./TakenOver.js"
import { block, rememberFreed } from "./Waits.js"

type Statements<A> = Effect.Effect<A, SqlError.SqlError>

/** What is written beside the items. */
interface Beside {
  readonly generations: Pick<GenerationsShape, "idOf">
  readonly previousStates: PreviousStatesShape
  readonly takenOver: TakenOverShape
}

/** See `QueueStore.accept`. To be run in a transaction. */
export const accept = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  { generations, previousStates, takenOver }: Beside,
  batch: ReadonlyArray<Arrival>
) {
  const news = yield* takenOver.remember(batch)
  if (news.length === 0) return
  yield* previousStates.remember(statesOf(news))
  yield* Outbox.write(news.flatMap(({ entry }) => (entry === undefined ? [] : [entry])))
  const changes = news.flatMap((arrival) => changesOf(arrival, generations))
  if (changes.length === 0) return
  const known = yield* pendingOf(sql, changes)
  const items = itemsOf(changes, known, yield* lastId(sql))
  yield* insertItems(items.filter(({ isNew }) => isNew))
  yield* replaceItems(
    sql,
    items.filter(({ isNew }) => !isNew)
  )
  yield* confirm(
    sql,
    items.flatMap(({ change, id }) => (change.confirmed ? [id] : []))
  )
  const stored = items.map(({ change, id, desired }) => ({ id, authority: change.authority, desired }))
  yield* rememberFreed(stored)
  yield* block(sql, stored)
})

const statesOf = (arrivals: ReadonlyArray<Arrival>): ReadonlyMap<string, Remembered> => {
  const states = new Map<string, Remembered>()
  for (const { object, remember } of arrivals) {
    if (remember._tag === "Nothing") continue
    const id = object.id.toLowerCase()
    states.set(
      id,
      remember._tag === "State"
        ? { state: JSON.stringify(remember.state), expiresAt: null }
        : { state: states.get(id)?.state ?? null, expiresAt: Math.ceil(remember.at) }
    )
  }
  return states
}

/** What a file brings to one authority. */
interface Change {
  readonly authority: string
  readonly objectKey: string
  readonly file: string
  readonly object: ListenerObject.ListenerObject
  readonly text: string | null
  readonly sendAgain: boolean
  readonly confirmed: boolean
  readonly key: string
  readonly shortKey: number
}

const changesOf = (
  { confirmed = false, file, object, recipients, sendAgain, text }: Arrival,
  { idOf }: Beside["generations"]
): ReadonlyArray<Change> => {
  if (recipients.length === 0) return []
  const objectKey = ListenerObject.objectKey(object)
  return [...new Set(recipients)].map(idOf).map((authority) => {
    const key = ShortKey.itemKey(authority, objectKey)
    return {
      authority,
      objectKey,
      file: file.name,
      object,
      text,
      sendAgain,
      confirmed,
      key,
      shortKey: ShortKey.of(key)
    }
  })
}

interface Pending {
  readonly id: number
  /** Null: it can't be read, and what is newer replaces it. */
  readonly desired: Coalescing.DesiredState | null
}

/** What waits, is held or dead for the same objects. */
const pendingOf = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, changes: ReadonlyArray<Change>) {
  const keys = new Set(changes.map(({ key }) => key))
  const rows = yield* sql<{ id: number; authority: string; object_key: string }>`
    SELECT q.id, q.authority, q.object_key
    FROM json_each(${ShortKey.json(changes.map(({ shortKey }) => shortKey))}) AS k
    CROSS JOIN queue AS q INDEXED BY queue_object ON q.short_key = k.value AND q.state <> 'in_flight'`
  const ids = new Map<number, string>()
  for (const { authority, id, object_key } of rows) {
    const key = ShortKey.itemKey(authority, object_key)
    if (keys.has(key)) ids.set(id, key)
  }
  const pending = new Map([...ids].map(([id, key]): [string, Pending] => [key, { id, desired: null }]))
  for (const [id, row] of yield* DesiredStates.find(sql, [...ids.keys()])) {
    const key = ids.get(id)
    if (key !== undefined) pending.set(key, { id, desired: Either.getOrNull(QueueRow.desiredStateOf(row)) })
  }
  return pending
})

/** The last id that was given out. */
const lastId = (sql: SqlClient.SqlClient): Statements<number> =>
  Effect.map(sql<{ seq: number }>`SELECT seq FROM sqlite_sequence WHERE name = 'queue'`, (rows) => rows[0]?.seq ?? 0)

/** An item as it is to be from now on. */
export interface Item {
  readonly id: number
  readonly isNew: boolean
  readonly change: Change
  readonly desired: Coalescing.DesiredState
}

/** One per object and authority, in the order of arrival. New ones get the ids after `last`. */
const itemsOf = (
  changes: ReadonlyArray<Change>,
  pending: ReadonlyMap<string, Pending>,
  last: number
): ReadonlyArray<Item> => {
  const items = new Map<string, Item>()
  let id = last
  for (const change of changes) {
    const older = items.get(change.key) ?? pending.get(change.key)
    const newer = Coalescing.single(change.object, change.sendAgain)
    items.set(
      change.key,
      older === undefined
        ? { id: ++id, isNew: true, change, desired: newer }
        : { id: older.id, isNew: older.id > last, change, desired: merged(older.desired, newer) }
    )
  }
  return [...items.values()]
}

const merged = (older: Coalescing.DesiredState | null, newer: Coalescing.DesiredState): Coalescing.DesiredState =>
  older === null ? newer : Coalescing.merge(older, newer)

const insertItems = Effect.fnUntraced(function* (items: ReadonlyArray<Item>) {
  yield* insertQueue(
    items.map(({ change: { authority, file, object, objectKey, shortKey }, id }) => [
      id,
      shortKey,
      authority,
      ListenerObject.isUser(object) ? 0 : 1,
      objectKey,
      Precedence.nameKey(object),
      file
    ])
  )
  yield* count(items)
  yield* DesiredStates.insert(desiredStatesOf(items))
})

/** Rare. */
const confirm = (sql: SqlClient.SqlClient, ids: ReadonlyArray<number>): Statements<unknown> =>
  ids.length === 0
    ? Effect.void
    : sql`UPDATE queue SET confirmed = 1 WHERE id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`

const insertQueue = Rows.into("queue", ["id", "short_key", "authority", "kind", "object_key", "name", "file"])

const count = (items: ReadonlyArray<Item>): Rows.Written => {
  const counts = new Map<string, number>()
  for (const { change } of items) counts.set(change.authority, (counts.get(change.authority) ?? 0) + 1)
  return addCounts([...counts].map(([authority, items]) => [authority, "ready", items]))
}

const addCounts = Rows.into(
  "queue_counts",
  ["authority", "state", "items"],
  "ON CONFLICT (authority, state) DO UPDATE SET items = items + excluded.items"
)

const desiredStatesOf = (items: ReadonlyArray<Item>): ReadonlyArray<DesiredStates.DesiredState> =>
  items.map(({ change: { text }, id, desired }) => ({ id, ...QueueRow.rowOf(desired, text) }))

/** Items that something newer was merged into: due at once, as if never tried. */
const replaceItems = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, items: ReadonlyArray<Item>) {
  if (items.length === 0) return
  const ids = JSON.stringify(items.map(({ id }) => id))
  for (const table of ["attempts", "missing_users", "frees", "waits"]) {
    yield* sql`DELETE FROM ${sql(table)} WHERE item IN (SELECT value FROM json_each(${ids}))`
  }
  const rows = items.map(({ change, id }) => [id, change.file, Precedence.nameKey(change.object)])
  yield* sql`
    UPDATE queue SET state = 'ready', attempts = 0, available_at = 0, last_error = NULL, confirmed = 0, steps_aside = 0,
      file = r.value ->> 1, name = r.value ->> 2
    FROM json_each(${JSON.stringify(rows)}) AS r
    WHERE queue.id = r.value ->> 0`
  yield* DesiredStates.replace(desiredStatesOf(items))
})
