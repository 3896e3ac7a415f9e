/**
 * The tables of the storage, step by step. Run them with `SqliteMigrator` (`fromRecord(migrations)`) before a layer of
 * this package is built. A step is never changed once it was released.
 *
 * No statement of the queue may become slower because more items wait. Each index says which statement needs it; tests
 * hold the statements to that.
 */
import { SqlClient } from "@effect/sql"
import { Effect } from "effect"

const queue = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // The id is the place in the queue, too: AUTOINCREMENT never gives one out twice. `ready` may be claimed, `delayed`
  // waits for its time.
  yield* sql`CREATE TABLE queue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    authority TEXT NOT NULL,
    kind INTEGER NOT NULL CHECK (kind IN (0, 1)), -- 0: user, 1: group
    object_key TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'delayed', 'in_flight', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0,
    available_at INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    file TEXT NOT NULL,
    recreate INTEGER NOT NULL,
    aliases TEXT NOT NULL,
    payload TEXT NOT NULL
  ) STRICT`
  // At most one waiting or dead item per object. accept: is there one to merge with? settle: did a newer one arrive?
  yield* sql`CREATE UNIQUE INDEX queue_pending ON queue (authority, object_key) WHERE state <> 'in_flight'`
  // At most one in flight per object. claim: is the object, or any user, in flight? recover: all of them.
  yield* sql`CREATE UNIQUE INDEX queue_in_flight ON queue (authority, kind, object_key) WHERE state = 'in_flight'`
  // claim: the first of a kind. Ends in the id, as every index does.
  yield* sql`CREATE INDEX queue_ready ON queue (authority, kind) WHERE state = 'ready'`
  // claim: those of a kind whose time has come. nextDue: the first of them.
  yield* sql`CREATE INDEX queue_delayed ON queue (authority, kind, available_at) WHERE state = 'delayed'`
  // list: everything of an authority, or only the dead, which may be few among many.
  yield* sql`CREATE INDEX queue_authority ON queue (authority)`
  yield* sql`CREATE INDEX queue_dead ON queue (authority) WHERE state = 'dead'`
})

/** counts: counting a million rows takes 50 ms, in which nothing else happens; keeping count costs 2 % of an accept. */
const counts = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE queue_counts (
    authority TEXT NOT NULL,
    state TEXT NOT NULL,
    items INTEGER NOT NULL,
    PRIMARY KEY (authority, state)
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE TRIGGER queue_counts_insert AFTER INSERT ON queue BEGIN
    INSERT INTO queue_counts VALUES (new.authority, new.state, 1)
      ON CONFLICT (authority, state) DO UPDATE SET items = items + 1;
  END`
  yield* sql`CREATE TRIGGER queue_counts_update AFTER UPDATE OF state ON queue WHEN old.state <> new.state BEGIN
    UPDATE queue_counts SET items = items - 1 WHERE authority = old.authority AND state = old.state;
    INSERT INTO queue_counts VALUES (new.authority, new.state, 1)
      ON CONFLICT (authority, state) DO UPDATE SET items = items + 1;
  END`
  yield* sql`CREATE TRIGGER queue_counts_delete AFTER DELETE ON queue BEGIN
    UPDATE queue_counts SET items = items - 1 WHERE authority = old.authority AND state = old.state;
  END`
})

const receipts = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE receipts (
    authority TEXT NOT NULL,
    object_key TEXT NOT NULL,
    receipt TEXT NOT NULL,
    PRIMARY KEY (authority, object_key)
  ) STRICT, WITHOUT ROWID`
})

const takenOver = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE taken_over (
    name TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    fate TEXT NOT NULL CHECK (fate IN ('remove', 'trash'))
  ) STRICT, WITHOUT ROWID`
})

const previousStates = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE previous_states (
    id TEXT PRIMARY KEY, -- entryUUID, lower case
    state TEXT NOT NULL,
    expires_at INTEGER
  ) STRICT, WITHOUT ROWID`
  // purge: what has expired.
  yield* sql`CREATE INDEX previous_states_expiring ON previous_states (expires_at) WHERE expires_at IS NOT NULL`
})

/** For `SqliteMigrator.fromRecord`. */
export const migrations = {
  "0001_queue": queue,
  "0002_queue_counts": counts,
  "0003_receipts": receipts,
  "0004_taken_over": takenOver,
  "0005_previous_states": previousStates
}
