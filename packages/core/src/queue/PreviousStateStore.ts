/** The previous states that `QueueStore.accept` writes, for reading. Keyed by entryUUID, without regard to case. */
import { Context, type Effect } from "effect"
import type { PreviousState } from "../changes/PreviousState.js"
import type { QueueStoreError } from "./QueueStore.js"

export interface PreviousStateStoreShape {
  /** The states of those objects that have one which has not expired, by lower-case entryUUID. */
  readonly get: (ids: ReadonlyArray<string>) => Effect.Effect<ReadonlyMap<string, PreviousState>, QueueStoreError>
  /** Deletes what has expired and returns the number. */
  readonly purge: Effect.Effect<number, QueueStoreError>
}

export class PreviousStateStore extends Context.Tag("@id-connector/core/queue/PreviousStateStore")<
  PreviousStateStore,
  PreviousStateStoreShape
>() {}
