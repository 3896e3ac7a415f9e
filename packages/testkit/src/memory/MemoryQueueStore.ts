/**
 * Queue and previous states in memory, for tests and demonstrations: keeps every promise of `QueueStore` but survival.
 * Written to be read: it is also the model that other storages are compared with. It looks through everything each time.
 */

import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import type { PreviousState } from "@id-connector/core/changes/PreviousState"
import * as Coalescing from "@id-connector/core/queue/Coalescing"
import * as Precedence from "@id-connector/core/queue/Precedence"
import { PreviousStateStore, type PreviousStateStoreShape } from "@id-connector/core/queue/PreviousStateStore"
import { itemState, type RowState } from "@id-connector/core/queue/QueueRow"
import {
  type Arrival,
  type Attempt,
  attemptsKept,
  type FileFate,
  type Filter,
  ItemId,
  type QueueItem,
  QueueStore,
  type QueueStoreShape,
  type Remember,
  type Removals,
  type Selection,
  type Settlement
} from "@id-connector/core/queue/QueueStore"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { Clock, Context, Effect, Layer, Option } from "effect"

/** Empty at first. Every build of the layer has its own content. */
export const layer: Layer.Layer<QueueStore | PreviousStateStore> = Layer.effectContext(
  Effect.sync(() => {
    const memory = makeMemory()
    return Context.make(QueueStore, queueStore(memory)).pipe(Context.add(PreviousStateStore, previousStates(memory)))
  })
)

/** `tried` holds nobody back; the class is delivered `again` when that item is gone, held or dead. */
type Because = "member" | "tried" | "again" | Precedence.Belonging["kind"]

/** What is stored of an item. */
interface Stored extends Omit<QueueItem, "state" | "receipt"> {
  readonly state: RowState
  /** Other items, and why it waits for them. */
  readonly waitsFor: ReadonlyMap<ItemId, Because>
  /** Users it refers to that the target did not have. */
  readonly wanted: ReadonlySet<string>
  readonly history: ReadonlyArray<Attempt>
}

interface Memory {
  lastId: number
  /** By id, thus in the order of arrival. */
  readonly items: Map<ItemId, Stored>
  /** By authority and object: what is at the target, and the receipt. */
  readonly delivered: Map<string, string | null>
  readonly removals: Map<AuthorityName, Array<Removals>>
  readonly paused: Set<AuthorityName>
  readonly takenOver: Map<string, { readonly digest: string; readonly fate: FileFate }>
  readonly previous: Map<string, { readonly state: PreviousState; readonly expiresAt: number | null }>
}

const makeMemory = (): Memory => ({
  lastId: 0,
  items: new Map(),
  delivered: new Map(),
  removals: new Map(),
  paused: new Set(),
  takenOver: new Map(),
  previous: new Map()
})

const queueStore = (memory: Memory): QueueStoreShape => ({
  accept: (batch) => Effect.map(Clock.currentTimeMillis, (now) => accept(memory, batch, now)),
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

  claim: (authority, limit) => Effect.map(Clock.currentTimeMillis, (now) => claim(memory, authority, limit, now)),

  nextDue: (authority) =>
    Effect.sync(() => {
      const times = itemsOf(memory, authority).flatMap((item) => (item.state === "delayed" ? [item.availableAt] : []))
      return times.length === 0 ? null : Math.min(...times)
    }),

  settle: (settlements) => Effect.map(Clock.currentTimeMillis, (now) => settle(memory, settlements, now)),

  recover: Effect.map(Clock.currentTimeMillis, (now) => {
    const ids = [...memory.items.values()].flatMap(({ id, state }) => (state === "in_flight" ? [id] : []))
    settle(
      memory,
      ids.map((id) => ({ _tag: "Release", id })),
      now
    )
    return ids.length
  }),

  counts: (authority) =>
    Effect.sync(() => {
      const states = itemsOf(memory, authority).map((item) => itemState(item.state))
      const count = (state: string) => states.filter((other) => other === state).length
      return { waiting: count("waiting"), inFlight: count("in_flight"), held: count("held"), dead: count("dead") }
    }),

  list: (authority, filter) =>
    Effect.sync(() =>
      itemsOf(memory, authority)
        .filter((item) => fits(item, filter))
        .slice(0, filter.limit)
        .map((item) => toItem(memory, item))
    ),

  show: (authority, id) =>
    Effect.sync(() =>
      Option.fromNullable(memory.items.get(id)).pipe(
        Option.filter((item) => item.authority === authority),
        Option.map((item) => ({ item: toItem(memory, item), attempts: item.history }))
      )
    ),

  retry: (authority, selection) =>
    Effect.sync(() => {
      const again = select(memory, authority, selection).filter(({ state }) =>
        ["delayed", "held", "dead"].includes(state)
      )
      for (const item of again) {
        memory.items.set(item.id, {
          ...item,
          ...untried,
          confirmed: item.confirmed || item.state === "held"
        })
      }
      return again.length
    }),

  discard: (authority, selection) =>
    Effect.sync(() => {
      const gone = select(memory, authority, selection).filter(({ state }) => state !== "in_flight")
      for (const { id } of gone) remove(memory, id)
      return gone.length
    }),

  paused: Effect.sync(() => new Set(memory.paused)),

  setPaused: (authority, isPaused) =>
    Effect.sync(() => {
      if (isPaused) memory.paused.add(authority)
      else memory.paused.delete(authority)
    }),

  removals: (authority, since) =>
    Effect.sync(() => (memory.removals.get(authority) ?? []).filter(({ at }) => at >= since)),

  receipt: (authority, objectKey) => Effect.sync(() => memory.delivered.get(keyOf({ authority, objectKey })) ?? null),

  holding: (authority) =>
    Effect.sync(() => [...memory.delivered.keys()].filter((key) => key.startsWith(`${authority}\n`)).length)
})

