/**
 * What bundles still hold of items that are gone: their neighbours may wait for weeks for a target that is down, and password hashes
 * must not stay so long. It is taken out now and then, a few bundles at a time, and not when an item is delivered: most
 * bundles are gone a moment later as a whole.
 */
import type { SqlClient, SqlError } from "@effect/sql"
import { Effect } from "effect"
import * as DesiredStates from "./DesiredStates.js"
import { limitOf } from "./Limit.js"

/** Looked through at once. To look takes a few milliseconds. */
const atOnce = 500

/** Rewritten in one transaction. */
const rewritten = 200

interface Bundle {
  readonly first: number
  readonly last: number
  /** JSON: the ids of items whose states are read from it. */
  readonly needed: string
}

export interface Page {
  /** Bundles that hold more than is needed, a few of them. */
  readonly partly: ReadonlyArray<number>
  /** The last one that was looked at; 0 at the end. */
  readonly last: number
}

const bundlesAfter = (sql: SqlClient.SqlClient, after: number) => sql<Bundle>`
  SELECT b.first, b.last, (
    SELECT json_group_array(q.id) FROM queue AS q
    WHERE q.id BETWEEN b.first AND b.last AND NOT EXISTS (SELECT 1 FROM desired_states AS d WHERE d.id = q.id)
  ) AS needed
  FROM desired_state_bundles AS b WHERE b.first > ${after} ORDER BY b.first ${limitOf(sql, atOnce)}`

/** Looks through the bundles after one of them. Writes nothing. */
export const look = (sql: SqlClient.SqlClient, after: number): Effect.Effect<Page, SqlError.SqlError> =>
  Effect.map(bundlesAfter(sql, after), (bundles) => {
    const all = bundles.flatMap(({ first, last, needed }, index) =>
      idsIn(needed).length < last - first + 1 ? [{ first, index }] : []
    )
    const some = all.slice(0, rewritten)
    const lastOfSome = some.at(-1)
    return {
      partly: some.map(({ first }) => first),
      last:
        all.length > some.length ? (lastOfSome?.first ?? 0) : bundles.length < atOnce ? 0 : (bundles.at(-1)?.first ?? 0)
    }
  })

/** Takes out what is not needed. To be run in a transaction. */
export const takeOut = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, firsts: ReadonlyArray<number>) {
  for (const first of firsts) {
    const [bundle] = yield* sql<Bundle & { readonly states: string }>`
      SELECT b.first, b.last, b.states, (
        SELECT json_group_array(q.id) FROM queue AS q
        WHERE q.id BETWEEN b.first AND b.last AND NOT EXISTS (SELECT 1 FROM desired_states AS d WHERE d.id = q.id)
      ) AS needed
      FROM desired_state_bundles AS b WHERE b.first = ${first}`
    if (bundle === undefined) continue
    const states = DesiredStates.only(bundle, new Set(idsIn(bundle.needed)))
    if (states !== bundle.states) yield* sql`UPDATE desired_state_bundles SET states = ${states} WHERE first = ${first}`
  }
})

const idsIn = (json: string): ReadonlyArray<number> => JSON.parse(json)
