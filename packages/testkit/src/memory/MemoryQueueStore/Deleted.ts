/** School authorities that were deleted, in memory: what they had goes under another name. */
import { isUser } from "@id-connector/core/changes/PreviousState"
import type { SchoolAtAuthority } from "@id-connector/core/queue/QueueStore"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import * as SchoolName from "@id-connector/core/schools/SchoolName"
import { keyOf, type Memory } from "./Memory.js"

export const deleteAuthority = (memory: Memory, authority: AuthorityName, at: number): void => {
  // No authority is called so.
  const id = `${authority}\u001f${memory.lastDeleted++}` as AuthorityName
  for (const item of [...memory.items.values()]) {
    if (item.authority === authority) memory.items.set(item.id, { ...item, authority: id })
  }
  for (const [key, receipt] of [...memory.delivered]) {
    if (!key.startsWith(`${authority}\n`)) continue
    memory.delivered.delete(key)
    memory.delivered.set(key.replace(authority, id), receipt)
  }
  memory.removals.delete(authority)
  memory.paused.delete(authority)
  memory.deleted.set(id, { id, authority, at })
}

export const clearDeleted = (memory: Memory, id: AuthorityName, limit: number): number => {
  const left = [...memory.delivered.keys()].filter((key) => key.startsWith(`${id}\n`)).slice(0, limit)
  for (const key of left) memory.delivered.delete(key)
  if (left.length === 0 && ![...memory.items.values()].some(({ authority }) => authority === id)) {
    memory.deleted.delete(id)
  }
  return left.length
}

/** Those that have items or were paused. */
export const authorities = (memory: Memory): ReadonlyArray<AuthorityName> =>
  [...new Set([...[...memory.items.values()].map(({ authority }) => authority), ...memory.paused])]
    .filter((authority) => !memory.deleted.has(authority))
    .sort()

/** Users of a school that an authority has. */
export const countDelivered = (memory: Memory, { authority, school }: SchoolAtAuthority): number =>
  [...memory.previous].filter(
    ([id, { state }]) =>
      isUser(state) &&
      SchoolName.makeSet(state.schools).has(school) &&
      memory.delivered.has(keyOf({ authority, objectKey: `user:${id}` }))
  ).length
