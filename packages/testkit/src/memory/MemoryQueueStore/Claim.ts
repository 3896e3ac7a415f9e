/** Which items are claimed next, in memory: the oldest of each object, with a share of the places for groups. */
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import type { ClaimedItem } from "@id-connector/core/queue/QueueStore"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import * as Look from "./Look.js"
import { itemsOf, type Memory, type Stored } from "./Memory.js"
import * as Waits from "./Waits.js"

export const claim = (
  memory: Memory,
  authority: AuthorityName,
  limit: number,
  now: number
): ReadonlyArray<ClaimedItem> => {
  if (limit <= 0) return []
  for (const item of itemsOf(memory, authority)) {
    if (item.state === "delayed" && item.availableAt <= now) memory.items.set(item.id, { ...item, state: "ready" })
  }
  return choose(memory, authority, limit).map((item) => {
    const taken: Stored = { ...item, state: "in_flight" }
    memory.items.set(item.id, taken)
    return { ...Look.item(memory, taken), contested: Waits.contested(memory, taken) }
  })
}

const choose = (memory: Memory, authority: AuthorityName, limit: number): ReadonlyArray<Stored> => {
  const all = itemsOf(memory, authority)
  const flying = new Set(all.flatMap((item) => (item.state === "in_flight" ? [item.objectKey] : [])))
  const free = all.filter((item) => item.state === "ready" && !flying.has(item.objectKey))
  const users = free.filter(({ object }) => ListenerObject.isUser(object))
  const groups = free.filter(({ object }) => !ListenerObject.isUser(object))
  const places = placesOfGroups(users, groups, limit)
  const chosen = [...users.slice(0, limit - places), ...groups.slice(0, places)]
  // An item that was dead may have come back since these were found to have nothing to wait for.
  const late = chosen.filter((item) => !item.stepsAside && Waits.hasRival(memory, item)).map(({ id }) => id)
  Waits.refresh(memory, late)
  const isChanged = late.some((id) => {
    const item = memory.items.get(id)
    return item?.state === "blocked" || item?.stepsAside === true
  })
  return isChanged ? choose(memory, authority, limit) : chosen
}

/** A quarter of the places, more where there are too few users; of a single place whoever is older. */
const placesOfGroups = (users: ReadonlyArray<Stored>, groups: ReadonlyArray<Stored>, limit: number): number => {
  const isOlder = (groups[0]?.id ?? Number.POSITIVE_INFINITY) < (users[0]?.id ?? Number.POSITIVE_INFINITY)
  const share = limit > 1 ? Math.ceil(limit / 4) : isOlder ? 1 : 0
  return Math.min(groups.length, Math.max(share, limit - users.length))
}
