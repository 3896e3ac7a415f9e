/** The previous states, in memory. What has expired is gone, also where it was not purged yet. */
import { type PreviousState, withoutMember } from "@id-connector/core/changes/PreviousState"
import type { PreviousStateStoreShape } from "@id-connector/core/queue/PreviousStateStore"
import type { Remember } from "@id-connector/core/queue/QueueStore"
import { Clock, Effect } from "effect"
import type { Memory } from "./Memory.js"

export const make = (memory: Memory): PreviousStateStoreShape => ({
  get: (ids) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const found = new Map<string, PreviousState>()
      for (const id of ids.map((id) => id.toLowerCase())) {
        const known = memory.previous.get(id)
        if (known !== undefined && (known.expiresAt === null || known.expiresAt > now)) found.set(id, known.state)
      }
      return found
    }),
  adopt: (states) =>
    Effect.sync(() => {
      for (const { expiresAt, id, state } of states) {
        const key = id.toLowerCase()
        if (!memory.previous.has(key)) memory.previous.set(key, { state, expiresAt: rounded(expiresAt) })
      }
    }),
  forget: (id) => Effect.sync(() => void memory.previous.delete(id.toLowerCase())),
  forgetMember: (username) =>
    Effect.sync(() => {
      const left = [...memory.previous].flatMap(([id, { expiresAt, state }]) => {
        const without = withoutMember(state, username)
        return without === null ? [] : [[id, { state: without, expiresAt }] as const]
      })
      for (const [id, remembered] of left) memory.previous.set(id, remembered)
      return left.length
    }),
  purge: Effect.map(Clock.currentTimeMillis, (now) => {
    const expired = [...memory.previous].filter(([, { expiresAt }]) => expiresAt !== null && expiresAt <= now)
    for (const [id] of expired) memory.previous.delete(id)
    return expired.length
  })
})

const rounded = (at: number | null) => (at === null ? null : Math.ceil(at))

export const remember = (memory: Memory, id: string, what: Remember, now: number): void => {
  if (what._tag === "Nothing") return
  if (what._tag === "State") {
    memory.previous.set(id, { state: what.state, expiresAt: null })
    return
  }
  const known = memory.previous.get(id)
  if (known !== undefined && (known.expiresAt === null || known.expiresAt > now)) {
    memory.previous.set(id, { state: known.state, expiresAt: Math.ceil(what.at) })
  }
}