const itemsOf = (memory: Memory, authority: AuthorityName): ReadonlyArray<Stored> =>
  [...memory.items.values()].filter((item) => item.authority === authority)

const keyOf = ({ authority, objectKey }: Pick<Stored, "authority" | "objectKey">) => `${authority}\n${objectKey}`

const toItem = (memory: Memory, stored: Stored): QueueItem => {
  const { history: _, wanted: __, waitsFor: ___, state, ...item } = stored
  return { ...item, state: itemState(state), receipt: memory.delivered.get(keyOf(stored)) ?? null }
}

const fits = (item: Stored, { after, object, state }: Filter): boolean => {
  const named = object?.toLowerCase()
  return (
    (state === undefined || itemState(item.state) === state) &&
    item.id > (after ?? 0) &&
    (named === undefined ||
      Precedence.nameKey(item.object) === named ||
      [named, `user:${named}`, `group:${named}`].includes(item.objectKey))
  )
}

const select = (memory: Memory, authority: AuthorityName, selection: Selection): ReadonlyArray<Stored> =>
  selection._tag === "Ids"
    ? itemsOf(memory, authority).filter(({ id }) => selection.ids.includes(id))
    : itemsOf(memory, authority)
        .filter(({ state }) => itemState(state) === selection.state)
        .slice(0, selection.limit)

// --- accept ---------------------------------------------------------------------------------------------------------

/** As if never tried. */
const untried = { state: "ready", attempts: 0, availableAt: 0, lastError: null } as const

/** A change that has just arrived, or that something newer was merged into. */
const fresh = {
  ...untried,
  confirmed: false,
  waitsFor: new Map(),
  wanted: new Set<string>(),
  history: []
} as const

const accept = (memory: Memory, batch: ReadonlyArray<Arrival>, now: number): void => {
  const touched = new Set<ItemId>()
  for (const { fate, file, object, recipients, remember } of batch) {
    if (memory.takenOver.get(file.name)?.digest === file.digest) continue
    memory.takenOver.set(file.name, { digest: file.digest, fate })
    keepInMind(memory, object.id.toLowerCase(), remember, now)
    for (const authority of new Set(recipients)) {
      const objectKey = ListenerObject.objectKey(object)
      const known = pending(memory, { authority, objectKey })
      const newer = Coalescing.single(object)
      const desired = known === undefined ? newer : Coalescing.merge(known, newer)
      const id = known?.id ?? ItemId.make(++memory.lastId)
      memory.items.set(id, { ...desired, id, authority, objectKey, file: file.name, ...fresh })
      touched.add(id)
    }
  }
  const items = [...touched].flatMap((id) => memory.items.get(id) ?? [])
  const freeing = [...memory.items.values()].filter((item) => Precedence.frees(item).length > 0)
  for (const item of items) dropSuperseded(memory, item, freeing)
  for (const item of items) block(memory, item, freeing)
}

const pending = (
  memory: Memory,
  { authority, objectKey }: Pick<Stored, "authority" | "objectKey">
): Stored | undefined => {
  for (const item of memory.items.values()) {
    if (item.objectKey === objectKey && item.authority === authority && item.state !== "in_flight") return item
  }
  return undefined
}

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

/** Older items that free something the item needs, with what that is. A record UID says more than a name. */
const freeFor = (item: Stored, freeing: ReadonlyArray<Stored>): ReadonlyMap<Stored, Precedence.Belonging["kind"]> => {
  const found = new Map<Stored, Precedence.Belonging["kind"]>()
  for (const other of freeing) {
    if (other.id >= item.id || other.authority !== item.authority) continue
    const shared = Precedence.frees(other).filter((freed) =>
      Precedence.needs(item.object).some((need) => need.kind === freed.kind && need.value === freed.value)
    )
    if (shared.length > 0) found.set(other, shared.some(({ kind }) => kind === "record") ? "record" : "name")
  }
  return found
}

