/** What is asked of the history. No question looks through all of it. */
import type { SqlClient, SqlError } from "@effect/sql"
import { Audited, HistoryEntry } from "@id-connector/core/history/HistoryEntry"
import type { AuditFilter, HistoryFilter, Numbered } from "@id-connector/core/history/HistoryStore"
import { Effect, Option, Schema } from "effect"
import * as ShortKey from "../ShortKey.js"
import * as Codes from "./Codes.js"

type Statements<A> = Effect.Effect<A, SqlError.SqlError>

interface Row {
  readonly id: number
  readonly at: number
  readonly kind: 0 | 1
  readonly object_key: string
  readonly authority: string | null
  readonly item: number | null
  readonly entry: number
  readonly body: string
  /** Null: they are not kept, or not any more. */
  readonly kept: string | null
}

/** Which ids are to be looked at: from the first to before the last. */
interface Range {
  readonly from: number
  readonly before: number
}

/** See `HistoryStore.list`. */
export const list = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, filter: HistoryFilter) {
  const range = yield* rangeOf(sql, "history", filter)
  const ids =
    filter.objectKey !== undefined || filter.name !== undefined
      ? yield* ofObjects(sql, yield* keysOf(sql, filter), filter, range)
      : filter.authority !== undefined || filter.outcome !== undefined || filter.entry !== undefined
        ? yield* ofOutcomes(sql, filter, range)
        : yield* newest(sql, filter, range)
  return yield* rowsOf(sql, ids)
})

/** See `HistoryStore.one`. */
export const one = (sql: SqlClient.SqlClient, id: number) => Effect.map(rowsOf(sql, [id]), ([row]) => row)

const rowsOf = (
  sql: SqlClient.SqlClient,
  ids: ReadonlyArray<number>
): Statements<ReadonlyArray<Numbered<HistoryEntry>>> =>
  Effect.map(
    sql<Row>`
      SELECT h.id, h.at, h.kind, h.object_key, a.name AS authority, h.item, h.entry, h.body, v.body AS kept
      FROM json_each(${JSON.stringify(ids)}) AS k CROSS JOIN history AS h ON h.id = k.value
      LEFT JOIN authorities AS a ON a.id = h.authority LEFT JOIN history_values AS v ON v.id = h.id
      ORDER BY h.id DESC`,
    (rows) => rows.flatMap(numberedOf)
  )

const decode = Schema.decodeUnknownOption(HistoryEntry)

/** None: it can't be read, and is not in the way of the others. */

const numberedOf = ({
  at,
  authority,
  body,
  entry,
  id,
  item,
  kept,
  kind,
  object_key
}: Row): ReadonlyArray<Numbered<HistoryEntry>> =>
  Option.toArray(
    decode({
      ...parsed(body),
      _tag: Codes.entries[entry],
      at,
      kind: kind === 0 ? "user" : "group",
      objectKey: object_key,
      ...(authority === null ? {} : { authority }),
      ...(item === null ? {} : { item }),
      ...(kept === null ? {} : { values: parsed(kept) })
    })
  ).map((record) => ({ id, record }))

const parsed = (body: string): object => {
  try {
    return JSON.parse(body)
  } catch {
    return {}
  }
}

/** Of all objects that were ever called so. */
const keysOf = (sql: SqlClient.SqlClient, { name, objectKey }: HistoryFilter): Statements<ReadonlyArray<string>> =>
  name === undefined
    ? Effect.succeed(objectKey === undefined ? [] : [objectKey])
    : Effect.map(sql<{ object_key: string }>`SELECT object_key FROM names WHERE name = ${name.toLowerCase()}`, (rows) =>
        rows.flatMap(({ object_key }) => (objectKey === undefined || objectKey === object_key ? [object_key] : []))
      )

/** The other conditions. An object has few entries. */
const others = (sql: SqlClient.SqlClient, { authority, entry, kind, outcome, since, until }: HistoryFilter) =>
  sql.and([
    sql`h.id >= 0`,
    ...(kind === undefined ? [] : [sql`h.kind = ${kind === "user" ? 0 : 1}`]),
    ...(entry === undefined ? [] : [sql`h.entry = ${Codes.entries.indexOf(entry)}`]),
    ...(outcome === undefined ? [] : [sql`h.outcome = ${codeOf(outcome)}`]),
    ...(authority === undefined ? [] : [sql`h.authority = (SELECT id FROM authorities WHERE name = ${authority})`]),
    ...(since === undefined ? [] : [sql`h.at >= ${Math.round(since)}`]),
    ...(until === undefined ? [] : [sql`h.at <= ${Math.round(until)}`])
  ])

const codeOf = (outcome: string): number => Codes.outcomes.indexOf(outcome)

