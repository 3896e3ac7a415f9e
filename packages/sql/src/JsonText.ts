/** Looking for texts in columns of JSON. */
import type { SqlClient } from "@effect/sql"

/**
 * Whether the JSON of a column may have one of the texts in it, without regard to case; what it has is to be looked at. SQLite knows the small
 * letters of ASCII only: with other ones it may be anywhere.
 */
export const mayHave = (sql: SqlClient.SqlClient, column: "body" | "state", texts: Iterable<string>) => {
  const all = [...texts]
  return all.every((text) => /^[ -~]*$/.test(text))
    ? sql.or(
        all.map((text) => sql`instr(lower(${sql(column)}), ${JSON.stringify(text.toLowerCase()).slice(1, -1)}) > 0`)
      )
    : sql`true`
}