const dropSuperseded = (memory: Memory, item: Stored, freeing: ReadonlyArray<Stored>): void => {
  for (const [other, kind] of freeFor(item, freeing)) {
    const isOver = other.state === "held" || other.state === "dead"
    if (kind === "record" && isOver && other.object._tag === "RemovedUser") remove(memory, other.id)
  }
}

const block = (memory: Memory, item: Stored, freeing: ReadonlyArray<Stored>): void => {
  const waitsFor = new Map<ItemId, Because>()
  for (const [other, kind] of freeFor(item, freeing)) {
    if (other.state !== "dead" && memory.items.has(other.id)) waitsFor.set(other.id, kind)
  }
  const members = Precedence.members(item.object)
  for (const other of members.length === 0 ? [] : itemsOf(memory, item.authority)) {
    const isPending = ["ready", "blocked", "in_flight", "delayed"].includes(other.state)
    if (isPending && ListenerObject.isUser(other.object) && members.includes(Precedence.nameKey(other.object))) {
      waitsFor.set(other.id, other.state === "delayed" ? "tried" : "member")
    }
  }
  memory.items.set(item.id, { ...item, waitsFor, state: isHeldBack(waitsFor) ? "blocked" : item.state })
}

const isHeldBack = (waitsFor: Stored["waitsFor"]): boolean =>
  [...waitsFor.values()].some((because) => because !== "tried")

/** Those that waited for an item go on; `which` says for what reasons. */
const letGo = (memory: Memory, id: ItemId, which: (because: string) => boolean): void => {
  for (const waiting of [...memory.items.values()]) {
    const because = waiting.waitsFor.get(id)
    if (because === undefined || !which(because)) continue
    goOn(memory, waiting, new Map([...waiting.waitsFor].filter(([other]) => other !== id)))
  }
}

const goOn = (memory: Memory, item: Stored, waitsFor: Stored["waitsFor"]): void => {
  const state = item.state === "blocked" && !isHeldBack(waitsFor) ? "ready" : item.state
  memory.items.set(item.id, { ...item, waitsFor, state })
}

/** A member was tried in vain: the class need not wait longer, and is delivered again later. */
const noteTried = (memory: Memory, id: ItemId): void => {
  for (const waiting of [...memory.items.values()]) {
    if (waiting.waitsFor.get(id) === "member") goOn(memory, waiting, new Map([...waiting.waitsFor, [id, "tried"]]))
  }
}

const remove = (memory: Memory, id: ItemId): void => {
  memory.items.delete(id)
  letGo(memory, id, () => true)
}

// --- claim ----------------------------------------------------------------------------------------------------------

const claim = (memory: Memory, authority: AuthorityName, limit: number, now: number): ReadonlyArray<QueueItem> => {
  if (limit <= 0) return []
  for (const item of itemsOf(memory, authority)) {
    if (item.state === "delayed" && item.availableAt <= now) memory.items.set(item.id, { ...item, state: "ready" })
  }
  const all = itemsOf(memory, authority)
  const flying = new Set(all.flatMap((item) => (item.state === "in_flight" ? [item.objectKey] : [])))
  const free = all.filter((item) => item.state === "ready" && !flying.has(item.objectKey))
  const users = free.filter(({ object }) => ListenerObject.isUser(object))
  const groups = free.filter(({ object }) => !ListenerObject.isUser(object))
  const isOlder = (groups[0]?.id ?? Number.POSITIVE_INFINITY) < (users[0]?.id ?? Number.POSITIVE_INFINITY)
  const share = limit > 1 ? Math.ceil(limit / 4) : isOlder ? 1 : 0
  const places = Math.min(groups.length, Math.max(share, limit - users.length))
  return [...users.slice(0, limit - places), ...groups.slice(0, places)].map((item) => {
    const taken: Stored = { ...item, state: "in_flight" }
    memory.items.set(item.id, taken)
    return toItem(memory, taken)
  })
}

// --- settle ---------------------------------------------------------------------------------------------------------

type Done = Extract<Settlement, { readonly _tag: "Done" }>
type Undelivered = Exclude<Settlement, Done>

const settle = (memory: Memory, settlements: ReadonlyArray<Settlement>, now: number): void => {
  const isDone = (settlement: Settlement): settlement is Done => settlement._tag === "Done"
  const first = settlements.filter(({ id }, index) => settlements.findIndex((other) => other.id === id) === index)
  for (const settlement of first) if (!isDone(settlement)) giveBack(memory, settlement)
  for (const settlement of first) if (isDone(settlement)) finish(memory, settlement, now)
}

