/** What goes into the history, and out of it. To be run in a transaction each. */
import type { SqlClient } from "@effect/sql"
import { type HistoryEntry, outcomeOf } from "@id-connector/core/history/HistoryEntry"
import type { Numbered, Retention } from "@id-connector/core/history/HistoryStore"
import { Effect } from "effect"
import * as ShortKey from "../ShortKey.js"
import * as Codes from "./Codes.js"

/** See `HistoryStore.add`. */
export const add = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, records: ReadonlyArray<Numbered>) {
  const entries: Array<Numbered<HistoryEntry>> = []
  const audited: Array<readonly [number, number, string, string]> = []
  for (const { id, record } of records) {
    if (record._tag === "Audited") audited.push([id, record.at, record.by.name.toLowerCase(), JSON.stringify(record)])
    else entries.push({ id, record })
  }
  if (entries.length > 0) {
    const authorities = entries.flatMap(({ record }) => ("authority" in record ? [record.authority] : []))
    const numbers = yield* numbersOf(sql, new Set(authorities))
    const values = entries.flatMap(({ id, record }) =>
      "values" in record && record.values !== undefined
        ? [[id, Math.round(record.at), JSON.stringify(record.values)]]
        : []
    )
    if (values.length > 0) {
      // Of what is told once more they may be gone for good.
      yield* sql`
        INSERT OR IGNORE INTO history_values (id, at, body)
        SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(${JSON.stringify(values)})
        WHERE NOT EXISTS (SELECT 1 FROM history AS h WHERE h.id = value ->> 0)`
    }
    yield* sql`
      INSERT OR IGNORE INTO history (id, at, kind, object, object_key, authority, item, entry, outcome, body)
      SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
        value ->> 8, value ->> 9
      FROM json_each(${JSON.stringify(entries.map((entry) => rowOf(entry, numbers)))})`
    const names = new Map(
      entries.map(({ record: { name, objectKey } }) => [
        `${name.toLowerCase()}\n${objectKey}`,
        [name, objectKey] as const
      ])
    )
    yield* sql`
      INSERT OR IGNORE INTO names (name, object, object_key)
      SELECT value ->> 0, value ->> 1, value ->> 2
      FROM json_each(${JSON.stringify([...names.values()].map(([name, key]) => [name.toLowerCase(), ShortKey.of(key), key]))})`
  }
  if (audited.length > 0) {
    yield* sql`
      INSERT OR IGNORE INTO audit (id, at, name, body)
      SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(${JSON.stringify(audited)})`
  }
})

const rowOf = ({ id, record }: Numbered<HistoryEntry>, numbers: ReadonlyMap<string, number>) => {
  const { at, kind, objectKey, ...body } = record
  return [
    id,
    Math.round(at),
    kind === "user" ? 0 : 1,
    ShortKey.of(objectKey),
    objectKey,
    "authority" in record ? (numbers.get(record.authority) ?? null) : null,
    "item" in record ? record.item : null,
    Codes.entries.indexOf(record._tag),
    Codes.outcomes.indexOf(outcomeOf(record)),
    JSON.stringify({ ...body, _tag: undefined, authority: undefined, item: undefined, values: undefined })
  ]
}

const numbersOf = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, names: ReadonlySet<string>) {
  if (names.size === 0) return new Map<string, number>()
  const json = JSON.stringify([...names])
  yield* sql`INSERT OR IGNORE INTO authorities (name) SELECT value FROM json_each(${json})`
  const rows = yield* sql<{ id: number; name: string }>`
    SELECT id, name FROM authorities WHERE name IN (SELECT value FROM json_each(${json}))`
  return new Map(rows.map(({ id, name }) => [name, id]))
})

/** See `HistoryStore.purge`. Ids ascend with time: the oldest are looked at, not all. */
export const purge = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  { audit, history, values }: Retention,
  limit: number
) {
  const gone = yield* sql<{ id: number; object: number }>`
    DELETE FROM history WHERE id IN (SELECT id FROM history ORDER BY id LIMIT ${limit}) AND at < ${Math.round(history)}
    RETURNING id, object`
  yield* forgetValues(sql, gone)
  yield* forgetNames(
    sql,
    gone.map(({ object }) => object)
  )
  const audited = yield* sql`
    DELETE FROM audit WHERE id IN (SELECT id FROM audit ORDER BY id LIMIT ${limit}) AND at < ${Math.round(audit)} RETURNING id`
  const valued = yield* sql`
    DELETE FROM history_values
    WHERE id IN (SELECT id FROM history_values WHERE at < ${Math.round(values)} ORDER BY at, id LIMIT ${limit}) RETURNING id`
  return gone.length + audited.length + valued.length
})

/** Those of entries. */
export const forgetValues = (sql: SqlClient.SqlClient, gone: ReadonlyArray<{ readonly id: number }>) =>
  sql`DELETE FROM history_values WHERE id IN (SELECT value FROM json_each(${JSON.stringify(gone.map(({ id }) => id))}))`

/** Those that no entry of their object has any more: a name is kept as long as what it was written down for. */
const forgetNames = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, objects: ReadonlyArray<number>) {
  if (objects.length === 0) return
  const json = ShortKey.json([...new Set(objects)])
  const known = yield* sql<{ name: string; object_key: string }>`
    SELECT name, object_key FROM names WHERE object IN (SELECT value FROM json_each(${json}))`
  const left = yield* sql<{ name: string; object_key: string }>`
    SELECT DISTINCT h.body ->> 'name' AS name, h.object_key FROM history AS h INDEXED BY history_object
    WHERE h.object IN (SELECT value FROM json_each(${json}))`
  // In lower case as it is done here: SQLite knows that of ASCII only.
  const used = new Set(left.map(({ name, object_key }) => `${name.toLowerCase()}\n${object_key}`))
  const unused = known.filter(({ name, object_key }) => !used.has(`${name}\n${object_key}`))
  yield* sql`
    DELETE FROM names WHERE (name, object_key) IN (
      SELECT value ->> 0, value ->> 1 FROM json_each(${JSON.stringify(unused.map((one) => [one.name, one.object_key]))}))`
})
