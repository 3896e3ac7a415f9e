/** Forgetting somebody. To be run in a transaction. */
import type { SqlClient, SqlError } from "@effect/sql"
import * as Erasure from "@id-connector/core/history/Erasure"
import { Effect } from "effect"
import * as JsonText from "../JsonText.js"
import * as ShortKey from "../ShortKey.js"
import * as Write from "./Write.js"

type Statements<A> = Effect.Effect<A, SqlError.SqlError>

/** Rows that are looked at in one statement. */
const portion = 50_000

/** See `HistoryStore.erase`. */
export const erase = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  objectKey: string,
  called: ReadonlyArray<string>
) {
  const object = ShortKey.of(objectKey)
  const person: Erasure.Person = { objectKey, names: yield* namesOf(sql, objectKey, called) }
  const gone = yield* sql<{ id: number }>`
    DELETE FROM history WHERE object = ${object} AND object_key = ${objectKey} RETURNING id`
  yield* Write.forgetValues(sql, gone)
  yield* sql`DELETE FROM names WHERE object = ${object} AND object_key = ${objectKey}`
  yield* rewrite(sql, "audit", sql`true`, (fields) => Erasure.fromAudit(fields as never, person))
  if (person.names.size > 0) {
    yield* rewrite(sql, "history", JsonText.mayHave(sql, "body", person.names), (fields) =>
      Erasure.fromTexts(fields, person)
    )
    yield* rewrite(
      sql,
      "history_values",
      JsonText.mayHave(sql, "body", person.names),
      (values) => Erasure.fromTexts({ values }, person)?.values ?? null
    )
  }
  return gone.length
})

/** In lower case, but for those that another object has. */
const namesOf = (sql: SqlClient.SqlClient, objectKey: string, called: ReadonlyArray<string>) =>
  Effect.map(
    sql<{ name: string }>`
      WITH known AS (
        SELECT name FROM names WHERE object = ${ShortKey.of(objectKey)} AND object_key = ${objectKey}
        UNION SELECT value FROM json_each(${JSON.stringify(called.map((name) => name.toLowerCase()))})
      )
      SELECT k.name FROM known AS k
      WHERE NOT EXISTS (SELECT 1 FROM names AS n WHERE n.name = k.name AND n.object_key <> ${objectKey})`,
    (rows) => new Set(rows.map(({ name }) => name))
  )

const rewrite = (
  sql: SqlClient.SqlClient,
  table: "audit" | "history" | "history_values",
  isConcerned: ReturnType<typeof sql.or>,
  change: (fields: object) => object | null
): Statements<void> =>
  Effect.gen(function* () {
    const [ends] = yield* sql<{ low: number | null; high: number | null }>`
      SELECT (SELECT min(id) FROM ${sql(table)}) AS low, (SELECT max(id) FROM ${sql(table)}) AS high`
    for (let from = ends?.low ?? 0; from <= (ends?.high ?? -1); from += portion) {
      const rows = yield* sql<{ id: number; body: string }>`
        SELECT id, body FROM ${sql(table)} WHERE id >= ${from} AND id < ${from + portion} AND ${isConcerned}`
      for (const { body, id } of rows) {
        const left = change(JSON.parse(body))
        if (left !== null) yield* sql`UPDATE ${sql(table)} SET body = ${JSON.stringify(left)} WHERE id = ${id}`
      }
    }
  })
