/**
 * What the items are to deliver. That of new items stands in bundles: rows of a few thousand bytes leave half of their pages
 * empty, and each page that is written costs more than the row in it. What is written later for one of them stands alone, and
 * counts.
 */
import type { SqlClient, SqlError } from "@effect/sql"
import type * as QueueRow from "@id-connector/core/queue/QueueRow"
import { Effect } from "effect"
import * as Rows from "./Rows.js"

export interface DesiredState extends QueueRow.DesiredStateRow {
  readonly id: number
}

/** So many items share a bundle at most. It is kept while one of them needs it, see `Remains`. */
const mostInBundle = 8

/** None of them can be in JSON text. */
const betweenItems = "\u001e"
const betweenParts = "\u001f"

/** For items that had none. Their ids follow each other. */
export const insert = (states: ReadonlyArray<DesiredState>): Rows.Written => insertBundles(bundlesOf(states))

const insertBundles = Rows.into("desired_state_bundles", ["first", "last", "states"])

const bundlesOf = (
  states: ReadonlyArray<DesiredState>
): ReadonlyArray<readonly [first: number, last: number, text: string]> => {
  const bundles: Array<readonly [number, number, string]> = []
  for (let index = 0; index < states.length; index += mostInBundle) {
    const some = states.slice(index, index + mostInBundle)
    const first = some[0]?.id ?? 0
    let text = ""
    for (const desired of some) text += text === "" ? textOf(desired) : betweenItems + textOf(desired)
    bundles.push([first, first + some.length - 1, text])
  }
  return bundles
}

// Put together with `+`, here and above: `join` copies each text once more.
const textOf = ({ aliases, had_values, hashes, payload, previous, send_again }: DesiredState): string =>
  payload +
  betweenParts +
  (previous ?? "") +
  betweenParts +
  (hashes ?? "") +
  betweenParts +
  (aliases ?? "") +
  betweenParts +
  // An earlier version had a number here.
  betweenParts +
  (had_values ?? "") +
  betweenParts +
  send_again

const stateIn = (text: string, id: number): DesiredState => {
  // What an earlier version wrote has fewer parts.
  const [payload = "", previous, hashes, aliases, , hadValues, sendAgain] = text.split(betweenParts)
  return {
    id,
    payload,
    previous: previous || null,
    hashes: hashes || null,
    aliases: aliases || null,
    had_values: hadValues || null,
    send_again: sendAgain === "1" ? 1 : 0
  }
}

/** For items that had one, or had none. */
export const replace = (states: ReadonlyArray<DesiredState>): Rows.Written =>
  replaceRows(
    states.map(({ aliases, had_values, hashes, id, payload, previous, send_again }) => [
      id,
      had_values,
      send_again,
      aliases,
      previous,
      hashes,
      payload
    ])
  )

const replaceRows = Rows.into(
  "desired_states",
  ["id", "had_values", "send_again", "aliases", "previous", "hashes", "payload"],
  `ON CONFLICT (id) DO UPDATE SET had_values = excluded.had_values, send_again = excluded.send_again,
   aliases = excluded.aliases, previous = excluded.previous, hashes = excluded.hashes, payload = excluded.payload`
)

/** What stays for long stands alone: its bundle would keep the password hashes of those that were delivered. */
export const setApart = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, ids: ReadonlyArray<number>) {
  if (ids.length > 0) yield* replace([...(yield* find(sql, ids)).values()])
})

/** Those of items, by id. */
export const find = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, ids: ReadonlyArray<number>) {
  const found = new Map<number, DesiredState>()
  if (ids.length === 0) return found
  const alone = yield* sql<DesiredState>`
    SELECT id, had_values, send_again, aliases, previous, hashes, payload FROM desired_states
    WHERE id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`
  for (const desired of alone) found.set(desired.id, desired)
  const bundled = new Set(ids.filter((id) => !found.has(id)))
  for (const { first, states } of yield* bundlesWith(sql, bundled)) {
    for (const [index, text] of states.split(betweenItems).entries()) {
      if (bundled.has(first + index)) found.set(first + index, stateIn(text, first + index))
    }
  }
  return found
})

interface Bundle {
  readonly first: number
  readonly states: string
}

/** The text of a bundle in which nothing stands for items that do not need it. */
export const only = ({ first, states }: Bundle, needed: ReadonlySet<number>): string =>
  states
    .split(betweenItems)
    .map((text, index) => (needed.has(first + index) ? text : ""))
    .join(betweenItems)

const bundlesWith = (
  sql: SqlClient.SqlClient,
  ids: ReadonlySet<number>
): Effect.Effect<ReadonlyArray<Bundle>, SqlError.SqlError> =>
  ids.size === 0
    ? Effect.succeed([])
    : sql<Bundle>`
        SELECT first, states FROM desired_state_bundles WHERE first IN (
          SELECT (SELECT max(b.first) FROM desired_state_bundles AS b WHERE b.first <= k.value)
          FROM json_each(${JSON.stringify([...ids])}) AS k
        )`
