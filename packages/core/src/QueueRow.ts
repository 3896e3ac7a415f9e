/**
 * A queue item as storages hold it: plain columns, and the change itself as JSON text. Every storage that writes bytes
 * uses this form, so that one of them can read what another wrote.
 */
import { Effect, Either, Schema } from "effect"
import type { Wish } from "./Coalescing.js"
import * as ListenerObject from "./ListenerObject.js"
import { PreviousUser } from "./PreviousState.js"
import { ItemId, type ItemState, type QueueItem } from "./QueueStore.js"
import { AuthorityName } from "./SchoolAuthority.js"

/** The columns of a {@link Wish}. They hold the password hashes in clear: they are for the storage only. */
export interface WishRow {
  /** JSON text of the object; its `old_data` is the oldest previous state that was not delivered. */
  readonly payload: string
  /** JSON text. */
  readonly aliases: string
  readonly recreate: 0 | 1
}

/** The columns of a {@link QueueItem}. */
export interface QueueRow extends WishRow {
  readonly id: number
  readonly authority: string
  readonly object_key: string
  readonly file: string
  readonly state: RowState
  readonly attempts: number
  readonly available_at: number
  readonly last_error: string | null
  readonly receipt: string | null
}

/** `waiting` is two states here: `ready` may be claimed, `delayed` waits for its time. */
export type RowState = "ready" | "delayed" | "in_flight" | "dead"

export const itemState = (state: RowState): ItemState => (state === "ready" || state === "delayed" ? "waiting" : state)

export const fromWish = (wish: Wish): WishRow => ({
  payload: JSON.stringify(ListenerObject.encode(wish.object)),
  aliases: wish.aliases.length === 0 ? "[]" : JSON.stringify(wish.aliases),
  recreate: wish.recreate ? 1 : 0
})

/** Dies when the row is not one that {@link fromWish} made: what we wrote ourselves can be read. */
export const toWish = (row: WishRow & { readonly id: number }): Effect.Effect<Wish> => {
  const object = ListenerObject.decodeText(row.payload)
  if (Either.isLeft(object)) return unreadable(row.id, "object", object.left.reasons.join("; "))
  if (row.aliases === "[]") return Effect.succeed({ object: object.right, aliases: [], recreate: row.recreate === 1 })
  const aliases = decodeAliases(row.aliases)
  return Either.isLeft(aliases)
    ? unreadable(row.id, "aliases", aliases.left.message)
    : Effect.succeed({ object: object.right, aliases: aliases.right, recreate: row.recreate === 1 })
}

/** {@link toWish} of a whole row. */
export const toItem = (row: QueueRow): Effect.Effect<QueueItem> =>
  Effect.map(toWish(row), (wish) => ({
    ...wish,
    // Ids and names were checked when they came in.
    id: ItemId.make(row.id, { disableValidation: true }),
    authority: AuthorityName.make(row.authority, { disableValidation: true }),
    objectKey: row.object_key,
    file: row.file,
    state: itemState(row.state),
    attempts: row.attempts,
    availableAt: row.available_at,
    lastError: row.last_error,
    receipt: row.receipt
  }))

const decodeAliases = Schema.decodeEither(Schema.parseJson(Schema.Array(PreviousUser)))

const unreadable = (id: number, column: string, reason: string): Effect.Effect<never> =>
  Effect.dieMessage(`The ${column} of queue item ${id} cannot be read, though the queue storage wrote it: ${reason}`)
