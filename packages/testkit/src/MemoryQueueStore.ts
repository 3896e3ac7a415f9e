/**
 * Queue and previous states in memory, for tests and demonstrations: keeps every promise of `QueueStore` but survival.
 * Written to be read: it is also the model that other storages are compared with.
 */
import * as Coalescing from "@id-connector/core/Coalescing"
import * as ListenerObject from "@id-connector/core/ListenerObject"
import type { PreviousState } from "@id-connector/core/PreviousState"
import { PreviousStateStore, type PreviousStateStoreShape } from "@id-connector/core/PreviousStateStore"
import { itemState, type RowState } from "@id-connector/core/QueueRow"
import {
  type Arrival,
  type FileFate,
  ItemId,
  type QueueItem,
  QueueStore,
  type QueueStoreShape,
  type Remember,
  type Settlement
} from "@id-connector/core/QueueStore"
import type { AuthorityName } from "@id-connector/core/SchoolAuthority"
import { Clock, Context, Effect, Layer } from "effect"

/** Empty at first. Every build of the layer has its own content. */
export const layer: Layer.Layer<QueueStore | PreviousStateStore> = Layer.effectContext(
  Effect.sync(() => {
    const memory = makeMemory()
    return Context.make(QueueStore, queueStore(memory)).pipe(Context.add(PreviousStateStore, previousStates(memory)))
  })
)

/** What is stored of an item: `ready` and `delayed` are two states, as a delayed one is not looked at before its time. */
interface Stored extends Omit<QueueItem, "state" | "receipt"> {
  readonly state: RowState
}

interface Queue {
  /** By id, thus in the order of arrival. */
  readonly items: Map<ItemId, Stored>
  readonly waitingOrDead: Map<string, ItemId>
  readonly inFlight: Map<string, ItemId>
  readonly receipts: Map<string, string>
}

interface Memory {
  lastId: number
  readonly queues: Map<AuthorityName, Queue>
  readonly authorityOf: Map<ItemId, AuthorityName>
  readonly takenOver: Map<string, { readonly digest: string; readonly fate: FileFate }>
  readonly previous: Map<string, { readonly state: PreviousState; readonly expiresAt: number | null }>
}

const makeMemory = (): Memory => ({
  lastId: 0,
  queues: new Map(),
  authorityOf: new Map(),
  takenOver: new Map(),
  previous: new Map()
})

const queueOf = (memory: Memory, authority: AuthorityName): Queue => {
  const known = memory.queues.get(authority)
  if (known !== undefined) return known
  const queue: Queue = { items: new Map(), waitingOrDead: new Map(), inFlight: new Map(), receipts: new Map() }
  memory.queues.set(authority, queue)
  return queue
}

const queueStore = (memory: Memory): QueueStoreShape => ({
  accept: (batch) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      for (const arrival of batch) accept(memory, arrival, now)
    }),

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

  claim: (authority, limit) =>
    Effect.map(Clock.currentTimeMillis, (now) => claim(queueOf(memory, authority), limit, now)),

  nextDue: (authority) =>
    Effect.sync(() => {
      let next: number | null = null
      for (const item of queueOf(memory, authority).items.values()) {
        if (item.state === "delayed" && (next === null || item.availableAt < next)) next = item.availableAt
      }
      return next
    }),

  settle: (settlements) =>
    Effect.sync(() => {
      for (const settlement of settlements) settle(memory, settlement)
    }),

  recover: Effect.sync(() => {
    const ids = [...memory.queues.values()].flatMap((queue) => [...queue.inFlight.values()])
    for (const id of ids) settle(memory, { _tag: "Release", id })
    return ids.length
  }),

  counts: (authority) =>
    Effect.sync(() => {
      const states = [...queueOf(memory, authority).items.values()].map((item) => itemState(item.state))
      const count = (state: string) => states.filter((other) => other === state).length
      return { waiting: count("waiting"), inFlight: count("in_flight"), dead: count("dead") }
    }),

  list: (authority, { after, limit, state }) =>
    Effect.sync(() => {
      const queue = queueOf(memory, authority)
      return [...queue.items.values()]
        .filter((item) => (state === undefined || itemState(item.state) === state) && item.id > (after ?? 0))
        .slice(0, limit)
        .map((item) => toItem(queue, item))
    })
})

const toItem = (queue: Queue, stored: Stored): QueueItem => ({
  ...stored,
  state: itemState(stored.state),
  receipt: queue.receipts.get(stored.objectKey) ?? null
})

const accept = (memory: Memory, { fate, file, object, recipients, remember }: Arrival, now: number): void => {
  if (memory.takenOver.get(file.name)?.digest === file.digest) return
  memory.takenOver.set(file.name, { digest: file.digest, fate })
  keepInMind(memory, object.id.toLowerCase(), remember, now)
  for (const authority of new Set(recipients)) {
    const queue = queueOf(memory, authority)
    const objectKey = ListenerObject.objectKey(object)
    const known = queue.items.get(queue.waitingOrDead.get(objectKey) ?? ItemId.make(0))
    const wish = known === undefined ? Coalescing.single(object) : Coalescing.merge(known, Coalescing.single(object))
    const id = known === undefined ? ItemId.make(++memory.lastId) : known.id
    queue.waitingOrDead.set(objectKey, id)
    queue.items.set(id, { ...wish, id, authority, objectKey, file: file.name, ...fresh })
    memory.authorityOf.set(id, authority)
  }
}

