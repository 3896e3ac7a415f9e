/** The previous states that `QueueStore.accept` writes, for reading. Keyed by entryUUID, without regard to case. */
import { Context, type Effect } from "effect"
import type { PreviousState } from "../changes/PreviousState.js"
import type { QueueStoreError } from "./QueueStore.js"

/** What another storage remembers of an object. */
export interface RememberedState {
  /** entryUUID. */
  readonly id: string
  readonly state: PreviousState
  /** In milliseconds since 1970. Null: it has no end. */
  readonly expiresAt: number | null
}

export interface PreviousStateStoreShape {
  /** The states of those objects that have one which has not expired, by lower-case entryUUID. */
  readonly get: (ids: ReadonlyArray<string>) => Effect.Effect<ReadonlyMap<string, PreviousState>, QueueStoreError>
  /** Remembers what another storage does. Of an object of which something is remembered already that stays. */
  readonly adopt: (states: ReadonlyArray<RememberedState>) => Effect.Effect<void, QueueStoreError>
  /** Deletes what is remembered of an object. What is removed of it later is not known any more. */
  readonly forget: (id: string) => Effect.Effect<void, QueueStoreError>
  /**
   * Takes a user out of what is remembered of groups, and answers with the number of groups. To their targets that is as if the user
   * had not been in them. Looks at all groups, some at a time.
   */
  readonly forgetMember: (username: string) => Effect.Effect<number, QueueStoreError>
  /** Deletes what has expired and returns the number. */
  readonly purge: Effect.Effect<number, QueueStoreError>
}

export class PreviousStateStore extends Context.Tag("@id-connector/core/queue/PreviousStateStore")<
  PreviousStateStore,
  PreviousStateStoreShape
>() {}
