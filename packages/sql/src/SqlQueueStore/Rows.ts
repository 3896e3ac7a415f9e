/** Writing many rows at once. */
import type { SqlClient, SqlError } from "@effect/sql"
import { Array as Arr, Effect } from "effect"

/** How many rows an INSERT takes: at most so many statement texts are kept prepared per table. */
const rowsAtOnce = 64

type Value = string | number | null

/** Inserts rows, each with its values in the order of `columns`. (`sql.insert` takes twice as long.) */
export const insertRows = (
  sql: SqlClient.SqlClient,
  table: string,
  columns: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<Value>>,
  onConflict = ""
): Effect.Effect<void, SqlError.SqlError> => {
  const marks = `(${columns.map(() => "?").join(", ")})`
  return Effect.forEach(
    Arr.chunksOf(rows, rowsAtOnce),
    (chunk) =>
      sql.unsafe(
        `INSERT INTO ${table} (${columns.join(", ")}) VALUES ${chunk.map(() => marks).join(", ")} ${onConflict}`,
        chunk.flat()
      ),
    { discard: true }
  )
}
