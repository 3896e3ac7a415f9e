/** The rows of the previous states: read by who decides on a change, written with what is accepted. */
import type { SqlClient, SqlError } from "@effect/sql"
import { Clock, Effect } from "effect"
import * as ShortKey from "../ShortKey.js"
import * as Rows from "./Rows.js"

export interface Stored {
  readonly row: number
  /** entryUUID, in lower case. */
  readonly id: string
  /** JSON text. */
  readonly state: string
  readonly expires_at: number | null
}

/** Those of objects, by their entryUUIDs in lower case, also where they have expired and were not purged yet. */
export const find = (
  sql: SqlClient.SqlClient,
  ids: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Stored>, SqlError.SqlError> =>
  Effect.suspend(() => {
    const asked = new Set(ids)
    return Effect.map(
      sql<Stored>`
        SELECT p.rowid AS row, p.id, p.state, p.expires_at
        FROM json_each(${ShortKey.json(asked)}) AS k
        CROSS JOIN previous_states AS p INDEXED BY previous_states_id ON p.short_key = k.value`,
      (rows) => rows.filter(({ id }) => asked.has(id))
    )
  })

/** What has expired is gone, also where it was not purged yet. */
export const isGone = ({ expires_at }: Stored, now: number): boolean => expires_at !== null && expires_at <= now

export interface Remembered {
  /** JSON text. Null: what is stored stays, and only gets an end. */
  readonly state: string | null
  readonly expiresAt: number | null
}

/** By entryUUID in lower case. */
export const remember = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  states: ReadonlyMap<string, Remembered>
) {
  const now = yield* Clock.currentTimeMillis
  const stored = new Map((yield* find(sql, [...states.keys()])).map((one) => [one.id, one]))
  const news: Array<readonly [shortKey: number, id: string, state: string, expiresAt: number | null]> = []
  const changed: Array<readonly [row: number, state: string, expiresAt: number | null]> = []
  for (const [id, { expiresAt, state }] of states) {
    const old = stored.get(id)
    if (old === undefined) {
      if (state !== null) news.push([ShortKey.of(id), id, state, expiresAt])
      continue
    }
    // Most changes leave it as it is. Not to write it then saves a page per object.
    if (state === old.state && expiresAt === old.expires_at) continue
    if (state === null && isGone(old, now)) continue
    changed.push([old.row, state ?? old.state, expiresAt])
  }
  yield* insert(news)
  if (changed.length === 0) return
  yield* sql`
    UPDATE previous_states SET state = c.value ->> 1, expires_at = c.value ->> 2
    FROM json_each(${JSON.stringify(changed)}) AS c
    WHERE previous_states.rowid = c.value ->> 0`
})

const insert = Rows.into("previous_states", ["short_key", "id", "state", "expires_at"])
