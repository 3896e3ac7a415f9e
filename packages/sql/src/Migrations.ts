/**
 * The tables of the storage, step by step. Run them with `SqliteMigrator` (`fromRecord(migrations)`) before a layer of
 * this package is built. A step is never changed once it was released.
 *
 * No statement of the queue may become slower because more items wait. Each index says which statement needs it; tests
 * hold the statements to that.
 */
import { SqlClient } from "@effect/sql"
import { Clock, Effect } from "effect"
import * as ShortKey from "./ShortKey.js"
import * as GivenUp from "./SqlQueueStore/GivenUp.js"

const queue = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // The id is the place in the queue, too: AUTOINCREMENT never gives one out twice. `ready` may be claimed, `delayed`
  // waits for its time, `blocked` for other items (see `waits`).
  yield* sql`CREATE TABLE queue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    authority TEXT NOT NULL,
    kind INTEGER NOT NULL CHECK (kind IN (0, 1)), -- 0: user, 1: group
    object_key TEXT NOT NULL,
    name TEXT NOT NULL, -- lower case
    state TEXT NOT NULL DEFAULT 'ready'
      CHECK (state IN ('ready', 'delayed', 'blocked', 'in_flight', 'held', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0,
    available_at INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    confirmed INTEGER NOT NULL DEFAULT 0,
    file TEXT NOT NULL
  ) STRICT`
  // Apart: a state changes three times in an item's life, and would take the page with the large text along each time.
  yield* sql`CREATE TABLE wishes (
    id INTEGER PRIMARY KEY,
    recreate INTEGER NOT NULL,
    aliases TEXT,
    previous TEXT,
    hashes TEXT,
    payload TEXT NOT NULL
  ) STRICT`
  // accept: is there one to merge with? claim: is the object in flight? settle: did a newer one arrive?
  yield* sql`CREATE INDEX queue_object ON queue (authority, object_key)`
  // accept: what is pending of the members of a class? list: items of an object.
  yield* sql`CREATE INDEX queue_name ON queue (authority, name)`
  // claim: the first of a kind. list: those in a state. Ends in the id, as every index does.
  yield* sql`CREATE INDEX queue_state ON queue (authority, state, kind)`
  // claim: those whose time has come. nextDue: the first of them.
  yield* sql`CREATE INDEX queue_delayed ON queue (authority, available_at) WHERE state = 'delayed'`
  // list: everything of an authority, or those in a state of which few may be among many. recover: all in flight.
  yield* sql`CREATE INDEX queue_authority ON queue (authority)`
  yield* sql`CREATE INDEX queue_in_flight ON queue (authority) WHERE state = 'in_flight'`
  yield* sql`CREATE INDEX queue_held ON queue (authority) WHERE state = 'held'`
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