const ofObjects = (
  sql: SqlClient.SqlClient,
  keys: ReadonlyArray<string>,
  filter: HistoryFilter,
  { before, from }: Range
): Statements<ReadonlyArray<number>> =>
  keys.length === 0
    ? Effect.succeed([])
    : Effect.map(
        sql<{ id: number }>`
          SELECT h.id FROM history AS h INDEXED BY history_object
          WHERE h.object IN (SELECT value FROM json_each(${ShortKey.json(keys.map(ShortKey.of))}))
            AND h.object_key IN (SELECT value FROM json_each(${JSON.stringify(keys)}))
            AND h.id >= ${from} AND h.id < ${before} AND ${others(sql, filter)}
          ORDER BY h.id DESC LIMIT ${filter.limit}`,
        idsOf
      )

const newest = (sql: SqlClient.SqlClient, filter: HistoryFilter, { before, from }: Range) =>
  Effect.map(
    sql<{ id: number }>`
      SELECT h.id FROM history AS h
      WHERE h.id >= ${from} AND h.id < ${before} AND ${others(sql, filter)}
      ORDER BY h.id DESC LIMIT ${filter.limit}`,
    idsOf
  )

/**
 * The newest of each authority and outcome, and of these the newest: a look into the index for each, of which there are few
 * hundreds at most.
 */
const ofOutcomes = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  filter: HistoryFilter,
  { before, from }: Range
) {
  const words =
    filter.entry === undefined
      ? Codes.outcomes
      : Codes.outcomes.filter((word) => filter.entry !== undefined && Codes.outcomesOf[filter.entry].includes(word))
  const outcomes = words.flatMap((word) =>
    filter.outcome === undefined || filter.outcome === word ? [codeOf(word)] : []
  )
  const named = yield* sql<{ id: number; name: string }>`SELECT id, name FROM authorities`
  const authorities: ReadonlyArray<number | null> =
    filter.authority === undefined
      ? [...named.map(({ id }) => id), null]
      : named.flatMap(({ id, name }) => (name === filter.authority ? [id] : []))
  const ids: Array<number> = []
  for (const authority of authorities) {
    for (const outcome of outcomes) {
      const rows = yield* sql<{ id: number }>`
        SELECT h.id FROM history AS h INDEXED BY history_outcome
        WHERE h.authority IS ${authority} AND h.outcome = ${outcome} AND h.id >= ${from} AND h.id < ${before}
          AND ${others(sql, filter)}
        ORDER BY h.id DESC LIMIT ${filter.limit}`
      ids.push(...idsOf(rows))
    }
  }
  return ids.sort((a, b) => b - a).slice(0, filter.limit)
})

const idsOf = (rows: ReadonlyArray<{ readonly id: number }>): ReadonlyArray<number> => rows.map(({ id }) => id)

/** A clock that was set back may have put entries of this time among others: so much earlier and later is looked, in milliseconds. */
const leeway = 3_600_000

/** Ids ascend with time: the first and the last of a time are found by halving, without an index of times. */
const rangeOf = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  table: "audit" | "history",
  { before, since, until }: Pick<HistoryFilter, "before" | "since" | "until">
) {
  const from = since === undefined ? 0 : yield* firstAt(sql, table, since - leeway)
  const end = until === undefined ? Number.MAX_SAFE_INTEGER : yield* firstAt(sql, table, until + leeway)
  return { from, before: Math.min(before ?? Number.MAX_SAFE_INTEGER, end) }
})

/** An id before which all entries are older. */
const firstAt = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, table: "audit" | "history", at: number) {
  const [ends] = yield* sql<{ low: number | null; high: number | null }>`
    SELECT (SELECT min(id) FROM ${sql(table)}) AS low, (SELECT max(id) FROM ${sql(table)}) AS high`
  let low = ends?.low ?? 0
  let high = (ends?.high ?? 0) + 1
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const [row] = yield* sql<{ id: number; at: number }>`
      SELECT id, at FROM ${sql(table)} WHERE id >= ${middle} ORDER BY id LIMIT 1`
    if (row === undefined || row.at >= at) high = middle
    else low = row.id + 1
  }
  return low
})

const decodeAudited = Schema.decodeOption(Schema.parseJson(Audited))

/** See `HistoryStore.audit`. */
export const audit = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, filter: AuditFilter) {
  const { before, from } = yield* rangeOf(sql, "audit", filter)
  const rows = yield* sql<{ id: number; body: string }>`
    SELECT id, body FROM audit
    WHERE id >= ${from} AND id < ${before} AND ${sql.and([
      sql`id >= 0`,
      ...(filter.by === undefined ? [] : [sql`name = ${filter.by.toLowerCase()}`]),
      ...(filter.about === undefined
        ? []
        : [sql`instr('/' || lower(body ->> 'subject') || '/', '/' || lower(${filter.about}) || '/') > 0`]),
      ...(filter.since === undefined ? [] : [sql`at >= ${Math.round(filter.since)}`]),
      ...(filter.until === undefined ? [] : [sql`at <= ${Math.round(filter.until)}`])
    ])}
    ORDER BY id DESC LIMIT ${filter.limit}`
  return rows.flatMap(
    ({ body, id }): ReadonlyArray<Numbered<Audited>> =>
      Option.toArray(decodeAudited(body)).map((record) => ({ id, record }))
  )
})
