/** How deliveries ended, and what becomes of deliveries that a dead process left behind. */
import type { SqlClient, SqlError } from "@effect/sql"
import * as Aside from "@id-connector/core/changes/Aside"
import * as Coalescing from "@id-connector/core/queue/Coalescing"
import * as Precedence from "@id-connector/core/queue/Precedence"
import * as QueueRow from "@id-connector/core/queue/QueueRow"
import { attemptsKept, type ItemId, type Settlement } from "@id-connector/core/queue/QueueStore"
import { Array as Arr, Clock, Effect, Either } from "effect"
import * as ShortKey from "../ShortKey.js"
import * as DesiredStates from "./DesiredStates.js"
import * as GivenUp from "./GivenUp.js"
import * as Outbox from "./Outbox.js"
import { letClassesGo, refresh, rememberFreed } from "./Waits.js"

type Statements<A> = Effect.Effect<A, SqlError.SqlError>

type Done = Extract<Settlement, { readonly _tag: "Done" }>
type Undelivered = Exclude<Settlement, Done>

/** See `QueueStore.settle`. To be run in a transaction. */
export const settle = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, settlements: ReadonlyArray<Settlement>) {
  const first = new Map<ItemId, Settlement>()
  for (const settlement of settlements) {
    // Once settled, an item is not in flight any more: the first of two settlements counts.
    if (!first.has(settlement.id)) first.set(settlement.id, settlement)
  }
  const [undelivered, done] = Arr.partition(
    [...first.values()],
    (settlement): settlement is Done => settlement._tag === "Done"
  )
  // First: what is wanted from now on may be among what was delivered just now.
  const given = undelivered.length > 0 ? yield* giveBack(sql, undelivered) : []
  const gone = done.length > 0 ? yield* remove(sql, done) : []
  yield* Outbox.write(Outbox.ofSettled(first.values(), new Set([...given, ...gone])))
})

/** See `QueueStore.recover`. To be run in a transaction. */
export const recover = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  const rows = yield* sql<{ id: ItemId }>`SELECT id FROM queue INDEXED BY queue_in_flight WHERE state = 'in_flight'`
  const releases = rows.map(({ id }) => ({ _tag: "Release", id }) as const)
  if (releases.length > 0) yield* giveBack(sql, releases)
  return rows.length
})

interface Removed {
  readonly id: ItemId
  readonly authority: string
  readonly object_key: string
  readonly name: string
  readonly kind: 0 | 1
}

/** Answers with the ids of those that had been in flight. */
const remove = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, done: ReadonlyArray<Done>) {
  const ends = new Map(done.map((settlement) => [settlement.id, settlement]))
  const repeated = yield* repeat(sql, done)
  const removed = yield* sql<Removed>`
    DELETE FROM queue
    WHERE id IN (SELECT value FROM json_each(${JSON.stringify(done.map(({ id }) => id))})) AND state = 'in_flight'
    RETURNING id, authority, object_key, name, kind`
  const [absent, present] = Arr.partition([...repeated, ...removed], ({ id }) => ends.get(id)?.result === "present")
  if (present.length > 0) {
    const rows = present.map((row) => {
      const end = ends.get(row.id)
      return [
        row.authority,
        row.object_key,
        end?.receipt ?? null,
        end?.account?.recordUid.toLowerCase() ?? null,
        end?.account?.sourceUid ?? null
      ]
    })
    yield* sql`
      INSERT INTO delivered (authority, object_key, receipt, record_uid, source_uid)
      SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(${JSON.stringify(rows)})
      WHERE true
      ON CONFLICT (authority, object_key) DO UPDATE
      SET receipt = excluded.receipt, record_uid = excluded.record_uid, source_uid = excluded.source_uid
      WHERE receipt IS NOT excluded.receipt
        OR record_uid IS NOT excluded.record_uid OR source_uid IS NOT excluded.source_uid`
    yield* wake(sql, present)
  }
  if (absent.length > 0) {
    yield* sql`
      DELETE FROM delivered
      WHERE (authority, object_key) IN (
        SELECT value ->> 0, value ->> 1
        FROM json_each(${JSON.stringify(absent.map((row) => [row.authority, row.object_key]))})
      )`
    yield* rememberRemovals(
      sql,
      absent.flatMap((row) => (ends.get(row.id)?.result === "removed" ? [row.authority] : []))
    )
  }
  return [...repeated, ...removed].map(({ id }) => id)
})

