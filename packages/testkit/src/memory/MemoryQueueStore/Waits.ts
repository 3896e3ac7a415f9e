/** What waits for what, in memory: found when an item is accepted, and let go when that item is gone, tried or dead. */
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import * as Precedence from "@id-connector/core/queue/Precedence"
import type { ItemId } from "@id-connector/core/queue/QueueStore"
import { type Because, itemsOf, type Memory, type Stored } from "./Memory.js"

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

export const dropSuperseded = (memory: Memory, item: Stored, freeing: ReadonlyArray<Stored>): void => {
  for (const [other, kind] of freeFor(item, freeing)) {
    const isOver = other.state === "held" || other.state === "dead"
    if (kind === "record" && isOver && other.object._tag === "RemovedUser") remove(memory, other.id)
  }
}

export const block = (memory: Memory, item: Stored, freeing: ReadonlyArray<Stored>): void => {
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
