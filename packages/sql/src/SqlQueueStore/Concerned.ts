/** Who has something to do with objects, whatever the mapping says by now. */
import type { SqlClient } from "@effect/sql"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { Effect } from "effect"
import * as ShortKey from "../ShortKey.js"

/** See `QueueStore.holders`. Asked by people only. */
export const holders = (sql: SqlClient.SqlClient, objectKey: string) =>
  Effect.map(
    sql<{ authority: AuthorityName }>`
      SELECT d.authority FROM queue_counts AS c
      CROSS JOIN delivered AS d ON d.authority = c.authority AND d.object_key = ${objectKey}
      WHERE c.state = 'delivered' AND c.items > 0 ORDER BY d.authority`,
    (rows) => rows.map(({ authority }) => authority)
  )

/** See `QueueStore.concerned`. Asked of what was removed only: an index by object would cost every delivery more than this. */
export const concerned = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, objectKeys: ReadonlyArray<string>) {
  const found = new Map<string, Array<AuthorityName>>()
  if (objectKeys.length === 0) return found
  const counted = yield* sql<{ authority: AuthorityName; state: string }>`
    SELECT authority, state FROM queue_counts WHERE items > 0 ORDER BY authority`
  const pairs = (authorities: ReadonlyArray<AuthorityName>) =>
    authorities.flatMap((authority) => objectKeys.map((key) => [authority, key] as const))
  const having = counted.flatMap(({ authority, state }) => (state === "delivered" ? [authority] : []))
  const waiting = counted.flatMap(({ authority, state }) => (state === "delivered" ? [] : [authority]))
  const delivered = yield* sql<{ authority: AuthorityName; object_key: string }>`
    SELECT d.authority, d.object_key FROM json_each(${JSON.stringify(pairs(having))}) AS p
    CROSS JOIN delivered AS d ON d.authority = p.value ->> 0 AND d.object_key = p.value ->> 1`
  const keys = pairs([...new Set(waiting)]).map(([authority, key]) => [
    ShortKey.of(ShortKey.itemKey(authority, key)),
    authority,
    key
  ])
  const pending = yield* sql<{ authority: AuthorityName; object_key: string }>`
    SELECT q.authority, q.object_key FROM json_each(${JSON.stringify(keys)}) AS p
    CROSS JOIN queue AS q INDEXED BY queue_object
      ON q.short_key = p.value ->> 0 AND q.authority = p.value ->> 1 AND q.object_key = p.value ->> 2`
  for (const { authority, object_key } of [...delivered, ...pending]) {
    const authorities = found.get(object_key) ?? []
    if (!authorities.includes(authority)) found.set(object_key, [...authorities, authority])
  }
  return found
})