const finish = (memory: Memory, { id, receipt, result }: Done, now: number): void => {
  const item = memory.items.get(id)
  if (item?.state !== "in_flight") return
  const tried = [...item.waitsFor].filter(([, because]) => because === "tried")
  if (tried.length > 0 && pending(memory, item) === undefined) {
    memory.items.set(id, {
      ...item,
      ...untried,
      state: "blocked",
      lastError: Precedence.deliveredBeforeMembers,
      waitsFor: new Map(tried.map(([other]) => [other, "again"])),
      wanted: new Set(),
      history: []
    })
  } else {
    remove(memory, id)
  }
  if (result === "present") {
    memory.delivered.set(keyOf(item), receipt)
    wake(memory, item)
    return
  }
  memory.delivered.delete(keyOf(item))
  if (result === "absent") return
  const removals = memory.removals.get(item.authority) ?? []
  const last = removals.at(-1)
  memory.removals.set(
    item.authority,
    last?.at === now
      ? [...removals.slice(0, -1), { at: now, count: last.count + 1 }]
      : [...removals, { at: now, count: 1 }]
  )
}

/** What was delivered may be what others waited for. */
const wake = (memory: Memory, { authority, object }: Stored): void => {
  if (!ListenerObject.isUser(object)) return
  for (const item of itemsOf(memory, authority)) {
    if (item.state === "delayed" && item.wanted.has(Precedence.nameKey(object))) {
      memory.items.set(item.id, { ...item, state: "ready", availableAt: 0 })
    }
  }
}

const giveBack = (memory: Memory, settlement: Undelivered): void => {
  const item = memory.items.get(settlement.id)
  if (item?.state !== "in_flight") return
  const newer = pending(memory, item)
  const waits = newer === undefined ? item : absorb(memory, item, newer)
  const ends = newer === undefined && (settlement._tag === "Hold" || settlement._tag === "Dead")
  const isSuperseded =
    ends &&
    item.object._tag === "RemovedUser" &&
    [...memory.items.values()].some(({ waitsFor }) => waitsFor.get(item.id) === "record")
  if (isSuperseded) {
    remove(memory, item.id)
    return
  }
  const next = { ...waits, ...after(settlement, waits, newer !== undefined) }
  const isBlocked = next.state === "ready" && isHeldBack(next.waitsFor)
  memory.items.set(item.id, isBlocked ? { ...next, state: "blocked" } : next)
  if (next.state === "delayed") noteTried(memory, item.id)
  if (next.state !== "held" && next.state !== "dead") return
  letGo(memory, item.id, (because) => ["member", "tried", "again"].includes(because) || next.state === "dead")
}

/** The item in flight with what arrived meanwhile merged into it. What waited for the newer one waits for this one. */
const absorb = (memory: Memory, item: Stored, newer: Stored): Stored => {
  memory.items.delete(newer.id)
  for (const waiting of [...memory.items.values()]) {
    const because = waiting.waitsFor.get(newer.id)
    if (because === undefined) continue
    const rest = new Map([...waiting.waitsFor].filter(([id]) => id !== newer.id))
    memory.items.set(waiting.id, { ...waiting, waitsFor: new Map([[item.id, because], ...rest]) })
  }
  return {
    ...item,
    ...Coalescing.merge(item, newer),
    file: newer.file,
    confirmed: false,
    waitsFor: new Map(
      [...newer.waitsFor].filter(([id, because]) => id < item.id || because === "member" || because === "tried")
    ),
    wanted: new Set(),
    history: []
  }
}

/** How an item goes on that was not delivered. What is superseded is not dead, and its failures are not the newer one's. */
const after = (
  settlement: Undelivered,
  item: Stored,
  superseded: boolean
): Pick<Stored, "state" | "attempts" | "availableAt" | "lastError"> & Partial<Stored> => {
  const tried = (attempt: Attempt) => ({
    attempts: item.attempts + 1,
    lastError: attempt.error,
    history: [...item.history, attempt].slice(-attemptsKept)
  })
  if (settlement._tag === "RetryAt") {
    const wanted = new Set(settlement.wanted.map((name) => name.toLowerCase()))
    return { state: "delayed", availableAt: Math.ceil(settlement.at), wanted, ...tried(settlement.attempt) }
  }
  if (superseded) return untried
  switch (settlement._tag) {
    case "Release":
      return { ...item, state: "ready" }
    case "Hold":
      return { ...item, state: "held", lastError: settlement.reason }
    case "Dead":
      return { state: "dead", availableAt: item.availableAt, wanted: new Set(), ...tried(settlement.attempt) }
  }
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
