/**
 * The queue in SQLite. Every method is a fixed number of statements, whose cost does not grow with the number of items
 * that wait; see `Migrations` for the indexes.
 *
 * SQLite answers synchronously: a loop that calls these methods without pause stops timers and servers. Let the event
 * loop turn between two batches.
 */
import type { FileSystem } from "@effect/platform"
import { SqlClient } from "@effect/sql"
import type { EndedSessions } from "@id-connector/core/access/EndedSessions"
import type { Actor } from "@id-connector/core/history/HistoryEntry"
import type { HistoryOutbox } from "@id-connector/core/history/HistoryOutbox"
import type { PreviousStateStore } from "@id-connector/core/queue/PreviousStateStore"
import { QueueStore } from "@id-connector/core/queue/QueueStore"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { Array as Arr, Clock, Effect, Layer, Option, Schedule } from "effect"
import * as SqlEndedSessions from "./SqlEndedSessions.js"
import * as SqlHistoryOutbox from "./SqlHistoryOutbox.js"
import * as SqliteDriver from "./SqliteDriver.js"
import * as SqlPreviousStateStore from "./SqlPreviousStateStore.js"
import { accept } from "./SqlQueueStore/Accept.js"
import { claim, nextDue, shiftDue } from "./SqlQueueStore/Claim.js"
import { concerned, holders } from "./SqlQueueStore/Concerned.js"
import { countDelivered } from "./SqlQueueStore/CountDelivered.js"
import * as Disk from "./SqlQueueStore/Disk.js"
import { Generations } from "./SqlQueueStore/Generations.js"
import * as GivenUp from "./SqlQueueStore/GivenUp.js"
import { ageEvidence, discard, paused, retry, setPaused, type Who } from "./SqlQueueStore/Intervene.js"
import {
  authoritiesOf,
  counts,
  countsOfAll,
  due,
  holding,
  idsOf,
  list,
  othersWith,
  receipt,
  removals,
  show,
  waitsFor
} from "./SqlQueueStore/Look.js"
import { PreviousStates } from "./SqlQueueStore/PreviousStates.js"
import * as Remains from "./SqlQueueStore/Remains.js"
import { recover, settle } from "./SqlQueueStore/Settle.js"
import { TakenOver } from "./SqlQueueStore/TakenOver.js"
import { operation, Transactions, type TransactionsShape } from "./SqlQueueStore/Transactions.js"

const queue: Layer.Layer<
  QueueStore,
  never,
  SqlClient.SqlClient | FileSystem.FileSystem | Generations | Transactions | PreviousStates | TakenOver
