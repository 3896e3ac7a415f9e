/** What examples of a queue store are made of. */

import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import type { PreviousState } from "@id-connector/core/changes/PreviousState"
import type { HistoryOutbox } from "@id-connector/core/history/HistoryOutbox"
import type { HistoryStoreError } from "@id-connector/core/history/HistoryStore"
import { PreviousStateStore } from "@id-connector/core/queue/PreviousStateStore"
import type {
  Attempt,
  QueueItem,
  QueueStoreError,
  QueueStoreShape,
  Settlement
} from "@id-connector/core/queue/QueueStore"
import type { Evidence } from "@id-connector/core/targets/DeliveryError"
import { Effect, Redacted } from "effect"

/** Defines a test with a store of its own. */
export type Test = (
  title: string,
  body: (
    queue: QueueStoreShape
  ) => Effect.Effect<void, QueueStoreError | HistoryStoreError, PreviousStateStore | HistoryOutbox>
) => void

export const names = (items: ReadonlyArray<QueueItem>): ReadonlyArray<string> =>
  items.map(({ object }) => ListenerObject.label(object))

/** The hashes in clear, which comparing `Redacted` values would leave out. */
export const hashesOf = (item: QueueItem | undefined): unknown =>
  item?.object._tag === "ChangedUser" && item.object.hashes !== null ? Redacted.value(item.object.hashes) : null

export const attempt = (error: string): Attempt => ({ at: 7, error, evidence })

/** A request that failed. */
export const evidence: Evidence = {
  method: "POST",
  path: "/users/",
  requestId: null,
  body: { name: "anna" },
  status: 500,
  response: "broken"
}

const settle =
  (settlement: (item: QueueItem) => Settlement) =>
  (queue: QueueStoreShape, ...items: ReadonlyArray<QueueItem | undefined>) =>
    queue.settle(items.filter((item) => item !== undefined).map(settlement))

export const done = settle(({ id }) => ({ _tag: "Done", id, receipt: null, result: "present" }))
export const dead = settle(({ id }) => ({ _tag: "Dead", id, attempt: attempt("never") }))
export const release = settle(({ id }) => ({ _tag: "Release", id }))

export const doneWith = (queue: QueueStoreShape, receipt: string, ...items: ReadonlyArray<QueueItem | undefined>) =>
  settle(({ id }) => ({ _tag: "Done", id, receipt, result: "present" }))(queue, ...items)

export const retryAt = (queue: QueueStoreShape, at: number, ...items: ReadonlyArray<QueueItem | undefined>) =>
  retryFor([])(queue, at, ...items)

/** {@link retryAt}, as the target lacks users that the items refer to. */
export const retryFor =
  (wanted: ReadonlyArray<string>) =>
  (queue: QueueStoreShape, at: number, ...items: ReadonlyArray<QueueItem | undefined>) =>
    settle(({ id }) => ({ _tag: "RetryAt", id, at, attempt: attempt("not now"), wanted, counts: true }))(
      queue,
      ...items
    )

export const removed = settle(({ id }) => ({ _tag: "Done", id, receipt: null, result: "removed" }))
export const hold = settle(({ id }) => ({ _tag: "Hold", id, reason: "too many" }))

export const previousOf = (id: string): Effect.Effect<PreviousState | undefined, QueueStoreError, PreviousStateStore> =>
  Effect.gen(function* () {
    const states = yield* (yield* PreviousStateStore).get([id])
    return states.get(id.toLowerCase())
  })
