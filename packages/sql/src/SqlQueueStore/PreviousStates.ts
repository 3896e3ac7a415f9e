/** The rows of the previous states: read by who decides on a change, written with what is accepted. */
import { SqlClient, type SqlError } from "@effect/sql"
import { Clock, Context, Effect, Layer } from "effect"
import * as JsonText from "../JsonText.js"
import * as ShortKey from "../ShortKey.js"
import * as Rows from "./Rows.js"
import { Transactions } from "./Transactions.js"

type Statements<A> = Effect.Effect<A, SqlError.SqlError>

export interface Stored {
  readonly row: number
  /** entryUUID, in lower case. */
  readonly id: string
  /** JSON text. */
  readonly state: string
  readonly expires_at: number | null
}

/** What has expired is gone, also where it was not purged yet. */
export const isGone = ({ expires_at }: Stored, now: number): boolean => expires_at !== null && expires_at <= now

export interface Remembered {
  /** JSON text. Null: what is stored stays, and only gets an end. */
  readonly state: string | null
  readonly expiresAt: number | null
}

export interface PreviousStatesShape {
  /** Those of objects, by their entryUUIDs in lower case, also where they have expired and were not purged yet. */
  readonly find: (ids: ReadonlyArray<string>) => Statements<ReadonlyMap<string, Stored>>
  /** By entryUUID in lower case. To be run in a transaction. */
  readonly remember: (states: ReadonlyMap<string, Remembered>) => Rows.Written
  /** By entryUUID in lower case. */
  readonly forget: (id: string) => Statements<void>
  /**
   * Of so many rows after a row those that may be of a group with this user, and the last row that was looked at; null: there are no
   * more.
   */
  readonly maybeWith: (
    username: string,
    after: number,
    limit: number
  ) => Statements<{ readonly found: ReadonlyArray<Stored>; readonly last: number | null }>
  /** Gives rows another state, which ends as before. */
  readonly rewrite: (states: ReadonlyArray<readonly [row: number, state: string]>) => Statements<void>
  /** Removes what has expired and answers with the number. */
  readonly purge: Statements<number>
}

export class PreviousStates extends Context.Tag("@id-connector/sql/SqlQueueStore/PreviousStates")<
  PreviousStates,
  PreviousStatesShape
>() {
  static readonly layer: Layer.Layer<PreviousStates, never, SqlClient.SqlClient | Transactions> = Layer.effect(
    PreviousStates,
    Effect.map(Effect.all([SqlClient.SqlClient, Transactions]), ([sql, { undone }]) => make(sql, undone))
  )
}

interface Writes {
  readonly news: ReadonlyArray<readonly [shortKey: number, id: string, state: string, expiresAt: number | null]>
  readonly changed: ReadonlyArray<readonly [row: number, state: string, expiresAt: number | null]>
}

/** What has to be written for states to be remembered. Most changes leave them as they are, which saves a page per object. */
export const toWrite = (
  states: ReadonlyMap<string, Remembered>,
  stored: ReadonlyMap<string, Stored>,
  now: number
): Writes => {
  const news: Array<Writes["news"][number]> = []
  const changed: Array<Writes["changed"][number]> = []
  for (const [id, { expiresAt, state }] of states) {
    const old = stored.get(id)
    if (old === undefined) {
      if (state !== null) news.push([ShortKey.of(id), id, state, expiresAt])
    } else if (isChange(old, state, expiresAt, now)) {
      changed.push([old.row, state ?? old.state, expiresAt])
    }
  }
  return { news, changed }
}

const isChange = (old: Stored, state: string | null, expiresAt: number | null, now: number): boolean =>
  state === null ? !isGone(old, now) : state !== old.state || expiresAt !== old.expires_at

/** An answer that still holds if nothing was written, and nothing undone, since. */
interface Found {
  readonly undone: number
  readonly asked: ReadonlySet<string>
  readonly rows: ReadonlyMap<string, Stored>
}

const make = (sql: SqlClient.SqlClient, undone: () => number): PreviousStatesShape => {
  /** Who decides asks for the same objects that are written next. */
  let found: Found | null = null

  const find = (ids: ReadonlyArray<string>): Statements<ReadonlyMap<string, Stored>> =>
    Effect.suspend(() => {
      const last = found
      if (last?.undone === undone() && ids.every((id) => last.asked.has(id))) return Effect.succeed(last.rows)
      const asked = new Set(ids)
      return Effect.map(
        sql<Stored>`
          SELECT p.rowid AS row, p.id, p.state, p.expires_at
          FROM json_each(${ShortKey.json(Array.from(asked, ShortKey.of))}) AS k
          CROSS JOIN previous_states AS p INDEXED BY previous_states_id ON p.short_key = k.value`,
        (stored) => {
          const rows = new Map(stored.flatMap((one) => (asked.has(one.id) ? [[one.id, one]] : [])))
          found = { undone: undone(), asked, rows }
          return rows
        }
      )
    })

  return {
    find,

    remember: Effect.fnUntraced(function* (states) {
      const now = yield* Clock.currentTimeMillis
      const stored = yield* find([...states.keys()])
      found = null
      const { changed, news } = toWrite(states, stored, now)
      yield* insert(news)
      if (changed.length === 0) return
      yield* sql`
        UPDATE previous_states SET state = c.value ->> 1, expires_at = c.value ->> 2
        FROM json_each(${JSON.stringify(changed)}) AS c
        WHERE previous_states.rowid = c.value ->> 0`
    }),

    forget: (id) =>
      Effect.suspend(() => {
        found = null
        return Effect.asVoid(sql`DELETE FROM previous_states WHERE short_key = ${ShortKey.of(id)} AND id = ${id}`)
      }),

    maybeWith: Effect.fnUntraced(function* (username, after, limit) {
      const [end] = yield* sql<{ last: number | null }>`
        SELECT max(row) AS last FROM (
          SELECT rowid AS row FROM previous_states WHERE rowid > ${after} ORDER BY rowid LIMIT ${limit}
        )`
      const last = end?.last ?? null
      if (last === null) return { found: [], last }
      const found = yield* sql<Stored>`
        SELECT rowid AS row, id, state, expires_at FROM previous_states
        WHERE rowid > ${after} AND rowid <= ${last} AND instr(state, '"users":') > 0 AND ${JsonText.mayHave(sql, "state", [username])}`
      return { found, last }
    }),

    rewrite: (states) =>
      Effect.suspend(() => {
        found = null
        return states.length === 0
          ? Effect.void
          : Effect.asVoid(sql`
              UPDATE previous_states SET state = c.value ->> 1 FROM json_each(${JSON.stringify(states)}) AS c
              WHERE previous_states.rowid = c.value ->> 0`)
      }),

    purge: Effect.gen(function* () {
      found = null
      const rows = yield* sql<{ id: string }>`
        DELETE FROM previous_states WHERE expires_at <= ${yield* Clock.currentTimeMillis} RETURNING id`
      return rows.length
    })
  }
}

const insert = Rows.into("previous_states", ["short_key", "id", "state", "expires_at"])
