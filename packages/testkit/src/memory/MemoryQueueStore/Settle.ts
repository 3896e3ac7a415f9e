/** Records how deliveries ended, in memory. */
import * as Aside from "@id-connector/core/changes/Aside"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import * as Coalescing from "@id-connector/core/queue/Coalescing"
import * as Precedence from "@id-connector/core/queue/Precedence"
import { type Attempt, attemptsKept, type Settlement } from "@id-connector/core/queue/QueueStore"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { itemsOf, keyOf, type Memory, pending, record, type Stored, untried } from "./Memory.js"
import * as Waits from "./Waits.js"

type Done = Extract<Settlement, { readonly _tag: "Done" }>
type Undelivered = Exclude<Settlement, Done>

export const settle = (memory: Memory, settlements: ReadonlyArray<Settlement>, now: number): void => {
  const isDone = (settlement: Settlement): settlement is Done => settlement._tag === "Done"
  const first = settlements.filter(({ id }, index) => settlements.findIndex((other) => other.id === id) === index)
  const undelivered = first.flatMap((settlement) => (isDone(settlement) ? [] : [settlement]))
  const settled = first.filter(({ id }) => memory.items.get(id)?.state === "in_flight")
  record(
    memory,
    settled.flatMap(({ entry }) => (entry === undefined ? [] : [entry]))
  )
  giveBack(memory, undelivered, now)
  for (const settlement of first) if (isDone(settlement)) finish(memory, settlement, now)
}

const finish = (memory: Memory, { account, id, receipt, result }: Done, now: number): void => {
  const item = memory.items.get(id)
  if (item?.state !== "in_flight") return
  end(memory, item)
  if (result === "present") {
    memory.delivered.set(keyOf(item), {
      authority: item.authority,
      objectKey: item.objectKey,
      receipt,
      account: account ?? null
    })
    wake(memory, item)
    return
  }
  memory.delivered.delete(keyOf(item))
  if (result === "absent") return
  countRemoval(memory, item.authority, now)
}

/** A delivered item goes, unless it is to be delivered again after members that were tried in vain. */
const end = (memory: Memory, item: Stored): void => {
  const tried = [...item.waitsFor].filter(([, because]) => because === "tried")
  if (tried.length > 0 && pending(memory, item) === undefined) {
    memory.items.set(item.id, {
      ...item,
      ...untried,
      state: "blocked",
      lastError: Precedence.deliveredBeforeMembers,
      waitsFor: new Map(tried.map(([other]) => [other, "again"])),
      wanted: new Set(),
      history: []
    })
  } else {
    Waits.remove(memory, item.id)
  }
}

/** Those of one moment are one number. */
const countRemoval = (memory: Memory, authority: AuthorityName, now: number): void => {
  const removals = memory.removals.get(authority) ?? []
  const last = removals.at(-1)
  memory.removals.set(
    authority,
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

/** All of them step by step: what one of them waits for may be another one. */
const giveBack = (memory: Memory, undelivered: ReadonlyArray<Undelivered>, now: number): void => {
  const given = undelivered.flatMap((settlement) => {
    const item = memory.items.get(settlement.id)
    return item?.state === "in_flight" ? [{ settlement, superseded: takeIn(memory, item, settlement) }] : []
  })
  const kept = given.filter(({ settlement, superseded }) => superseded || !dropSuperseded(memory, settlement))
  for (const { settlement, superseded } of kept) putBack(memory, settlement, superseded, now)
  Waits.letClassesGo(memory)
  Waits.refresh(
    memory,
    kept.map(({ settlement }) => settlement.id).filter((id) => isDue(memory.items.get(id)))
  )
}

const isDue = (item: Stored | undefined): boolean => item?.state === "ready" || item?.state === "delayed"

/** What became of the object meanwhile. Answers whether something newer had arrived. */
const takeIn = (memory: Memory, item: Stored, settlement: Undelivered): boolean => {
  if (settlement._tag === "SteppedAside") {
    memory.items.set(item.id, { ...item, ...Aside.stepAside(item) })
    Waits.letGo(memory, item.id, (because) => because === "record" || because === "name")
  }
  const newer = pending(memory, item)
  if (newer !== undefined) absorb(memory, memory.items.get(item.id) ?? item, newer)
  return newer !== undefined
}

/** Answers whether it was. */
const dropSuperseded = (memory: Memory, settlement: Undelivered): boolean => {
  const item = memory.items.get(settlement.id)
  const ends = settlement._tag === "Hold" || settlement._tag === "Dead"
  if (item === undefined || !ends || !Waits.isSuperseded(memory, item)) return false
  Waits.remove(memory, item.id)
  return true
}

const putBack = (memory: Memory, settlement: Undelivered, superseded: boolean, now: number): void => {
  const item = memory.items.get(settlement.id)
  if (item === undefined) return
  const next = { ...item, ...after(settlement, item, superseded, now) }
  memory.items.set(item.id, next)
  if (next.state === "delayed") Waits.noteTried(memory, item.id)
  if (next.state !== "held" && next.state !== "dead") return
  Waits.letGo(memory, item.id, (because) => ["member", "tried", "again"].includes(because) || next.state === "dead")
}

/** The item in flight takes in what arrived meanwhile. What waited for the newer one waits for this one. */
const absorb = (memory: Memory, item: Stored, newer: Stored): void => {
  memory.items.delete(newer.id)
  Waits.pass(memory, newer.id, item.id)
  memory.items.set(item.id, {
    ...item,
    ...Coalescing.merge(item, newer),
    file: newer.file,
    confirmed: false,
    wanted: new Set(),
    history: []
  })
}

/** How an item goes on that was not delivered. What is superseded is not dead, and its failures are not the newer one's. */
const after = (
  settlement: Undelivered,
  item: Stored,
  superseded: boolean,
  now: number
): Pick<Stored, "state" | "attempts" | "availableAt" | "lastError"> & Partial<Stored> => {
  const tried = (attempt: Attempt) => ({
    attempts: item.attempts + 1,
    lastError: attempt.error,
    history: [...item.history, attempt].slice(-attemptsKept)
  })
  if (settlement._tag === "RetryAt") {
    const wanted = new Set(settlement.wanted.map((name) => name.toLowerCase()))
    const attempts = item.attempts + (settlement.counts ? 1 : 0)
    return {
      state: "delayed",
      availableAt: Math.ceil(settlement.at),
      wanted,
      ...tried(settlement.attempt),
      attempts
    }
  }
  if (superseded) return untried
  switch (settlement._tag) {
    case "Release":
    case "SteppedAside":
      return { ...item, state: "ready" }
    case "Hold":
      return { ...item, state: "held", lastError: settlement.reason, givenUpAt: now }
    case "Dead":
      return {
        state: "dead",
        availableAt: item.availableAt,
        wanted: new Set(),
        givenUpAt: Math.round(settlement.attempt.at),
        ...tried(settlement.attempt)
      }
  }
}
