/** What waits for what, in memory: found when an item is due, and let go when that item is gone, tried or dead. */
import * as Aside from "@id-connector/core/changes/Aside"
import * as Belonging from "@id-connector/core/changes/Belonging"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import * as Precedence from "@id-connector/core/queue/Precedence"
import type { ItemId } from "@id-connector/core/queue/QueueStore"
import { type Because, itemsOf, type Memory, type Stored } from "./Memory.js"

/** Items of other objects that free something the item needs, with the kinds of that. A record UID says more than a name. */
const freeFor = (memory: Memory, item: Stored): ReadonlyMap<Stored, ReadonlyArray<Belonging.Belonging["kind"]>> => {
  const found = new Map<Stored, ReadonlyArray<Belonging.Belonging["kind"]>>()
  const needs = Belonging.needs(item.object)
  for (const other of memory.items.values()) {
    if (other.authority !== item.authority || other.objectKey === item.objectKey) continue
    const shared = Precedence.frees(other).filter((freed) =>
      needs.some((need) => need.kind === freed.kind && need.value === freed.value)
    )
    if (shared.length > 0) {
      found.set(
        other,
        shared.map(({ kind }) => kind)
      )
    }
  }
  return found
}

/** What items wait for, found anew. */
export const refresh = (memory: Memory, ids: Iterable<ItemId>): void => {
  const sorted = [...ids].sort((a, b) => a - b).filter((id) => memory.items.has(id))
  for (const id of sorted) {
    const item = memory.items.get(id)
    if (item !== undefined) memory.items.set(id, { ...item, waitsFor: new Map(), stepsAside: false })
  }
  for (const id of sorted) dropSuperseded(memory, id)
  for (const id of sorted) waitForOthers(memory, id)
  for (const id of sorted) breakCircles(memory, id)
  for (const id of sorted) {
    const item = memory.items.get(id)
    if (item !== undefined && isHeldBack(item.waitsFor) && ["ready", "delayed"].includes(item.state)) {
      memory.items.set(id, { ...item, state: "blocked", availableAt: 0 })
    }
  }
  letClassesGo(memory)
}

const dropSuperseded = (memory: Memory, id: ItemId): void => {
  const item = memory.items.get(id)
  for (const [other, kinds] of item === undefined ? [] : freeFor(memory, item)) {
    const isOver = other.state === "held" || other.state === "dead"
    if (kinds.includes("record") && isOver && other.object._tag === "RemovedUser") remove(memory, other.id)
  }
}

const waitForOthers = (memory: Memory, id: ItemId): void => {
  const item = memory.items.get(id)
  if (item === undefined) return
  const waitsFor = new Map<ItemId, Because>()
  for (const [other, kinds] of freeFor(memory, item)) {
    if (other.state !== "dead") waitsFor.set(other.id, kinds.includes("record") ? "record" : "name")
  }
  const members = Precedence.members(item.object)
  for (const other of members.length === 0 ? [] : itemsOf(memory, item.authority)) {
    const isPending = ["ready", "blocked", "in_flight", "delayed"].includes(other.state)
    if (isPending && ListenerObject.isUser(other.object) && members.includes(Precedence.nameKey(other.object))) {
      waitsFor.set(other.id, other.state === "delayed" ? "tried" : "member")
    }
  }
  memory.items.set(id, { ...item, waitsFor })
}

/** Nobody may wait for himself. Of each circle the item that comes first steps aside, or is tried if it can't. */
const breakCircles = (memory: Memory, id: ItemId): void => {
  for (const other of [...(memory.items.get(id)?.waitsFor ?? [])].map(([on]) => on).sort((a, b) => a - b)) {
    const item = memory.items.get(id)
    if (item === undefined || !reached(memory, other).has(id)) continue
    memory.items.set(id, {
      ...item,
      waitsFor: new Map([...item.waitsFor].filter(([on]) => on !== other)),
      stepsAside: Aside.aside(item) !== null
    })
  }
}

/** An item and those it waits for, directly or not, for what they free. */
const reached = (memory: Memory, from: ItemId): ReadonlySet<ItemId> => {
  const found = new Set([from])
  for (const id of found) {
    for (const [on, because] of memory.items.get(id)?.waitsFor ?? []) {
      if (because === "record" || because === "name") found.add(on)
    }
  }
  return found
}

/** Classes do not wait for users who wait for what is held back. */
export const letClassesGo = (memory: Memory): void => {
  const held = [...memory.items.values()].flatMap(({ id, state }) => (state === "held" ? [id] : []))
  for (const waiting of [...memory.items.values()]) {
    if (held.some((id) => reached(memory, waiting.id).has(id))) noteTried(memory, waiting.id)
  }
}

/** What the item needs and others have whose changes are dead. */
export const contested = (memory: Memory, item: Stored): ReadonlySet<Belonging.Belonging["kind"]> =>
  new Set([...freeFor(memory, item)].flatMap(([other, kinds]) => (other.state === "dead" ? kinds : [])))

/** Whether another item, that is not dead, frees what the item needs. */
export const hasRival = (memory: Memory, item: Stored): boolean =>
  [...freeFor(memory, item).keys()].some(({ state }) => state !== "dead")

/** Whether a newer user has the record UID of one that was removed. */
export const isSuperseded = (memory: Memory, { id, object }: Stored): boolean =>
  object._tag === "RemovedUser" && [...memory.items.values()].some(({ waitsFor }) => waitsFor.get(id) === "record")

export const isHeldBack = (waitsFor: Stored["waitsFor"]): boolean =>
  [...waitsFor.values()].some((because) => because !== "tried")

/** Those that waited for an item go on; `which` says for what reasons. */
export const letGo = (memory: Memory, id: ItemId, which: (because: string) => boolean): void => {
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
export const noteTried = (memory: Memory, id: ItemId): void => {
  for (const waiting of [...memory.items.values()]) {
    if (waiting.waitsFor.get(id) === "member") goOn(memory, waiting, new Map([...waiting.waitsFor, [id, "tried"]]))
  }
}

/** What waited for `from` waits for `to`. */
export const pass = (memory: Memory, from: ItemId, to: ItemId): void => {
  for (const waiting of [...memory.items.values()]) {
    const because = waiting.waitsFor.get(from)
    if (because === undefined) continue
    const rest = new Map([...waiting.waitsFor].filter(([id]) => id !== from))
    memory.items.set(waiting.id, { ...waiting, waitsFor: new Map([[to, because], ...rest]) })
  }
}

/** Removes an item. Nothing waits for it any more. */
export const remove = (memory: Memory, id: ItemId): void => {
  memory.items.delete(id)
  letGo(memory, id, () => true)
}