/** What items wait for. Triggers keep it, so that whatever ends an item lets those go on that waited for it. */
const precedence = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // The record UIDs and user names that an item frees (see core's Precedence). Few items free any.
  yield* sql`CREATE TABLE frees (
    authority TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    item INTEGER NOT NULL,
    removal INTEGER NOT NULL,
    PRIMARY KEY (authority, kind, value, item)
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE INDEX frees_item ON frees (item)`
  // `item` waits for `on_item`: for a member until that was tried, for a record UID or name until it is gone or dead. After
  // a member was `tried` in vain it holds nobody back; the class is delivered `again` when it is gone, held or dead.
  yield* sql`CREATE TABLE waits (
    item INTEGER NOT NULL,
    on_item INTEGER NOT NULL,
    because TEXT NOT NULL CHECK (because IN ('member', 'tried', 'again', 'record', 'name')),
    PRIMARY KEY (item, on_item)
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE INDEX waits_on ON waits (on_item)`
  // Users that a delayed item refers to, which the target did not have.
  yield* sql`CREATE TABLE wanted (
    authority TEXT NOT NULL,
    name TEXT NOT NULL,
    item INTEGER NOT NULL,
    PRIMARY KEY (authority, name, item)
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE INDEX wanted_item ON wanted (item)`
  yield* sql`CREATE TABLE attempts (
    item INTEGER NOT NULL,
    at INTEGER NOT NULL,
    error TEXT NOT NULL,
    evidence TEXT
  ) STRICT`
  yield* sql`CREATE INDEX attempts_item ON attempts (item)`
  yield* sql`CREATE TRIGGER queue_gone AFTER DELETE ON queue BEGIN
    DELETE FROM wishes WHERE id = old.id;
    DELETE FROM attempts WHERE item = old.id;
    DELETE FROM wanted WHERE item = old.id;
    DELETE FROM frees WHERE item = old.id;
    DELETE FROM waits WHERE item = old.id;
    DELETE FROM waits WHERE on_item = old.id;
  END`
  yield* sql`CREATE TRIGGER queue_tried AFTER UPDATE OF state ON queue
    WHEN old.state = 'in_flight' AND new.state IN ('delayed', 'held', 'dead') BEGIN
    UPDATE waits SET because = 'tried' WHERE on_item = new.id AND because = 'member' AND new.state = 'delayed';
    DELETE FROM waits WHERE on_item = new.id AND new.state <> 'delayed'
      AND (because IN ('member', 'tried', 'again') OR new.state = 'dead');
  END`
  yield* sql`CREATE TRIGGER waits_over AFTER DELETE ON waits BEGIN
    UPDATE queue SET state = 'ready'
    WHERE id = old.item AND state = 'blocked'
      AND NOT EXISTS (SELECT 1 FROM waits WHERE item = old.item AND because <> 'tried');
  END`
  yield* sql`CREATE TRIGGER waits_tried AFTER UPDATE OF because ON waits WHEN new.because = 'tried' BEGIN
    UPDATE queue SET state = 'ready'
    WHERE id = new.item AND state = 'blocked'
      AND NOT EXISTS (SELECT 1 FROM waits WHERE item = new.item AND because <> 'tried');
  END`
})

/** What the targets hold, as far as it was delivered. Counted with the queue: the protection of deletions asks for it. */
const delivered = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE delivered (
    authority TEXT NOT NULL,
    object_key TEXT NOT NULL,
    receipt TEXT,
    PRIMARY KEY (authority, object_key)
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE TRIGGER delivered_insert AFTER INSERT ON delivered BEGIN
    INSERT INTO queue_counts VALUES (new.authority, 'delivered', 1)
      ON CONFLICT (authority, state) DO UPDATE SET items = items + 1;
  END`
  yield* sql`CREATE TRIGGER delivered_delete AFTER DELETE ON delivered BEGIN
    UPDATE queue_counts SET items = items - 1 WHERE authority = old.authority AND state = 'delivered';
  END`
  yield* sql`CREATE TABLE removals (
    authority TEXT NOT NULL,
    at INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (authority, at)
  ) STRICT, WITHOUT ROWID`
})

/** Queues that somebody has paused. */
const paused = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE paused (authority TEXT PRIMARY KEY) STRICT, WITHOUT ROWID`
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

/** What accepting a file need not pay for. */
const cheaperAccept = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // accept counts what it inserts: a trigger per row costs nearly as much as the row.
  yield* sql`DROP TRIGGER queue_counts_insert`
  // list puts ranges of queue_state together.
  yield* sql`DROP INDEX queue_authority`
  yield* sql`DROP INDEX queue_held`
  yield* sql`DROP INDEX queue_dead`
  // With row ids: entryUUIDs lie anywhere, and each new one takes a page of whatever is in their order to the disk. The
  // pages of an index are fewer than those with the states.
  yield* sql`ALTER TABLE previous_states RENAME TO earlier`
  yield* sql`DROP INDEX previous_states_expiring`
  yield* sql`CREATE TABLE previous_states (
    id TEXT PRIMARY KEY, -- entryUUID, lower case
    state TEXT NOT NULL,
    expires_at INTEGER
  ) STRICT`
  yield* sql`INSERT INTO previous_states SELECT id, state, expires_at FROM earlier`
  yield* sql`DROP TABLE earlier`
  yield* sql`CREATE INDEX previous_states_expiring ON previous_states (expires_at) WHERE expires_at IS NOT NULL`
})

