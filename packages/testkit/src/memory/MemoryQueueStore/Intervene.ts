/** What administrators do to items, in memory. */
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import type { Acted, Actor } from "@id-connector/core/history/HistoryEntry"
import * as Precedence from "@id-connector/core/queue/Precedence"
import { itemState } from "@id-connector/core/queue/QueueRow"
import type { Selection } from "@id-connector/core/queue/QueueStore"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { itemsOf, type Memory, record, type Stored, untried } from "./Memory.js"
import * as Waits from "./Waits.js"

export const retry = (
  memory: Memory,
  authority: AuthorityName,
  selection: Selection,
  by: Actor | undefined,
  now: number
): number => {
  const again = select(memory, authority, selection).filter(({ state }) => ["delayed", "held", "dead"].includes(state))
  tell(memory, again, ({ state }) => (state === "held" ? "confirmed" : "retried"), by, now)
  for (const item of again) {
    memory.items.set(item.id, { ...item, ...untried, confirmed: item.confirmed || item.state === "held" })
  }
  Waits.refresh(
    memory,
    again.map(({ id }) => id)
  )
  return again.length
}

export const discard = (
  memory: Memory,
  authority: AuthorityName,
  selection: Selection,
  by: Actor | undefined,
  now: number
): number => {
  const gone = select(memory, authority, selection).filter(({ state }) => state !== "in_flight")
  tell(memory, gone, () => "discarded", by, now)
  for (const { id } of gone) Waits.remove(memory, id)
  return gone.length
}

/** The history says of each item who did it. */
const tell = (
  memory: Memory,
  items: ReadonlyArray<Stored>,
  actionOf: (item: Stored) => Acted["action"],
  by: Actor | undefined,
  at: number
): void => {
  if (by === undefined) return
  record(
    memory,
    items.map((item): Acted => {
      const { authority, file, id, object, objectKey } = item
      const kind = ListenerObject.isUser(object) ? "user" : "group"
      const name = Precedence.nameKey(object)
      return { _tag: "Acted", at, kind, objectKey, name, file, authority, item: id, action: actionOf(item), by }
    })
  )
}

const select = (memory: Memory, authority: AuthorityName, selection: Selection): ReadonlyArray<Stored> =>
  selection._tag === "Ids"
    ? itemsOf(memory, authority).filter(
        ({ id, state }) =>
          selection.ids.includes(id) && (selection.state === undefined || itemState(state) === selection.state)
      )
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

export const ageEvidence = (memory: Memory, before: number, limit: number): number => {
  let aged = 0
  for (const item of [...memory.items.values()]) {
    const history = item.history.map((attempt) => {
      if (attempt.evidence === null || attempt.at >= before || aged >= limit) return attempt
      aged += 1
      return { ...attempt, evidence: null }
    })
    memory.items.set(item.id, { ...item, history })
  }
  return aged
}
