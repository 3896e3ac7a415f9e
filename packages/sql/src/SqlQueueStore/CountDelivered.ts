/** Users of schools that were delivered to authorities. */
import type { SqlClient } from "@effect/sql"
import type { SchoolAtAuthority } from "@id-connector/core/queue/QueueStore"
import * as SchoolName from "@id-connector/core/schools/SchoolName"
import { Effect } from "effect"

/** See `QueueStore.countDelivered`. The authorities are the names their rows stand under. */
export const countDelivered = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  places: ReadonlyArray<SchoolAtAuthority>,
  after: number,
  limit: number
) {
  const rows = yield* sql<{ row: number; id: string; state: string }>`
    SELECT rowid AS row, id, state FROM previous_states WHERE rowid > ${after} ORDER BY rowid LIMIT 0 + ${limit}`
  const wanted = rows.flatMap(({ id, state }) => {
    const schools = SchoolName.makeSet(schoolsIn(state))
    return places.flatMap(({ authority, school }, place) =>
      schools.has(school) ? [[place, authority, `user:${id}`] as const] : []
    )
  })
  const found = yield* sql<{ place: number; users: number }>`
    SELECT w.value ->> 0 AS place, count(*) AS users FROM json_each(${JSON.stringify(wanted)}) AS w
    CROSS JOIN delivered AS d ON d.authority = w.value ->> 1 AND d.object_key = w.value ->> 2
    GROUP BY place`
  const users = new Map(found.map(({ place, users }) => [place, users]))
  return {
    counts: places.map((_, place) => users.get(place) ?? 0),
    next: rows.length < limit ? null : (rows.at(-1)?.row ?? null)
  }
})

/** Of a group, and of what can't be read: none. */
const schoolsIn = (state: string): ReadonlyArray<string> => {
  try {
    const { schools } = JSON.parse(state)
    return Array.isArray(schools) ? schools.map(String) : []
  } catch {
    return []
  }
}