> = Layer.scoped(
  QueueStore,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* tune(sql)
    const { commit, reading, together, transaction } = yield* Transactions
    const previousStates = yield* PreviousStates
    const takenOver = yield* TakenOver
    const generations = yield* Generations
    const { idOf, nameOf } = generations
    const named = <A extends { readonly authority: AuthorityName }>(item: A): A => {
      const authority = nameOf(item.authority)
      return authority === item.authority ? item : { ...item, authority }
    }
    const sync = yield* Disk.make(sql)
    yield* takeOutRemains(sql, yield* Transactions)
    const flush = Effect.zipRight(commit.pipe(operation("flush")), sync)
    const isCurrent = (id: AuthorityName) => idOf(nameOf(id)) === id
    return {
      accept: (batch) =>
        accept(sql, { generations, previousStates, takenOver }, batch).pipe(together, operation("accept")),
      flush,
      takenOver: (files) => takenOver.find(files).pipe(reading, operation("takenOver")),
      takenOverNames: takenOver.names.pipe(reading, operation("takenOverNames")),
      forget: (names) => takenOver.forget(names).pipe(together, operation("forget")),
      claim: (authority, limit) =>
        claim(sql, idOf(authority), limit).pipe(Effect.map(Arr.map(named)), transaction, operation("claim")),
      nextDue: (authority) => nextDue(sql, idOf(authority)).pipe(reading, operation("nextDue")),
      shiftDue: (by, latest) => shiftDue(sql, by, latest).pipe(transaction, operation("shiftDue")),
      settle: (settlements) => settle(sql, settlements).pipe(transaction, operation("settle")),
      recover: recover(sql).pipe(transaction, operation("recover")),
      counts: (authority) => counts(sql, idOf(authority)).pipe(reading, operation("counts")),
      countsOfAll: countsOfAll(sql).pipe(
        Effect.map((found) => new Map([...found].flatMap(([id, of]) => (isCurrent(id) ? [[nameOf(id), of]] : [])))),
        reading,
        operation("countsOfAll")
      ),
      due: (authority) => due(sql, idOf(authority)).pipe(reading, operation("due")),
      list: (authority, filter) =>
        list(sql, idOf(authority), filter).pipe(Effect.map(Arr.map(named)), reading, operation("list")),
      ids: (authority, filter) =>
        idsOf(sql, idOf(authority), filter).pipe(Effect.map(Arr.map(({ id }) => id)), reading, operation("ids")),
      groups: (state, { authority, limit }) =>
        GivenUp.groups(sql, state, authority === undefined ? undefined : idOf(authority), limit).pipe(
          Effect.map((found) => found.filter((one) => authority !== undefined || isCurrent(one.authority)).map(named)),
          reading,
          operation("groups")
        ),
      show: (authority, id) =>
        show(sql, idOf(authority), id).pipe(
          Effect.map(Option.map((shown) => ({ ...shown, item: named(shown.item) }))),
          reading,
          operation("show")
        ),
      waitsFor: (authority, ids) => waitsFor(sql, idOf(authority), ids).pipe(reading, operation("waitsFor")),
      retry: (authority, selection, by) =>
        Effect.flatMap(who(authority, by), (who) => retry(sql, idOf(authority), selection, who)).pipe(
          transaction,
          operation("retry"),
          Effect.zipLeft(sync)
        ),
      discard: (authority, selection, by) =>
        Effect.flatMap(who(authority, by), (who) => discard(sql, idOf(authority), selection, who)).pipe(
          transaction,
          operation("discard"),
          Effect.zipLeft(sync)
        ),
      paused: paused(sql).pipe(
        Effect.map((ids) => new Set([...ids].filter(isCurrent).map(nameOf))),
        reading,
        operation("paused")
      ),
      setPaused: (authority, isPaused) =>
        setPaused(sql, idOf(authority), isPaused).pipe(transaction, operation("setPaused"), Effect.zipLeft(sync)),
      removals: (authority, since) => removals(sql, idOf(authority), since).pipe(reading, operation("removals")),
      receipt: (authority, objectKey) => receipt(sql, idOf(authority), objectKey).pipe(reading, operation("receipt")),
      othersWith: (authority, recordUid, objectKey) =>
        othersWith(sql, idOf(authority), recordUid, objectKey).pipe(reading, operation("othersWith")),
      ageEvidence: (before, limit) => ageEvidence(sql, before, limit).pipe(transaction, operation("ageEvidence")),
      holding: (authority) => holding(sql, idOf(authority)).pipe(reading, operation("holding")),
      countDelivered: (places, after, limit) =>
        countDelivered(
          sql,
          places.map(({ authority, school }) => ({ school, authority: idOf(authority) })),
          after,
          limit
        ).pipe(reading, operation("countDelivered")),
      probe: Effect.flatMap(Clock.currentTimeMillis, (now) =>
        // In the head of the file, where nobody looks for anything.
        sql`PRAGMA user_version = ${sql.literal(String(Math.floor(now / 1000) % 1_000_000_000))}`.pipe(
          Effect.asVoid,
          transaction,
          operation("probe")
        )
      ),
      authorities: authoritiesOf(sql).pipe(
        Effect.map((ids) => ids.filter(isCurrent).map(nameOf)),
        reading,
        operation("authorities")
      ),
      deleteAuthority: (authority) =>
        generations.delete(authority).pipe(
          transaction,
          Effect.tap(({ commit }) => Effect.sync(commit)),
          Effect.asVoid,
          Effect.uninterruptible,
          operation("deleteAuthority"),
          Effect.zipLeft(sync)
        ),
      deleted: generations.deleted.pipe(reading, operation("deleted")),
      clearDeleted: (id, limit) => generations.clear(idOf(id), limit).pipe(transaction, operation("clearDeleted")),
      holders: (objectKey) =>
        holders(sql, objectKey).pipe(
          Effect.map((ids) => ids.filter(isCurrent).map(nameOf)),
          reading,
          operation("holders")
        ),
      concerned: (objectKeys) =>
        concerned(sql, objectKeys).pipe(
          Effect.map((found) => new Map([...found].map(([key, ids]) => [key, ids.filter(isCurrent).map(nameOf)]))),
          reading,
          operation("concerned")
        )
    }
  })
)

const who = (name: AuthorityName, by: Actor | undefined): Effect.Effect<Who> =>
  by === undefined ? Effect.succeed(null) : Effect.map(Clock.currentTimeMillis, (at) => ({ by, name, at }))

/** How often some bundles are looked through for what is left of items that are gone. */
const takenOutEvery = "10 seconds"

const takeOutRemains = (sql: SqlClient.SqlClient, { reading, transaction }: TransactionsShape) => {
  let after = 0
  return Effect.gen(function* () {
    const { last, partly } = yield* reading(Remains.look(sql, after))
    after = last
    if (partly.length > 0) yield* transaction(Remains.takeOut(sql, partly))
  }).pipe(
    operation("takeOutRemains"),
    Effect.catchAll((error) =>
      Effect.annotateLogs(
        Effect.logWarning("Cannot remove what is left of delivered changes from the database. Will retry."),
        { module: "Storage", reason: error.message }
      )
    ),
    Effect.schedule(Schedule.spaced(takenOutEvery)),
    Effect.forkScoped
  )
}

/**
 * NORMAL: commits do not wait for the disk, see `Disk`. The next two: a batch touches a
 * page of an index per object (entryUUIDs lie anywhere), and with the defaults (4 MB of log, 16 MB of cache) each commit
 * copies all of them from the log into the database. And what is deleted is overwritten: password hashes must not stay in the
 * file when their items are gone.
 */
const tune = (sql: SqlClient.SqlClient): Effect.Effect<void> =>
  Effect.forEach(
    ["synchronous = NORMAL", "wal_autocheckpoint = 8000", "cache_size = -64000", "secure_delete = ON"],
    (setting) => sql`PRAGMA ${sql.literal(setting)}`,
    { discard: true }
  ).pipe(Effect.orDie) // The migrations ran on this connection: it works, and knows these settings.

/** Needs the tables of `Migrations`. One process at a time: `recover` takes items in flight for left behind. */
export const layer: Layer.Layer<
  QueueStore | PreviousStateStore | HistoryOutbox | EndedSessions,
  SqliteDriver.DriverUnfit,
  SqlClient.SqlClient | FileSystem.FileSystem
> = Layer.mergeAll(queue, SqlPreviousStateStore.layer, SqlHistoryOutbox.layer, SqlEndedSessions.layer).pipe(
  Layer.provide(Layer.mergeAll(PreviousStates.layer, TakenOver.layer, Generations.layer)),
  Layer.provide(Transactions.layer),
  Layer.provide(SqliteDriver.layer)
)
