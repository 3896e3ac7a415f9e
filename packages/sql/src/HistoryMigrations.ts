/** The tables of the history, which has a database of its own: it grows for months, and nobody waits for it. */
import { SqlClient } from "@effect/sql"
import { Effect } from "effect"

/**
 * `object`: short number of the key, see `ShortKey`; `authority`: its number in `authorities`; `entry`, `outcome`: see `Codes`; `body`: the
 * other fields as JSON. Two indexes, on numbers: with texts an entry would take half as much again, and twice the time.
 */
const history = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE authorities (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)`
  yield* sql`
    CREATE TABLE history (
      id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind INTEGER NOT NULL, object INTEGER NOT NULL, object_key TEXT NOT NULL,
      authority INTEGER, item INTEGER, entry INTEGER NOT NULL, outcome INTEGER NOT NULL, body TEXT NOT NULL
    )`
  yield* sql`CREATE INDEX history_object ON history (object)`
  yield* sql`CREATE INDEX history_outcome ON history (authority, outcome)`
  // Who was called so, in lower case.
  yield* sql`
    CREATE TABLE names (name TEXT NOT NULL, object INTEGER NOT NULL, object_key TEXT NOT NULL, PRIMARY KEY (name, object_key))
    WITHOUT ROWID`
  yield* sql`CREATE INDEX names_object ON names (object)`
  yield* sql`CREATE TABLE audit (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL)`
})

/** Old and new values of attributes, as JSON: apart, since they go before the entries that they belong to. `at`: that of the entry. */
const values = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE history_values (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL)`
  yield* sql`CREATE INDEX history_values_at ON history_values (at)`
})

/** For `SqliteMigrator.fromRecord`. */
export const historyMigrations = { "0001_history": history, "0002_values": values }