/** Classes that are delivered once more after their members. Where something newer waits, that one does. */
const repeat = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, done: ReadonlyArray<Done>) {
  const early = yield* sql<{ id: ItemId }>`
    SELECT q.id FROM queue AS q
    WHERE q.id IN (SELECT value FROM json_each(${JSON.stringify(done.map(({ id }) => id))}))
      AND q.state = 'in_flight' AND q.kind = 1
      AND EXISTS (SELECT 1 FROM waits AS w WHERE w.item = q.id AND w.because = 'tried')
      AND NOT EXISTS (
        SELECT 1 FROM queue AS n INDEXED BY queue_object
        WHERE ${ShortKey.isSameObject(sql, "n")} AND n.state <> 'in_flight'
      )`
  if (early.length === 0) return []
  const ids = JSON.stringify(early.map(({ id }) => id))
  yield* sql`
    UPDATE waits SET because = 'again'
    WHERE because = 'tried' AND item IN (SELECT value FROM json_each(${ids}))`
  yield* sql`DELETE FROM attempts WHERE item IN (SELECT value FROM json_each(${ids}))`
  yield* sql`DELETE FROM missing_users WHERE item IN (SELECT value FROM json_each(${ids}))`
  return yield* sql<Removed>`
    UPDATE queue SET state = 'blocked', attempts = 0, available_at = 0, last_error = ${Precedence.deliveredBeforeMembers}
    WHERE id IN (SELECT value FROM json_each(${ids}))
    RETURNING id, authority, object_key, name, kind`
})

/** What was delivered may be what others waited for. */
const wake = (sql: SqlClient.SqlClient, present: ReadonlyArray<Removed>): Statements<unknown> => {
  const names = present.flatMap(({ authority, kind, name }) => (kind === 0 ? [[authority, name]] : []))
  return sql`
    UPDATE queue SET state = 'ready', available_at = 0
    WHERE state = 'delayed' AND id IN (
      SELECT w.item FROM json_each(${JSON.stringify(names)}) AS n
      CROSS JOIN missing_users AS w ON w.authority = n.value ->> 0 AND w.name = n.value ->> 1
    )`
}

/** Removals are remembered for so long, in milliseconds. Nobody asks for older ones. */
const removalsKept = 24 * 3_600_000

const rememberRemovals = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, authorities: ReadonlyArray<string>) {
  const now = yield* Clock.currentTimeMillis
  for (const authority of new Set(authorities)) {
    const count = authorities.filter((other) => other === authority).length
    yield* sql`DELETE FROM removals WHERE authority = ${authority} AND at < ${now - removalsKept}`
    yield* sql`
      INSERT INTO removals (authority, at, count) VALUES (${authority}, ${now}, ${count})
      ON CONFLICT (authority, at) DO UPDATE SET count = count + excluded.count`
  }
})

interface Claimed {
  readonly id: ItemId
  readonly authority: string
  readonly attempts: number
  readonly available_at: number
  readonly last_error: string | null
  readonly name: string
  readonly newer: number | null
}

/**
 * The items wait again (or are held, or dead). What arrived meanwhile is merged into them, and they keep their place. Answers with
 * the ids of those that had been in flight.
 */
