/** What administrators do to items, in memory. */
import { itemState } from "@id-connector/core/queue/QueueRow"
import type { Selection } from "@id-connector/core/queue/QueueStore"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { itemsOf, type Memory, type Stored, untried } from "./Memory.js"
import * as Waits from "./Waits.js"

export const retry = (memory: Memory, authority: AuthorityName, selection: Selection): number => {
  const again = select(memory, authority, selection).filter(({ state }) => ["delayed", "held", "dead"].includes(state))
  for (const item of again) {
    memory.items.set(item.id, { ...item, ...untried, confirmed: item.confirmed || item.state === "held" })
  }
  Waits.refresh(
    memory,
    again.map(({ id }) => id)
  )
  return again.length
}

export const discard = (memory: Memory, authority: AuthorityName, selection: Selection): number => {
  const gone = select(memory, authority, selection).filter(({ state }) => state !== "in_flight")
  for (const { id } of gone) Waits.remove(memory, id)
  return gone.length
}

const select = (memory: Memory, authority: AuthorityName, selection: Selection): ReadonlyArray<Stored> =>
  selection._tag === "Ids"
    ? itemsOf(memory, authority).filter(({ id }) => selection.ids.includes(id))
    : itemsOf(memory, authority)
        .filter(({ state }) => itemState(state) === selection.state)
        .slice(0, selection.limit)

export const shiftDue = (memory: Memory, by: number, latest: number): number => {
  let shifted = 0
  for (const item of [...memory.items.values()]) {
    const availableAt = Math.max(0, Math.min(item.availableAt + Math.round(by), Math.round(latest)))
    if (item.state !== "delayed" || availableAt === item.availableAt) continue
    memory.items.set(item.id, { ...item, availableAt })
    shifted += 1
  }
  return shifted
}