/** See `ShortKey`. */
const shortKeys = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // In batches: there may be a million of them.
  yield* sql`ALTER TABLE queue ADD COLUMN short_key INTEGER NOT NULL DEFAULT 0`
  yield* inBatches(
    (after) =>
      sql<{ row: number; authority: string; object_key: string }>`
        SELECT id AS row, authority, object_key FROM queue WHERE id > ${after} ORDER BY id LIMIT 1000`,
    (rows) => sql`
      UPDATE queue SET short_key = e.value ->> 1
      FROM json_each(${JSON.stringify(rows.map((row) => [row.row, ShortKey.of(ShortKey.itemKey(row.authority, row.object_key))]))}) AS e
      WHERE queue.id = e.value ->> 0`
  )
  yield* sql`DROP INDEX queue_object`
  // accept: is there one to merge with? claim: is the object in flight? settle: did a newer one arrive?
  yield* sql`CREATE INDEX queue_object ON queue (short_key)`
  yield* sql`ALTER TABLE previous_states RENAME TO earlier`
  yield* sql`DROP INDEX previous_states_expiring`
  yield* sql`CREATE TABLE previous_states (
    short_key INTEGER NOT NULL,
    id TEXT NOT NULL, -- entryUUID, lower case
    state TEXT NOT NULL,
    expires_at INTEGER
  ) STRICT`
  yield* inBatches(
    (after) =>
      sql<{ row: number; id: string }>`
        SELECT rowid AS row, id FROM earlier WHERE rowid > ${after} ORDER BY rowid LIMIT 1000`,
    (rows) => sql`
      INSERT INTO previous_states (short_key, id, state, expires_at)
      SELECT e.value ->> 1, p.id, p.state, p.expires_at
      FROM json_each(${JSON.stringify(rows.map(({ id, row }) => [row, ShortKey.of(id)]))}) AS e
      CROSS JOIN earlier AS p ON p.rowid = e.value ->> 0`
  )
  yield* sql`DROP TABLE earlier`
  // get, accept: those of some objects.
  yield* sql`CREATE INDEX previous_states_id ON previous_states (short_key)`
  yield* sql`CREATE INDEX previous_states_expiring ON previous_states (expires_at) WHERE expires_at IS NOT NULL`
})

/** See `SqlQueueStore/DesiredStates`. */
const bundles = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE bundles (
    first INTEGER PRIMARY KEY, -- ids of items
    last INTEGER NOT NULL,
    wishes TEXT NOT NULL
  ) STRICT`
  yield* sql`CREATE TRIGGER bundles_gone AFTER DELETE ON queue BEGIN
    DELETE FROM bundles
    WHERE first = (SELECT max(b.first) FROM bundles AS b WHERE b.first <= old.id)
      AND NOT EXISTS (SELECT 1 FROM queue AS q WHERE q.id BETWEEN bundles.first AND bundles.last);
  END`
})

/** See `SqlQueueStore/TakenOver`. */
const takenOverInBatches = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE taken_over RENAME TO earlier`
  yield* sql`CREATE TABLE taken_over (
    id INTEGER PRIMARY KEY,
    files TEXT NOT NULL -- JSON: [name, digest, fate] each
  ) STRICT`
  yield* sql`
    INSERT INTO taken_over (files)
    SELECT json_group_array(json_array(name, digest, fate)) FROM earlier HAVING count(*) > 0`
  yield* sql`DROP TABLE earlier`
})

/** A bundle is kept for the items that have no wish of their own. */
const bundlesForTheOthers = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DROP TRIGGER bundles_gone`
  const dropUnused = (item: "old.id" | "new.id") =>
    sql.literal(`DELETE FROM bundles
    WHERE first = (SELECT max(b.first) FROM bundles AS b WHERE b.first <= ${item})
      AND NOT EXISTS (
        SELECT 1 FROM queue AS q
        WHERE q.id BETWEEN bundles.first AND bundles.last AND NOT EXISTS (SELECT 1 FROM wishes AS w WHERE w.id = q.id)
      )`)
  yield* sql`CREATE TRIGGER bundles_gone AFTER DELETE ON queue BEGIN ${dropUnused("old.id")}; END`
  yield* sql`CREATE TRIGGER bundles_unused AFTER INSERT ON wishes BEGIN ${dropUnused("new.id")}; END`
})

/** Tables are called what their content is called. SQLite renames them in the triggers, too. */
const plainNames = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE wishes RENAME TO desired_states`
  yield* sql`ALTER TABLE bundles RENAME TO desired_state_bundles`
  yield* sql`ALTER TABLE desired_state_bundles RENAME COLUMN wishes TO states`
  yield* sql`ALTER TABLE wanted RENAME TO missing_users`
})