const giveBack = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, undelivered: ReadonlyArray<Undelivered>) {
  const claimed = yield* sql<Claimed>`
    SELECT q.id, q.authority, q.attempts, q.available_at, q.last_error, q.name, n.id AS newer
    FROM json_each(${JSON.stringify(undelivered.map(({ id }) => id))}) AS k
    CROSS JOIN queue AS q
    LEFT JOIN queue AS n INDEXED BY queue_object
      ON ${ShortKey.isSameObject(sql, "n")} AND n.state <> 'in_flight'
    WHERE q.id = k.value AND q.state = 'in_flight'`
  const settlements = new Map(undelivered.map((settlement) => [settlement.id, settlement]))
  for (const item of claimed) {
    if (settlements.get(item.id)?._tag === "SteppedAside") yield* stepAside(sql, item)
    if (item.newer !== null) yield* absorb(sql, item, item.newer)
  }
  const dropped = new Set(yield* dropSuperseded(sql, claimed, settlements))
  const kept = claimed.filter(({ id }) => !dropped.has(id))
  yield* rememberAttempts(sql, kept, settlements)
  const rows = kept.map((item) => [item.id, ...stateAfter(item, settlements.get(item.id))] as const)
  yield* sql`
    UPDATE queue SET
      state = s.value ->> 1, attempts = s.value ->> 2, available_at = s.value ->> 3, last_error = s.value ->> 4
    FROM json_each(${JSON.stringify(rows)}) AS s
    WHERE queue.id = s.value ->> 0`
  yield* GivenUp.remember(sql, givenUp(rows, kept, settlements, yield* Clock.currentTimeMillis))
  yield* DesiredStates.setApart(
    sql,
    rows.flatMap(([id, state]) => (state === "dead" || state === "held" || state === "delayed" ? [id] : []))
  )
  yield* letClassesGo(
    sql,
    kept.map(({ authority }) => authority)
  )
  yield* refresh(
    sql,
    rows.flatMap(([id, state]) => (state === "ready" || state === "delayed" ? [id] : []))
  )
  return claimed.map(({ id }) => id)
})

/** Those that somebody has to look at. */
const givenUp = (
  rows: ReadonlyArray<readonly [id: ItemId, ...StateAfter]>,
  items: ReadonlyArray<Claimed>,
  settlements: ReadonlyMap<ItemId, Undelivered>,
  now: number
): ReadonlyArray<GivenUp.Item> =>
  rows.flatMap(([id, state, , , error], index) => {
    const item = items[index]
    if (item === undefined || (state !== "dead" && state !== "held")) return []
    const settlement = settlements.get(id)
    const at = settlement?._tag === "Dead" ? Math.round(settlement.attempt.at) : now
    return [{ id, authority: item.authority, state, name: item.name, error, at }]
  })

type StateAfter = readonly [state: QueueRow.RowState, attempts: number, availableAt: number, lastError: string | null]

/** What a newer change supersedes is neither held nor dead, and its failures are not the newer one's. */
const stateAfter = (item: Claimed, settlement: Undelivered | undefined): StateAfter => {
  if (settlement?._tag === "RetryAt") {
    return ["delayed", item.attempts + (settlement.counts ? 1 : 0), Math.ceil(settlement.at), settlement.attempt.error]
  }
  if (item.newer !== null) return ["ready", 0, 0, null]
  if (settlement?._tag === "Dead") return ["dead", item.attempts + 1, item.available_at, settlement.attempt.error]
  if (settlement?._tag === "Hold") return ["held", item.attempts, item.available_at, settlement.reason]
  return ["ready", item.attempts, item.available_at, item.last_error]
}

const rememberAttempts = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  claimed: ReadonlyArray<Claimed>,
  settlements: ReadonlyMap<ItemId, Undelivered>
) {
  for (const { authority, id, newer } of claimed) {
    const settlement = settlements.get(id)
    if (settlement?._tag !== "RetryAt" && (settlement?._tag !== "Dead" || newer !== null)) continue
    const { at, error, evidence } = settlement.attempt
    yield* sql`
      INSERT INTO attempts (item, at, error, evidence)
      VALUES (${id}, ${Math.round(at)}, ${error}, ${QueueRow.encodeEvidence(evidence)})`
    yield* sql`
      DELETE FROM attempts WHERE rowid IN (
        SELECT rowid FROM attempts WHERE item = ${id} ORDER BY rowid DESC LIMIT -1 OFFSET 0 + ${attemptsKept}
      )`
    yield* sql`DELETE FROM missing_users WHERE item = ${id}`
    const wanted = settlement._tag === "RetryAt" ? settlement.wanted : []
    if (wanted.length > 0) {
      yield* sql`
        INSERT OR IGNORE INTO missing_users (authority, name, item)
        SELECT ${authority}, lower(value), ${id} FROM json_each(${JSON.stringify(wanted)})`
    }
  }
})

