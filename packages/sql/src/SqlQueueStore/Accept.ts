/** Taking files over: what is remembered of them, of their objects, and the items they bring. */
import type { SqlClient, SqlError } from "@effect/sql"
import * as Coalescing from "@id-connector/core/Coalescing"
import * as ListenerObject from "@id-connector/core/ListenerObject"
import type { PreviousState } from "@id-connector/core/PreviousState"
import * as QueueRow from "@id-connector/core/QueueRow"
import type { Arrival, SourceFile } from "@id-connector/core/QueueStore"
import { Array as Arr, Clock, Effect } from "effect"

type Statements<A> = Effect.Effect<A, SqlError.SqlError>

/**
 * How many rows an INSERT takes: at most so many statement texts are kept prepared per table. (Reading rows from one JSON
 * text, as where they are small, is half as fast here.)
 */
const rowsAtOnce = 64

/** See `QueueStore.accept`. To be run in a transaction. */
export const accept = (sql: SqlClient.SqlClient, batch: ReadonlyArray<Arrival>): Statements<void> =>
  Effect.gen(function* () {
    const news = unknownOf(batch, yield* digests(sql, batch))
    if (news.length === 0) return
    yield* rememberFiles(sql, news)
    yield* rememberStates(sql, statesOf(news), yield* Clock.currentTimeMillis)
    const changes = news.flatMap(changesOf)
    yield* insertItems(sql, rowsOf(changes, yield* pendingOf(sql, changes)))
  })

/** The digests of those files that were taken over before, by name. */
const digests = (
  sql: SqlClient.SqlClient,
  files: ReadonlyArray<{ readonly file: SourceFile }>
): Statements<Map<string, string>> =>
  Effect.map(
    sql<{ name: string; digest: string }>`
      SELECT name, digest FROM taken_over
      WHERE name IN (SELECT value FROM json_each(${JSON.stringify(files.map(({ file }) => file.name))}))`,
    (rows) => new Map(rows.map(({ digest, name }) => [name, digest]))
  )

/** `known` grows by what the batch brings: a file may be in it twice. */
const unknownOf = (batch: ReadonlyArray<Arrival>, known: Map<string, string>): ReadonlyArray<Arrival> =>
  batch.filter(({ file }) => {
    if (known.get(file.name) === file.digest) return false
    known.set(file.name, file.digest)
    return true
  })

const rememberFiles = (sql: SqlClient.SqlClient, arrivals: ReadonlyArray<Arrival>): Statements<unknown> =>
  sql`
    INSERT INTO taken_over (name, digest, fate)
    SELECT value ->> 0, value ->> 1, value ->> 2
    FROM json_each(${JSON.stringify(arrivals.map(({ fate, file }) => [file.name, file.digest, fate]))})
    WHERE true
    ON CONFLICT (name) DO UPDATE SET digest = excluded.digest, fate = excluded.fate`

interface Remembered {
  /** Null: what is stored stays, and only gets an end. */
  readonly state: PreviousState | null
  readonly expiresAt: number | null
}

const statesOf = (arrivals: ReadonlyArray<Arrival>): ReadonlyMap<string, Remembered> => {
  const states = new Map<string, Remembered>()
  for (const { object, remember } of arrivals) {
    const id = object.id.toLowerCase()
    states.set(
      id,
      remember._tag === "State"
        ? { state: remember.state, expiresAt: null }
        : { state: states.get(id)?.state ?? null, expiresAt: Math.ceil(remember.at) }
    )
  }
  return states
}

