/** Looking at the queue without changing it. */
import type { SqlClient, SqlError } from "@effect/sql"
import * as QueueRow from "@id-connector/core/QueueRow"
import type {
  Attempt,
  Counts,
  FileFate,
  Filter,
  ItemId,
  ItemState,
  QueueItem,
  Removals,
  SourceFile
} from "@id-connector/core/QueueStore"
import type { AuthorityName } from "@id-connector/core/SchoolAuthority"
import { Effect, Option } from "effect"

type Statements<A> = Effect.Effect<A, SqlError.SqlError>

/** See `QueueStore.takenOver`. */
export const takenOver = (
  sql: SqlClient.SqlClient,
  files: ReadonlyArray<SourceFile>
): Statements<ReadonlyMap<string, FileFate>> =>
  Effect.map(
    sql<{ name: string; digest: string; fate: FileFate }>`
      SELECT name, digest, fate FROM taken_over
      WHERE name IN (SELECT value FROM json_each(${JSON.stringify(files.map(({ name }) => name))}))`,
    (rows) => {
      const known = new Map(rows.map((row) => [row.name, row]))
      const found = new Map<string, FileFate>()
      for (const { digest, name } of files) {
        const row = known.get(name)
        if (row !== undefined && row.digest === digest) found.set(name, row.fate)
      }
      return found
    }
  )

/** See `QueueStore.takenOverNames`. */
export const takenOverNames = (sql: SqlClient.SqlClient): Statements<ReadonlyArray<string>> =>
  Effect.map(sql<{ name: string }>`SELECT name FROM taken_over`, (rows) => rows.map(({ name }) => name))

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

/** See `QueueStore.holding`. */
export const holding = (sql: SqlClient.SqlClient, authority: AuthorityName): Statements<number> =>
  Effect.map(countsOf(sql, authority), (of) => of("delivered"))

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

/** See `QueueStore.removals`. */
export const removals = (
  sql: SqlClient.SqlClient,
  authority: AuthorityName,
  since: number
): Statements<ReadonlyArray<Removals>> =>
  sql<Removals>`SELECT at, count FROM removals WHERE authority = ${authority} AND at >= ${since} ORDER BY at`

/** Whole rows of the items whose ids are in a JSON array, in the order of the ids or, before that, of the kinds. */
export const rowsOf = (
  sql: SqlClient.SqlClient,
  ids: string,
  order: "q.id" | "q.kind, q.id" = "q.id"
): Statements<ReadonlyArray<QueueRow.QueueRow>> =>
  sql<QueueRow.QueueRow>`
    SELECT q.id, q.authority, q.object_key, q.state, q.attempts, q.available_at, q.last_error, q.confirmed, q.file,
      w.recreate, w.aliases, w.previous, w.hashes, w.payload, d.receipt
    FROM queue AS q
    CROSS JOIN wishes AS w ON w.id = q.id
    LEFT JOIN delivered AS d ON d.authority = q.authority AND d.object_key = q.object_key
    WHERE q.id IN (SELECT value FROM json_each(${ids}))
    ORDER BY ${sql.literal(order)}`

const itemsOf = (sql: SqlClient.SqlClient, ids: ReadonlyArray<number>): Statements<ReadonlyArray<QueueItem>> =>
  Effect.flatMap(rowsOf(sql, JSON.stringify(ids)), (rows) => Effect.forEach(rows, (row) => QueueRow.toItem(row)))

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

const idsOf = (
  sql: SqlClient.SqlClient,
  authority: AuthorityName,
  { after, limit, object, state }: Filter
): Statements<ReadonlyArray<{ readonly id: number }>> => {
  const inState = sql.literal(state === undefined ? "true" : conditions[state])
  const rest = sql`q.id > ${after ?? 0} AND ${inState} ORDER BY q.id LIMIT ${Math.max(0, limit)}`
  if (object === undefined) {
    const index = sql(state === undefined ? "queue_authority" : indexes[state])
    return sql`SELECT q.id FROM queue AS q INDEXED BY ${index} WHERE q.authority = ${authority} AND ${rest}`
  }
  const named = object.toLowerCase()
  return sql`
    SELECT q.id FROM queue AS q
    WHERE q.id IN (
      SELECT n.id FROM queue AS n INDEXED BY queue_name WHERE n.authority = ${authority} AND n.name = ${named}
      UNION ALL
      SELECT o.id FROM queue AS o INDEXED BY queue_object
      WHERE o.authority = ${authority} AND o.object_key IN (${named}, ${`user:${named}`}, ${`group:${named}`})
    ) AND ${rest}`
}

/** Of rows `q`. */
export const conditions: { readonly [state in ItemState]: string } = {
  waiting: "q.state IN ('ready', 'delayed', 'blocked')",
  in_flight: "q.state = 'in_flight'",
  held: "q.state = 'held'",
  dead: "q.state = 'dead'"
}

/** What finds items in a state, in the order of their ids. */
export const indexes: { readonly [state in ItemState]: string } = {
  waiting: "queue_authority",
  in_flight: "queue_in_flight",
  held: "queue_held",
  dead: "queue_dead"
}

/** See `QueueStore.show`. */
export const show = (sql: SqlClient.SqlClient, authority: AuthorityName, id: ItemId) =>
  Effect.gen(function* () {
    const [item] = yield* itemsOf(sql, [id])
    if (item?.authority !== authority) return Option.none()
    const rows = yield* sql<{ at: number; error: string; evidence: string | null }>`
      SELECT at, error, evidence FROM attempts WHERE item = ${id} ORDER BY rowid`
    const attempts = yield* Effect.forEach(rows, ({ at, error, evidence }) =>
      Effect.map(QueueRow.decodeEvidence(evidence), (evidence): Attempt => ({ at, error, evidence }))
    )
    return Option.some({ item, attempts })
  })
