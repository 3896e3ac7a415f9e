/**
 * Where entries of the history stand until the history has them: `QueueStore.accept`, `settle`, `retry` and `discard` write them in the
 * same transaction as what they tell of, so that an entry is there exactly when that has happened.
 */
import { Context, type Effect } from "effect"
import type { Audited } from "./HistoryEntry.js"
import type { HistoryStoreError } from "./HistoryStore.js"
import type { RecordText } from "./RecordText.js"

type Answer<A> = Effect.Effect<A, HistoryStoreError>

export interface HistoryOutboxShape {
  /** The oldest, in the order of their numbers, as `HistoryStore.take` has them. */
  readonly next: (limit: number) => Answer<ReadonlyArray<RecordText>>
  /** The history has everything up to this number. */
  readonly remove: (upTo: number) => Answer<void>
  /** Writes down what somebody did. */
  readonly record: (audited: ReadonlyArray<Audited>) => Answer<void>
  /** Removes all about an object, and answers with the number of entries. */
  readonly erase: (objectKey: string) => Answer<number>
}

export class HistoryOutbox extends Context.Tag("@id-connector/core/history/HistoryOutbox")<
  HistoryOutbox,
  HistoryOutboxShape
>() {}

/** Whether entries are written at all: only where somebody takes them from the outbox. */
export class KeepsHistory extends Context.Reference<KeepsHistory>()("@id-connector/core/history/KeepsHistory", {
  defaultValue: () => false
}) {}