const rememberStates = (
  sql: SqlClient.SqlClient,
  states: ReadonlyMap<string, Remembered>,
  now: number
): Statements<void> =>
  Effect.gen(function* () {
    const [ends, news] = Arr.partition([...states], ([, { state }]) => state !== null)
    const rows = news.map(([id, { expiresAt, state }]) => ({ id, state: JSON.stringify(state), expires_at: expiresAt }))
    for (const chunk of Arr.chunksOf(rows, rowsAtOnce)) {
      // Most changes leave it as it is. Not to write it then saves a page per object.
      yield* sql`
        INSERT INTO previous_states ${sql.insert(chunk)}
        ON CONFLICT (id) DO UPDATE SET state = excluded.state, expires_at = excluded.expires_at
        WHERE state <> excluded.state OR expires_at IS NOT excluded.expires_at`
    }
    if (ends.length > 0) {
      // What has expired is gone, also where it was not purged yet.
      yield* sql`
        UPDATE previous_states SET expires_at = e.value ->> 1
        FROM json_each(${JSON.stringify(ends.map(([id, { expiresAt }]) => [id, expiresAt]))}) AS e
        WHERE previous_states.id = e.value ->> 0
          AND (previous_states.expires_at IS NULL OR previous_states.expires_at > ${now})`
    }
  })

/** What a file brings to one authority. */
interface Change {
  readonly authority: string
  readonly object_key: string
  readonly kind: 0 | 1
  readonly file: string
  readonly object: ListenerObject.ListenerObject
  /** JSON text of authority and object key. */
  readonly key: string
}

const changesOf = ({ file, object, recipients }: Arrival): ReadonlyArray<Change> => {
  const object_key = ListenerObject.objectKey(object)
  const kind = ListenerObject.isUser(object) ? 0 : 1
  return [...new Set(recipients)].map((authority) => ({
    authority,
    object_key,
    kind,
    file: file.name,
    object,
    key: keyOf(authority, object_key)
  }))
}

const keyOf = (authority: string, objectKey: string): string => JSON.stringify([authority, objectKey])

interface Pending extends QueueRow.WishRow {
  readonly id: number
  readonly authority: string
  readonly object_key: string
}

/** What waits, or is dead, for the same objects. */
const pendingOf = (
  sql: SqlClient.SqlClient,
  changes: ReadonlyArray<Change>
): Statements<ReadonlyMap<string, Coalescing.Wish>> =>
  Effect.gen(function* () {
    const rows = yield* sql<Pending>`
      SELECT q.id, q.authority, q.object_key, q.payload, q.aliases, q.recreate
      FROM json_each(${`[${[...new Set(changes.map(({ key }) => key))].join(",")}]`}) AS k
      CROSS JOIN queue AS q INDEXED BY queue_pending
      WHERE q.authority = k.value ->> 0 AND q.object_key = k.value ->> 1 AND q.state <> 'in_flight'`
    const pending = new Map<string, Coalescing.Wish>()
    for (const row of rows) pending.set(keyOf(row.authority, row.object_key), yield* QueueRow.toWish(row))
    return pending
  })

/** The columns of a new item. (No interface: `sql.insert` takes records.) */
type NewRow = {
  readonly [column in "authority" | "object_key" | "kind" | "file" | keyof QueueRow.WishRow]: string | number
}

/** One row per object and authority, in the order of arrival. */
const rowsOf = (
  changes: ReadonlyArray<Change>,
  pending: ReadonlyMap<string, Coalescing.Wish>
): ReadonlyArray<NewRow> => {
  const newest = new Map<string, { readonly change: Change; readonly wish: Coalescing.Wish }>()
  for (const change of changes) {
    const older = newest.get(change.key)?.wish ?? pending.get(change.key)
    const wish = Coalescing.single(change.object)
    newest.set(change.key, { change, wish: older === undefined ? wish : Coalescing.merge(older, wish) })
  }
  return [...newest.values()].map(({ change: { authority, file, kind, object_key }, wish }) => ({
    authority,
    kind,
    object_key,
    file,
    ...QueueRow.fromWish(wish)
  }))
}

const insertItems = (sql: SqlClient.SqlClient, rows: ReadonlyArray<NewRow>): Statements<void> =>
  Effect.forEach(
    Arr.chunksOf(rows, rowsAtOnce),
    (chunk) => sql`
      INSERT INTO queue ${sql.insert(chunk)}
      ON CONFLICT (authority, object_key) WHERE state <> 'in_flight' DO UPDATE SET
        state = 'ready', attempts = 0, available_at = 0, last_error = NULL,
        file = excluded.file, payload = excluded.payload, aliases = excluded.aliases, recreate = excluded.recreate`,
    { discard: true }
  )