/** Merges the newer item into the one in flight. Rare: nearly all deliveries end well, and before the next change. */
const absorb = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, { authority, id }: Claimed, newer: number) {
  const halves = yield* DesiredStates.find(sql, [id, newer])
  const late = halves.get(newer)
  const desired = mergedOf(halves.get(id), late)
  // What can't be read replaces what can, since that is not wanted any more. It will be a dead letter, see `Claim`.
  yield* DesiredStates.replace([
    desired === null ? { ...nothing, ...late, id } : { id, ...QueueRow.rowOf(desired, late?.payload) }
  ])
  yield* sql`
    UPDATE queue SET confirmed = 0, (file, name) = (SELECT n.file, n.name FROM queue AS n WHERE n.id = ${newer})
    WHERE id = ${id}`
  yield* sql`DELETE FROM attempts WHERE item = ${id}`
  yield* sql`DELETE FROM missing_users WHERE item = ${id}`
  yield* sql`DELETE FROM frees WHERE item = ${id}`
  if (desired !== null) yield* rememberFreed([{ id, authority, desired }])
  // What the merged one waits for is found anew. What waited for the newer one waits on.
  yield* sql`DELETE FROM waits WHERE item = ${newer}`
  yield* sql`UPDATE OR IGNORE waits SET on_item = ${id} WHERE on_item = ${newer}`
  yield* sql`DELETE FROM queue WHERE id = ${newer}`
})

const nothing = { payload: "", previous: null, hashes: null, aliases: null, had_values: null, send_again: 0 } as const

/** Null when the newer one can't be read. */
const mergedOf = (
  early: DesiredStates.DesiredState | undefined,
  late: DesiredStates.DesiredState | undefined
): Coalescing.DesiredState | null => {
  const newer = late === undefined ? null : Either.getOrNull(QueueRow.desiredStateOf(late))
  const older = early === undefined ? null : Either.getOrNull(QueueRow.desiredStateOf(early))
  return newer === null || older === null ? newer : Coalescing.merge(older, newer)
}

/** The target has the object under what it got instead; what it gave up is free. */
const stepAside = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, { authority, id }: Claimed) {
  const row = (yield* DesiredStates.find(sql, [id])).get(id)
  const read = row === undefined ? null : Either.getOrNull(QueueRow.desiredStateOf(row))
  if (row === undefined || read === null) return
  const desired = Aside.stepAside(read)
  yield* DesiredStates.replace([{ id, ...QueueRow.rowOf(desired, row.payload) }])
  yield* sql`DELETE FROM frees WHERE item = ${id}`
  yield* rememberFreed([{ id, authority, desired }])
  yield* sql`DELETE FROM waits WHERE on_item = ${id} AND because IN ('record', 'name')`
})

/**
 * A deletion that is to be held back, or dead, while a newer user waits for its record UID: see `QueueStore.accept`. Answers
 * with the ids that are gone.
 */
const dropSuperseded = (
  sql: SqlClient.SqlClient,
  claimed: ReadonlyArray<Claimed>,
  settlements: ReadonlyMap<ItemId, Undelivered>
): Statements<ReadonlyArray<ItemId>> => {
  const ended = claimed.flatMap(({ id, newer }) => {
    const end = settlements.get(id)?._tag
    return newer === null && (end === "Hold" || end === "Dead") ? [id] : []
  })
  return ended.length === 0
    ? Effect.succeed([])
    : Effect.map(
        sql<{ id: ItemId }>`
          DELETE FROM queue
          WHERE id IN (SELECT value FROM json_each(${JSON.stringify(ended)}))
            AND EXISTS (SELECT 1 FROM waits AS w WHERE w.on_item = queue.id AND w.because = 'record')
            AND EXISTS (SELECT 1 FROM frees AS f WHERE f.item = queue.id AND f.removal = 1)
          RETURNING id`,
        (rows) => rows.map(({ id }) => id)
      )
}