/** See `SqlQueueStore/Generations`. */
const generations = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE authority_generations (
    authority TEXT PRIMARY KEY,
    generation INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE TABLE deleted_authorities (
    id TEXT PRIMARY KEY,
    authority TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`
})

/**
 * Groups are known by their entryUUID, as users are, so that one that was renamed is the same. What the targets have of them is
 * counted anew: of what was delivered only the DN was known.
 */
const groupsByEntryUuid = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE queue ADD COLUMN steps_aside INTEGER NOT NULL DEFAULT 0`
  yield* sql`ALTER TABLE desired_states DROP COLUMN recreate`
  yield* sql`DELETE FROM delivered WHERE object_key LIKE 'group:%'`
  yield* inBatches(
    (after) =>
      sql<{ row: number; authority: string; payload: string }>`
        SELECT q.id AS row, q.authority, coalesce(
          (SELECT s.payload FROM desired_states AS s WHERE s.id = q.id),
          (
            SELECT (b.first || char(30) || b.states) FROM desired_state_bundles AS b
            WHERE b.first = (SELECT max(c.first) FROM desired_state_bundles AS c WHERE c.first <= q.id)
          )
        ) AS payload
        FROM queue AS q WHERE q.kind = 1 AND q.id > ${after} ORDER BY q.id LIMIT 1000`,
    (rows) => sql`
      UPDATE queue SET object_key = e.value ->> 1, short_key = e.value ->> 2
      FROM json_each(${JSON.stringify(
        rows.flatMap(({ authority, payload, row }) => {
          const key = groupKey(row, payload)
          return key === null ? [] : [[row, key, ShortKey.of(ShortKey.itemKey(authority, key))]]
        })
      )}) AS e
      WHERE queue.id = e.value ->> 0`
  )
})

/** By the object's JSON text, which stands alone, or after the bundle's first id among others. */
const groupKey = (item: number, payload: string): string | null => {
  const [first = "", ...texts] = payload.split("\u001e")
  const text = texts.length === 0 ? first : (texts[item - Number(first)] ?? "")
  try {
    const { id } = JSON.parse(text.split("\u001f")[0] ?? "")
    return typeof id === "string" ? `group:${id.toLowerCase()}` : null
  } catch {
    return null
  }
}

