/**
 * Short numbers in place of long keys, for indexes. entryUUIDs come in any order: each new one changes some page of an index,
 * and all changed pages go to the disk. The fewer pages an index has, the more of the new ones share a page; with these it has a
 * quarter of the pages.
 */
import type { SqlClient } from "@effect/sql"

/**
 * 32 bits of a text (FNV-1a over its UTF-16 units). Different texts may have the same number: look for the text, too. Numbers
 * are stored: they must never change.
 */
export const of = (text: string): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}

/** Each once, as JSON to look for. To look for the texts, too, in SQL would take twice as long as looking at what was found. */
export const json = (shortKeys: Iterable<number>): string => JSON.stringify([...new Set(shortKeys)])

/** What names an object in the queue of a school authority. */
export const itemKey = (authority: string, objectKey: string): string => `${authority}\n${objectKey}`

/** Whether another row of the queue is about the object of the row `q`. */
export const isSameObject = (sql: SqlClient.SqlClient, other: "f" | "n") =>
  sql.literal(
    `${other}.short_key = q.short_key AND ${other}.authority = q.authority AND ${other}.object_key = q.object_key`
  )