/** A change that has just arrived, or that something newer was merged into. */
const fresh = { state: "ready", attempts: 0, availableAt: 0, lastError: null } as const

const keepInMind = (memory: Memory, id: string, remember: Remember, now: number): void => {
  if (remember._tag === "State") {
    memory.previous.set(id, { state: remember.state, expiresAt: null })
    return
  }
  const known = memory.previous.get(id)
  if (known !== undefined && (known.expiresAt === null || known.expiresAt > now)) {
    memory.previous.set(id, { state: known.state, expiresAt: Math.ceil(remember.at) })
  }
}

const claim = (queue: Queue, limit: number, now: number): ReadonlyArray<QueueItem> => {
  for (const item of queue.items.values()) {
    if (item.state === "delayed" && item.availableAt <= now) queue.items.set(item.id, { ...item, state: "ready" })
  }
  const users = claimKind(queue, ListenerObject.isUser, limit)
  const userInFlight = [...queue.inFlight.keys()].some((key) => key.startsWith("user:"))
  return userInFlight || limit <= 0 ? users : claimKind(queue, (object) => !ListenerObject.isUser(object), limit)
}

const claimKind = (
  queue: Queue,
  kind: (object: ListenerObject.ListenerObject) => boolean,
  limit: number
): ReadonlyArray<QueueItem> => {
  const claimed: Array<QueueItem> = []
  for (const item of queue.items.values()) {
    if (claimed.length >= limit) break
    if (item.state !== "ready" || !kind(item.object) || queue.inFlight.has(item.objectKey)) continue
    const taken: Stored = { ...item, state: "in_flight" }
    queue.items.set(item.id, taken)
    queue.waitingOrDead.delete(item.objectKey)
    queue.inFlight.set(item.objectKey, item.id)
    claimed.push(toItem(queue, taken))
  }
  return claimed
}

const settle = (memory: Memory, settlement: Settlement): void => {
  const authority = memory.authorityOf.get(settlement.id)
  if (authority === undefined) return
  const queue = queueOf(memory, authority)
  const item = queue.items.get(settlement.id)
  if (item?.state !== "in_flight") return
  queue.inFlight.delete(item.objectKey)
  if (settlement._tag === "Done") {
    remove(memory, queue, item)
    if (settlement.receipt === null) queue.receipts.delete(item.objectKey)
    else queue.receipts.set(item.objectKey, settlement.receipt)
    return
  }
  const newer = queue.items.get(queue.waitingOrDead.get(item.objectKey) ?? ItemId.make(0))
  if (newer !== undefined) remove(memory, queue, newer)
  const waits = newer === undefined ? item : { ...item, ...Coalescing.merge(item, newer), file: newer.file }
  queue.items.set(item.id, { ...waits, ...after(settlement, item, newer !== undefined) })
  queue.waitingOrDead.set(item.objectKey, item.id)
}

/** How an item goes on that was not delivered. What is superseded is not dead, and its failures are not the newer one's. */
const after = (
  settlement: Exclude<Settlement, { readonly _tag: "Done" }>,
  item: Stored,
  superseded: boolean
): Pick<Stored, "state" | "attempts" | "availableAt" | "lastError"> => {
  if (settlement._tag === "RetryAt") {
    const attempts = item.attempts + 1
    return { state: "delayed", attempts, availableAt: Math.ceil(settlement.at), lastError: settlement.error }
  }
  if (superseded) return fresh
  if (settlement._tag === "Release") return { ...item, state: "ready" }
  return { state: "dead", attempts: item.attempts + 1, availableAt: item.availableAt, lastError: settlement.error }
}

const remove = (memory: Memory, queue: Queue, item: Stored): void => {
  queue.items.delete(item.id)
  memory.authorityOf.delete(item.id)
  if (queue.waitingOrDead.get(item.objectKey) === item.id) queue.waitingOrDead.delete(item.objectKey)
}

const previousStates = (memory: Memory): PreviousStateStoreShape => ({
  get: (ids) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const found = new Map<string, PreviousState>()
      for (const id of ids.map((id) => id.toLowerCase())) {
        const known = memory.previous.get(id)
        if (known !== undefined && (known.expiresAt === null || known.expiresAt > now)) found.set(id, known.state)
      }
      return found
    }),
  purge: Effect.map(Clock.currentTimeMillis, (now) => {
    const expired = [...memory.previous].filter(([, { expiresAt }]) => expiresAt !== null && expiresAt <= now)
    for (const [id] of expired) memory.previous.delete(id)
    return expired.length
  })
})
