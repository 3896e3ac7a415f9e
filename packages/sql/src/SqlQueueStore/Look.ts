/** Looking at the queue without changing it. */
import type { SqlClient, SqlError } from "@effect/sql"
import * as QueueRow from "@id-connector/core/QueueRow"
import type { Counts, FileFate, ItemId, ItemState, QueueItem, SourceFile } from "@id-connector/core/QueueStore"
import type { AuthorityName } from "@id-connector/core/SchoolAuthority"
import { Effect } from "effect"

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

/** See `QueueStore.counts`. */
export const counts = (sql: SqlClient.SqlClient, authority: AuthorityName): Statements<Counts> =>
  Effect.map(
    sql<{ state: QueueRow.RowState; items: number }>`
      SELECT state, items FROM queue_counts WHERE authority = ${authority}`,
    (rows) => {
      const of = (...states: ReadonlyArray<QueueRow.RowState>) =>
        rows.reduce((sum, { items, state }) => (states.includes(state) ? sum + items : sum), 0)
      return { waiting: of("ready", "delayed"), inFlight: of("in_flight"), dead: of("dead") }
    }
  )

/** See `QueueStore.list`. */
export const list = (
  sql: SqlClient.SqlClient,
  authority: AuthorityName,
  options: { readonly state?: ItemState; readonly after?: ItemId; readonly limit: number }
): Statements<ReadonlyArray<QueueItem>> =>
  sql<QueueRow.QueueRow>`
    SELECT q.id, q.authority, q.object_key, q.state, q.attempts, q.available_at, q.last_error, q.file, q.recreate,
      q.aliases, q.payload, r.receipt
    FROM queue AS q INDEXED BY ${sql(options.state === undefined ? "queue_authority" : indexes[options.state])}
    LEFT JOIN receipts AS r ON r.authority = q.authority AND r.object_key = q.object_key
    WHERE q.authority = ${authority} AND q.id > ${options.after ?? 0}
      AND ${sql.literal(options.state === undefined ? "true" : conditions[options.state])}
    ORDER BY q.id
    LIMIT ${Math.max(0, options.limit)}`.pipe(
    Effect.flatMap((rows) => Effect.forEach(rows, (row) => QueueRow.toItem(row)))
  )

const conditions: { readonly [state in ItemState]: string } = {
  waiting: "q.state IN ('ready', 'delayed')",
  in_flight: "q.state = 'in_flight'",
  dead: "q.state = 'dead'"
}

const indexes: { readonly [state in ItemState]: string } = {
  waiting: "queue_authority",
  in_flight: "queue_in_flight",
  dead: "queue_dead"
}
