/** Writing many rows at once. */
import { SqlClient, type SqlError } from "@effect/sql"
import { Effect } from "effect"

/**
 * How many rows an INSERT takes, the most first: any number of rows is a few of these. With a text for every number, those that
 * are kept prepared would be too many to be kept.
 */
const sizes = [256, 192, 128, 96, 64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1] as const

type Value = string | number | null

/** Only in a transaction: half of the rows is nothing. */
export type Written = Effect.Effect<void, SqlError.SqlError, SqlClient.TransactionConnection>

/** Inserts rows, each with its values in the order of the columns. When it fails, all of the transaction is undone. */
type Insert = (rows: ReadonlyArray<ReadonlyArray<Value>>) => Written

/**
 * Makes it for a table. The statements go to the transaction's connection as they are: `sql.unsafe` makes a scope and looks for
 * that connection each time, and `sql.insert` takes twice as long as that. OR ROLLBACK: otherwise SQLite keeps a copy of each
 * page that a statement changes, in order to undo that statement alone.
 */
export const into = (table: string, columns: ReadonlyArray<string>, onConflict = ""): Insert => {
  const marks = `(${columns.map(() => "?").join(", ")})`
  const statements = sizes.map((size) => ({
    size,
    text: `INSERT OR ROLLBACK INTO ${table} (${columns.join(", ")}) VALUES ${Array(size).fill(marks).join(", ")} ${onConflict}`
  }))
  return Effect.fnUntraced(function* (rows) {
    const [connection] = yield* SqlClient.TransactionConnection
    let first = 0
    for (const { size, text } of statements) {
      while (rows.length - first >= size) {
        yield* connection.execute(text, valuesOf(rows, first, first + size), undefined)
        first += size
      }
    }
  })
}

/** Spelt out: `flat` takes as long as a fifth of what SQLite does with the values. */
const valuesOf = (rows: ReadonlyArray<ReadonlyArray<Value>>, first: number, end: number): ReadonlyArray<Value> => {
  const values: Array<Value> = []
  for (let index = first; index < end; index++) for (const value of rows[index] ?? []) values.push(value)
  return values
}
