/** What is dead or held, by its cause. Triggers take out what is neither any more. */
import type { SqlClient, SqlError } from "@effect/sql"
import * as Cause from "@id-connector/core/queue/Cause"
import type { Group, StateGivenUp } from "@id-connector/core/queue/QueueStore"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { Effect } from "effect"
import { limitOf } from "./Limit.js"

type Statements<A> = Effect.Effect<A, SqlError.SqlError>

export interface Item {
  readonly id: number
  readonly authority: string
  readonly state: StateGivenUp
  /** See `Precedence.nameKey`. */
  readonly name: string
  readonly error: string | null
  /** Milliseconds since 1970. */
  readonly at: number
}

/** To be run in the transaction in which they are given up. */
export const remember = (sql: SqlClient.SqlClient, items: ReadonlyArray<Item>): Statements<void> =>
  Effect.gen(function* () {
    if (items.length === 0) return
    const rows = items.map((item) => [Cause.of(item.error, item.name), item.authority, item.state, item.id, item.at])
    const json = JSON.stringify(rows)
    yield* sql`
      INSERT INTO causes (cause) SELECT value ->> 0 FROM json_each(${json})
      WHERE true ON CONFLICT (cause) DO NOTHING`
    yield* sql`
      INSERT OR REPLACE INTO given_up (cause, authority, state, item, at)
      SELECT c.id, e.value ->> 1, e.value ->> 2, e.value ->> 3, e.value ->> 4
      FROM json_each(${json}) AS e CROSS JOIN causes AS c ON c.cause = e.value ->> 0`
  })

/** See `QueueStore.groups`: by the names the rows of authorities stand under. */
export const groups = (
  sql: SqlClient.SqlClient,
  state: StateGivenUp,
  authority: AuthorityName | undefined,
  limit: number
): Statements<ReadonlyArray<Group>> => sql<Group>`
  WITH top AS (
    SELECT c.id, c.cause, count(*) AS items FROM causes AS c CROSS JOIN given_up AS g ON g.cause = c.id
    WHERE g.state = ${state} AND ${authority === undefined ? sql`true` : sql`g.authority = ${authority}`}
    GROUP BY c.id ORDER BY count(*) DESC, c.cause ${limitOf(sql, limit)}
  )
  SELECT g.authority, t.cause, count(*) AS items, min(g.at) AS first, max(g.at) AS last, min(g.item) AS sample
  FROM top AS t CROSS JOIN given_up AS g ON g.cause = t.id
  WHERE g.state = ${state} AND ${authority === undefined ? sql`true` : sql`g.authority = ${authority}`}
  GROUP BY t.id, g.authority ORDER BY t.items DESC, t.cause, g.authority`

/** The ids of the items with a cause, as a query. */
export const withCause = (
  sql: SqlClient.SqlClient,
  authority: AuthorityName,
  cause: string,
  states: ReadonlyArray<string>
) => sql<{ readonly id: number }>`
  SELECT g.item AS id FROM given_up AS g
  WHERE g.cause = (SELECT c.id FROM causes AS c WHERE c.cause = ${cause})
    AND g.authority = ${authority} AND ${sql.in("g.state", states)}`
