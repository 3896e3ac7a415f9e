/**
 * Whose the accounts at a target are. Two objects of the source may have had one record UID: the account is that of the one that
 * was delivered, and must outlive the other.
 */

import { Effect } from "effect"
import type * as ListenerObject from "../../changes/ListenerObject.js"
import type { AuthorityName } from "../../schools/SchoolAuthority.js"
import * as MonotonicClock from "../MonotonicClock.js"
import { type Account, type QueueItem, QueueStore } from "../QueueStore.js"
import { persistently } from "../Supervision.js"

export interface Accounts {
  /** To be called before an object is delivered. */
  readonly begin: (item: QueueItem) => void
  /** See `Undelivered.othersWith`. */
  readonly othersWith: (item: QueueItem) => (recordUid: string) => Effect.Effect<ReadonlyArray<string | null>>
}

/** What was begun is recorded after so many milliseconds at the latest, if the storage works. */
const unrecorded = 10_000

/** The account that an object has once it is delivered. Nothing for removals and groups. */
export const accountOf = (object: ListenerObject.ListenerObject): Account | undefined =>
  object._tag === "ChangedUser" && object.recordUid !== null && object.recordUid !== ""
    ? { recordUid: object.recordUid, sourceUid: object.sourceUid === "" ? null : object.sourceUid }
    : undefined

export const make = Effect.fnUntraced(function* (authority: AuthorityName) {
  const store = yield* QueueStore
  const clock = yield* Effect.clock
  /** By object, in the order of time. */
  const begun = new Map<string, { readonly account: Account; readonly at: number }>()

  const accounts: Accounts = {
    begin: ({ object, objectKey }) => {
      const now = MonotonicClock.millis(clock)
      for (const [key, { at }] of begun) {
        if (at > now - unrecorded) break
        begun.delete(key)
      }
      begun.delete(objectKey)
      const account = accountOf(object)
      if (account !== undefined) begun.set(objectKey, { account, at: now })
    },
    othersWith: (item) => (recordUid) =>
      Effect.map(persistently(store.othersWith(authority, recordUid, item.objectKey)), (recorded) => [
        ...recorded,
        ...[...begun].flatMap(([key, { account }]) =>
          key !== item.objectKey && account.recordUid.toLowerCase() === recordUid.toLowerCase()
            ? [account.sourceUid]
            : []
        )
      ])
  }
  return accounts
})
