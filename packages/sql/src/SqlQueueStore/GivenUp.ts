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
  WITH counted AS MATERIALIZED (
    SELECT g.cause, g.authority, count(*) AS items, min(g.at) AS first, max(g.at) AS last, min(g.item) AS sample
    FROM ${
      authority === undefined
        ? sql`given_up AS g WHERE g.state = ${state}`
        : sql`causes AS c CROSS JOIN given_up AS g ON g.cause = c.id AND g.authority = ${authority} AND g.state = ${state}`
    }
    GROUP BY g.cause, g.authority
  ), top AS (
    SELECT c.id, c.cause, sum(n.items) AS items FROM counted AS n CROSS JOIN causes AS c ON c.id = n.cause
    GROUP BY c.id ORDER BY sum(n.items) DESC, c.cause ${limitOf(sql, limit)}
  )
  SELECT n.authority, t.cause, n.items, n.first, n.last, n.sample
  FROM top AS t JOIN counted AS n ON n.cause = t.id
  ORDER BY t.items DESC, t.cause, n.authority`

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
