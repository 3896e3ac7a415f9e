/** What an out queue is at and has done since it started, for people who watch it. Costs next to nothing per delivery. */
import type { ItemId, QueueItem } from "../QueueStore.js"

/** Times in milliseconds since 1970. Numbers count from the start of the queue. */
export interface Report {
  /** File of the item that is at work longest, or null. */
  readonly head: string | null
  /** Deliveries that went well. */
  readonly delivered: number
  /** Deliveries that did not, for whatever reason. */
  readonly failed: number
  /** Of the last minute: how many went well. */
  readonly deliveredLastMinute: number
  readonly lastDeliveredAt: number | null
  readonly lastError: { readonly at: number; readonly reason: string } | null
}

export interface Progress {
  readonly begin: (item: QueueItem) => void
  readonly succeed: (id: ItemId, now: number) => void
  readonly fail: (id: ItemId, now: number, reason: string) => void
  /** Not tried after all. */
  readonly release: (id: ItemId) => void
  readonly report: (now: number) => Report
}

const seconds = 60

export const make = (): Progress => {
  const atWork = new Map<ItemId, string>()
  /** Deliveries by second, with the second they belong to. */
  const counts = Array.from({ length: seconds }, () => ({ second: 0, count: 0 }))
  let delivered = 0
  let failed = 0
  let lastDeliveredAt: number | null = null
  let lastError: Report["lastError"] = null
  return {
    begin: ({ file, id }) => void atWork.set(id, file),
    succeed: (id, now) => {
      atWork.delete(id)
      delivered += 1
      lastDeliveredAt = now
      const second = Math.floor(now / 1000)
      const slot = counts[second % seconds]
      if (slot === undefined) return
      if (slot.second !== second) Object.assign(slot, { second, count: 0 })
      slot.count += 1
    },
    fail: (id, now, reason) => {
      atWork.delete(id)
      failed += 1
      lastError = { at: now, reason }
    },
    release: (id) => void atWork.delete(id),
    report: (now) => {
      const oldest = Math.floor(now / 1000) - seconds
      const [head = null] = atWork.values()
      return {
        head,
        delivered,
        failed,
        deliveredLastMinute: counts.reduce((sum, { count, second }) => sum + (second > oldest ? count : 0), 0),
        lastDeliveredAt,
        lastError
      }
    }
  }
}