/** See `DesiredState`. */
const sentBefore = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE desired_states ADD COLUMN had_values TEXT` // JSON
  yield* sql`ALTER TABLE desired_states ADD COLUMN send_again INTEGER NOT NULL DEFAULT 0`
  // See `QueueStore.othersWith`. The record UID in lower case.
  yield* sql`ALTER TABLE delivered ADD COLUMN record_uid TEXT`
  yield* sql`ALTER TABLE delivered ADD COLUMN source_uid TEXT`
  yield* inBatches(
    (after) =>
      sql<{ row: number; id: string; state: string }>`
        SELECT rowid AS row, id, state FROM previous_states WHERE rowid > ${after} ORDER BY rowid LIMIT 1000`,
    (rows) => sql`
      INSERT INTO delivered (authority, object_key, record_uid, source_uid)
      SELECT d.authority, d.object_key, e.value ->> 1, e.value ->> 2
      FROM json_each(${JSON.stringify(rows.flatMap(({ id, state }) => accountOf(id, state)))}) AS e
      CROSS JOIN (SELECT authority FROM queue_counts WHERE state = 'delivered') AS c
      CROSS JOIN delivered AS d ON d.authority = c.authority AND d.object_key = e.value ->> 0
      WHERE true
      ON CONFLICT (authority, object_key) DO UPDATE SET record_uid = excluded.record_uid, source_uid = excluded.source_uid`
  )
  yield* sql`CREATE INDEX delivered_record ON delivered (authority, record_uid) WHERE record_uid IS NOT NULL`
})

/** Under which account a user was delivered, as far as the previous state says. */
const accountOf = (id: string, state: string): ReadonlyArray<readonly [string, string, string | null]> => {
  const { record_uid, source_uid } = JSON.parse(state)
  return typeof record_uid === "string" && record_uid !== ""
    ? [
        [
          `user:${id}`,
          record_uid.toLowerCase(),
          typeof source_uid === "string" && source_uid !== "" ? source_uid : null
        ]
      ]
    : []
}

/** Goes through all rows after one, in the order of their numbers. */
const inBatches = <Row extends { readonly row: number }, E, R>(
  next: (after: number) => Effect.Effect<ReadonlyArray<Row>, E, R>,
  each: (rows: ReadonlyArray<Row>) => Effect.Effect<unknown, E, R>,
  after = 0
): Effect.Effect<void, E, R> =>
  Effect.flatMap(next(after), (rows) => {
    const last = rows.at(-1)
    return last === undefined ? Effect.void : Effect.flatMap(each(rows), () => inBatches(next, each, last.row))
  })

/** See `HistoryOutbox`. No index: what is in it leaves it within a second, in the order of its numbers. */
const historyOutbox = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql`CREATE TABLE history_outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, record TEXT NOT NULL)`
)

/** See `QueueStore.ageEvidence`. Costs failures only. */
const evidence = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql`CREATE INDEX attempts_evidence ON attempts (at) WHERE evidence IS NOT NULL`
)

/**
 * What is dead or held, by its cause (see core's `Cause`): beside the queue, since few items ever are, and counting a hundred thousand
 * of them takes milliseconds here.
 */
const givenUp = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE causes (id INTEGER PRIMARY KEY, cause TEXT NOT NULL UNIQUE) STRICT`
  yield* sql`CREATE TABLE given_up (
    cause INTEGER NOT NULL,
    authority TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'dead')),
    item INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (cause, authority, state, item)
  ) STRICT, WITHOUT ROWID`
  yield* sql`CREATE UNIQUE INDEX given_up_item ON given_up (item)`
  yield* sql`CREATE TRIGGER given_up_no_more AFTER UPDATE OF state ON queue
    WHEN old.state IN ('held', 'dead') AND new.state <> old.state BEGIN
    DELETE FROM given_up WHERE item = old.id;
  END`
  yield* sql`CREATE TRIGGER given_up_gone AFTER DELETE ON queue WHEN old.state IN ('held', 'dead') BEGIN
    DELETE FROM given_up WHERE item = old.id;
  END`
  yield* sql`CREATE TRIGGER causes_gone AFTER DELETE ON given_up BEGIN
    DELETE FROM causes WHERE id = old.cause AND NOT EXISTS (SELECT 1 FROM given_up AS g WHERE g.cause = old.cause);
  END`
  const now = yield* Clock.currentTimeMillis
  yield* inBatches(
    (after) =>
      sql<GivenUp.Item & { row: number }>`
        SELECT q.id AS row, q.id, q.authority, q.state, q.name, q.last_error AS error,
          coalesce((SELECT max(a.at) FROM attempts AS a WHERE a.item = q.id), ${now}) AS at
        FROM queue AS q WHERE q.state IN ('held', 'dead') AND q.id > ${after} ORDER BY q.id LIMIT 1000`,
    (rows) => GivenUp.remember(sql, rows)
  )
})

/** See `EndedSessions`. Few at a time: whoever logs out is on it for some hours. */
const endedSessions = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql`CREATE TABLE ended_sessions (id TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT, WITHOUT ROWID`
)

/** For `SqliteMigrator.fromRecord`. */
export const migrations = {
  "0001_queue": queue,
  "0002_queue_counts": counts,
  "0003_precedence": precedence,
  "0004_delivered": delivered,
  "0005_taken_over": takenOver,
  "0006_previous_states": previousStates,
  "0007_paused": paused,
  "0008_cheaper_accept": cheaperAccept,
  "0009_short_keys": shortKeys,
  "0010_bundles": bundles,
  "0011_taken_over_in_batches": takenOverInBatches,
  "0012_bundles_for_the_others": bundlesForTheOthers,
  "0013_plain_names": plainNames,
  "0014_groups_by_entry_uuid": groupsByEntryUuid,
  "0015_generations": generations,
  "0016_sent_before": sentBefore,
  "0017_history_outbox": historyOutbox,
  "0018_evidence": evidence,
  "0019_given_up": givenUp,
  "0020_ended_sessions": endedSessions
}
