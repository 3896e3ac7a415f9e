/** Where entries of the history stand until the history has them. See `HistoryOutbox`. */
import type { SqlClient } from "@effect/sql"
import type { HistoryRecord } from "@id-connector/core/history/HistoryEntry"
import type { RecordText } from "@id-connector/core/history/RecordText"
import * as Rows from "./Rows.js"

/** Writes records down, in their order. To be run in the transaction of what they tell of. */
export const write = (records: ReadonlyArray<HistoryRecord>): Rows.Written =>
  insert(records.map((record) => [JSON.stringify(record)]))

const insert = Rows.into("history_outbox", ["record"])

/** Those of the settlements that are of these items. */
export const ofSettled = (
  settlements: Iterable<{ readonly id: number; readonly entry?: HistoryRecord }>,
  settled: ReadonlySet<number>
): ReadonlyArray<HistoryRecord> => {
  const records: Array<HistoryRecord> = []
  for (const { entry, id } of settlements) if (entry !== undefined && settled.has(id)) records.push(entry)
  return records
}

/** The oldest. */
export const next = (sql: SqlClient.SqlClient, limit: number) =>
  sql<RecordText>`SELECT id, record AS text FROM history_outbox ORDER BY id LIMIT ${limit}`

export const remove = (sql: SqlClient.SqlClient, upTo: number) => sql`DELETE FROM history_outbox WHERE id <= ${upTo}`

/** All about an object. Answers with their ids. */
export const erase = (sql: SqlClient.SqlClient, objectKey: string) =>
  sql<{ id: number }>`DELETE FROM history_outbox WHERE record ->> 'objectKey' = ${objectKey} RETURNING id`
