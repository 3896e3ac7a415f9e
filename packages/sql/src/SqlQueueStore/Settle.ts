/** How deliveries ended, and what becomes of deliveries that a dead process left behind. */
import type { SqlClient, SqlError } from "@effect/sql"
import * as Coalescing from "@id-connector/core/Coalescing"
import * as QueueRow from "@id-connector/core/QueueRow"
import type { ItemId, Settlement } from "@id-connector/core/QueueStore"
import { Array as Arr, Effect } from "effect"

type Statements<A> = Effect.Effect<A, SqlError.SqlError>

type Done = Extract<Settlement, { readonly _tag: "Done" }>
type Undelivered = Exclude<Settlement, Done>

/** See `QueueStore.settle`. To be run in a transaction. */
export const settle = (sql: SqlClient.SqlClient, settlements: ReadonlyArray<Settlement>): Statements<void> =>
  Effect.gen(function* () {
    const first = new Map<ItemId, Settlement>()
    for (const settlement of settlements) {
      // Once settled, an item is not in flight any more: the first of two settlements counts.
      if (!first.has(settlement.id)) first.set(settlement.id, settlement)
    }
    const [undelivered, done] = Arr.partition(
      [...first.values()],
      (settlement): settlement is Done => settlement._tag === "Done"
    )
    if (done.length > 0) yield* remove(sql, done)
    if (undelivered.length > 0) yield* giveBack(sql, undelivered)
  })

/** See `QueueStore.recover`. To be run in a transaction. */
export const recover = (sql: SqlClient.SqlClient): Statements<number> =>
  Effect.gen(function* () {
    const rows = yield* sql<{ id: ItemId }>`SELECT id FROM queue INDEXED BY queue_in_flight WHERE state = 'in_flight'`
    const releases = rows.map(({ id }) => ({ _tag: "Release", id }) as const)
    if (releases.length > 0) yield* giveBack(sql, releases)
    return rows.length
  })

const remove = (sql: SqlClient.SqlClient, done: ReadonlyArray<Done>): Statements<void> =>
  Effect.gen(function* () {
    const receipts = new Map(done.map(({ id, receipt }) => [id, receipt]))
    const removed = yield* sql<{ id: ItemId; authority: string; object_key: string }>`
      DELETE FROM queue
      WHERE id IN (SELECT value FROM json_each(${JSON.stringify(done.map(({ id }) => id))})) AND state = 'in_flight'
      RETURNING id, authority, object_key`
    const [gone, kept] = Arr.partition(
      removed.map((row) => [row.authority, row.object_key, receipts.get(row.id) ?? null] as const),
      ([, , receipt]) => receipt !== null
    )
    if (kept.length > 0) {
      yield* sql`
        INSERT INTO receipts (authority, object_key, receipt)
        SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(${JSON.stringify(kept)})
        WHERE true
        ON CONFLICT (authority, object_key) DO UPDATE SET receipt = excluded.receipt`
    }
    if (gone.length > 0) {
      yield* sql`
        DELETE FROM receipts
        WHERE (authority, object_key) IN (
          SELECT value ->> 0, value ->> 1 FROM json_each(${JSON.stringify(gone)})
        )`
    }
  })

interface Claimed {
  readonly id: ItemId
  readonly attempts: number
  readonly available_at: number
  readonly last_error: string | null
  readonly newer: number | null
}

/** The items wait again (or are dead). What arrived meanwhile is merged into them, and they keep their place. */
const giveBack = (sql: SqlClient.SqlClient, undelivered: ReadonlyArray<Undelivered>): Statements<void> =>
  Effect.gen(function* () {
    const claimed = yield* sql<Claimed>`
      SELECT q.id, q.attempts, q.available_at, q.last_error, w.id AS newer
      FROM json_each(${JSON.stringify(undelivered.map(({ id }) => id))}) AS k
      CROSS JOIN queue AS q
      LEFT JOIN queue AS w INDEXED BY queue_pending
        ON w.authority = q.authority AND w.object_key = q.object_key AND w.state <> 'in_flight'
      WHERE q.id = k.value AND q.state = 'in_flight'`
    for (const { id, newer } of claimed) {
      if (newer !== null) yield* absorb(sql, id, newer)
    }
    const settlements = new Map(undelivered.map((settlement) => [settlement.id, settlement]))
    const rows = claimed.map((item) => [item.id, ...stateAfter(item, settlements.get(item.id))])
    yield* sql`
      UPDATE queue SET
        state = s.value ->> 1, attempts = s.value ->> 2, available_at = s.value ->> 3, last_error = s.value ->> 4
      FROM json_each(${JSON.stringify(rows)}) AS s
      WHERE queue.id = s.value ->> 0`
  })

type StateAfter = readonly [state: QueueRow.RowState, attempts: number, availableAt: number, lastError: string | null]

/** What a newer change supersedes is not dead, and its failures are not the newer one's. */
const stateAfter = (item: Claimed, settlement: Undelivered | undefined): StateAfter => {
  if (settlement?._tag === "RetryAt") return ["delayed", item.attempts + 1, Math.ceil(settlement.at), settlement.error]
  if (item.newer !== null) return ["ready", 0, 0, null]
  if (settlement?._tag === "Dead") return ["dead", item.attempts + 1, item.available_at, settlement.error]
  return ["ready", item.attempts, item.available_at, item.last_error]
}

interface Half extends QueueRow.WishRow {
  readonly id: number
  readonly file: string
}

/** Merges the newer item into the one in flight. Rare: nearly all deliveries end well, and before the next change. */
const absorb = (sql: SqlClient.SqlClient, id: number, newer: number): Statements<void> =>
  Effect.gen(function* () {
    const [late] =
      yield* sql<Half>`DELETE FROM queue WHERE id = ${newer} RETURNING id, file, recreate, aliases, payload`
    const [early] = yield* sql<Half>`SELECT id, file, recreate, aliases, payload FROM queue WHERE id = ${id}`
    if (early === undefined || late === undefined) return
    const wish = Coalescing.merge(yield* QueueRow.toWish(early), yield* QueueRow.toWish(late))
    const { aliases, payload, recreate } = QueueRow.fromWish(wish)
    yield* sql`
      UPDATE queue SET file = ${late.file}, recreate = ${recreate}, aliases = ${aliases}, payload = ${payload}
      WHERE id = ${id}`
  })
