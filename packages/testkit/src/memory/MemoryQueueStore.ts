/**
 * Queue and previous states in memory, for tests and demonstrations: keeps every promise of `QueueStore` but survival.
 * Written to be read: it is also the model that other storages are compared with. It looks through everything each time.
 */
import { HistoryOutbox, type HistoryOutboxShape } from "@id-connector/core/history/HistoryOutbox"
import type { Numbered } from "@id-connector/core/history/HistoryStore"
import { PreviousStateStore } from "@id-connector/core/queue/PreviousStateStore"
import { type FileFate, QueueStore, type QueueStoreShape } from "@id-connector/core/queue/QueueStore"
import { Clock, Context, Effect, Layer } from "effect"
import { accept } from "./MemoryQueueStore/Accept.js"
import { claim } from "./MemoryQueueStore/Claim.js"
import * as Deleted from "./MemoryQueueStore/Deleted.js"
import { groups } from "./MemoryQueueStore/Groups.js"
import * as Intervene from "./MemoryQueueStore/Intervene.js"
import * as Look from "./MemoryQueueStore/Look.js"
import * as Memory from "./MemoryQueueStore/Memory.js"
import * as PreviousStates from "./MemoryQueueStore/PreviousStates.js"
import { settle } from "./MemoryQueueStore/Settle.js"

/** Empty at first. Every build of the layer has its own content. */
export const layer: Layer.Layer<QueueStore | PreviousStateStore | HistoryOutbox> = Layer.effectContext(
  Effect.sync(() => {
    const memory = Memory.make()
    return Context.make(QueueStore, queueStore(memory)).pipe(
      Context.add(PreviousStateStore, PreviousStates.make(memory)),
      Context.add(HistoryOutbox, outbox(memory))
    )
  })
)

const outbox = (memory: Memory.Memory): HistoryOutboxShape => ({
  next: (limit) =>
    Effect.sync(() => memory.outbox.slice(0, limit).map(({ id, record }) => ({ id, text: JSON.stringify(record) }))),
  remove: (upTo) =>
    Effect.sync(() => {
      memory.outbox = memory.outbox.filter(({ id }) => id > upTo)
    }),
  record: (audited) => Effect.sync(() => Memory.record(memory, audited)),
  erase: (objectKey) =>
    Effect.sync(() => {
      const isOf = ({ record }: Numbered) => record._tag !== "Audited" && record.objectKey === objectKey
      const gone = memory.outbox.filter(isOf).length
      memory.outbox = memory.outbox.filter((numbered) => !isOf(numbered))
      return gone
    })
})

/** Does something to the memory, at a time. */
const at = <A>(change: (now: number) => A): Effect.Effect<A> => Effect.map(Clock.currentTimeMillis, change)

const queueStore = (memory: Memory.Memory): QueueStoreShape => ({
  accept: (batch) => at((now) => accept(memory, batch, now)),
  flush: Effect.void,

  takenOver: (files) =>
    Effect.sync(() => {
      const found = new Map<string, FileFate>()
      for (const file of files) {
        const known = memory.takenOver.get(file.name)
        if (known !== undefined && known.digest === file.digest) found.set(file.name, known.fate)
      }
      return found
    }),
  takenOverNames: Effect.sync(() => [...memory.takenOver.keys()]),
  forget: (names) =>
    Effect.sync(() => {
      for (const name of names) memory.takenOver.delete(name)
    }),

  claim: (authority, limit) => at((now) => claim(memory, authority, limit, now)),
  shiftDue: (by, latest) => Effect.sync(() => Intervene.shiftDue(memory, by, latest)),
  settle: (settlements) => at((now) => settle(memory, settlements, now)),
  recover: at((now) => {
    const ids = [...memory.items.values()].flatMap(({ id, state }) => (state === "in_flight" ? [id] : []))
    settle(
      memory,
      ids.map((id) => ({ _tag: "Release", id })),
      now
    )
    return ids.length
  }),

  nextDue: (authority) => Effect.sync(() => Look.nextDue(memory, authority)),
  counts: (authority) => Effect.sync(() => Look.counts(memory, authority)),
  countsOfAll: Effect.sync(() => Look.countsOfAll(memory)),
  due: (authority) => Effect.sync(() => Look.due(memory, authority)),
  list: (authority, filter) => Effect.sync(() => Look.list(memory, authority, filter)),
  ids: (authority, filter) => Effect.sync(() => Look.list(memory, authority, filter).map(({ id }) => id)),
  groups: (state, options) => Effect.sync(() => groups(memory, state, options)),
  show: (authority, id) => Effect.sync(() => Look.show(memory, authority, id)),

  waitsFor: (authority, ids) => Effect.sync(() => Look.waitsFor(memory, authority, ids)),
  retry: (authority, selection, by) => at((now) => Intervene.retry(memory, authority, selection, by, now)),
  discard: (authority, selection, by) => at((now) => Intervene.discard(memory, authority, selection, by, now)),
  paused: Effect.sync(() => new Set(memory.paused)),
  setPaused: (authority, isPaused) =>
    Effect.sync(() => {
      if (isPaused) memory.paused.add(authority)
      else memory.paused.delete(authority)
    }),

  removals: (authority, since) =>
    Effect.sync(() => (memory.removals.get(authority) ?? []).filter(({ at }) => at >= since)),
  receipt: (authority, objectKey) =>
    Effect.sync(() => memory.delivered.get(Memory.keyOf({ authority, objectKey }))?.receipt ?? null),
  othersWith: (authority, recordUid, objectKey) =>
    Effect.sync(() => Look.othersWith(memory, authority, recordUid, objectKey)),
  ageEvidence: (before, limit) => Effect.sync(() => Intervene.ageEvidence(memory, before, limit)),
  holding: (authority) =>
    Effect.sync(() => [...memory.delivered.keys()].filter((key) => key.startsWith(`${authority}\n`)).length),
  countDelivered: (places) =>
    Effect.sync(() => ({ counts: places.map((place) => Deleted.countDelivered(memory, place)), next: null })),
  probe: Effect.void,
  authorities: Effect.sync(() => Deleted.authorities(memory)),
  deleteAuthority: (authority) => at((now) => Deleted.deleteAuthority(memory, authority, now)),
  deleted: Effect.sync(() => [...memory.deleted.values()]),
  clearDeleted: (id, limit) => Effect.sync(() => Deleted.clearDeleted(memory, id, limit)),
  holders: (objectKey) => Effect.sync(() => Look.holders(memory, objectKey)),
  concerned: (objectKeys) => Effect.sync(() => Look.concerned(memory, objectKeys))
})
