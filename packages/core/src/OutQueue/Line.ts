/**
 * The line of claimed items: which of them may be at work together. Two items that may mean the same account at the target
 * (one record UID or one user name: an account that was removed and created anew has another entryUUID) are delivered one
 * after the other, in their order; otherwise the removal could meet the new account.
 */

import { Option } from "effect"
import * as Dn from "../Dn.js"
import * as ListenerObject from "../ListenerObject.js"
import type { QueueItem } from "../QueueStore.js"

/** What an item may touch at the target. Items that share one go one after the other. */
export const touches = ({ aliases, object, objectKey }: QueueItem): ReadonlyArray<string> => {
  if (!ListenerObject.isUser(object)) return [objectKey]
  const states = object.previous === null ? aliases : [object.previous, ...aliases]
  const recordUids = [
    ...states.map((state) => state.record_uid),
    object._tag === "ChangedUser" ? object.recordUid : null
  ]
  const names = [ListenerObject.label(object), ...Option.toArray(Dn.firstValue(object.dn))]
  return [
    ...recordUids.flatMap((uid) => (uid === null ? [] : [`record:${uid.toLowerCase()}`])),
    ...names.map((name) => `name:${name.toLowerCase()}`)
  ]
}

interface Standing {
  readonly item: QueueItem
  readonly touches: ReadonlyArray<string>
}

/** Keeps the order of items that touch the same. Not shared: the queue's one coordinator owns it. */
export class Line {
  private readonly atWork = new Map<QueueItem["id"], ReadonlyArray<string>>()
  private waiting: ReadonlyArray<Standing> = []

  /** Adds items at the end. */
  join(items: ReadonlyArray<QueueItem>): void {
    this.waiting = [...this.waiting, ...items.map((item) => ({ item, touches: touches(item) }))]
  }

  /** Takes out those that can begin now: nothing at work and nothing before them touches the same. */
  begin(): ReadonlyArray<QueueItem> {
    const taken = new Set([...this.atWork.values()].flat())
    const begun: Array<QueueItem> = []
    const left: Array<Standing> = []
    for (const standing of this.waiting) {
      if (standing.touches.some((each) => taken.has(each))) left.push(standing)
      else {
        begun.push(standing.item)
        this.atWork.set(standing.item.id, standing.touches)
      }
      for (const each of standing.touches) taken.add(each)
    }
    this.waiting = left
    return begun
  }

  /** An item is no longer at work. */
  end(id: QueueItem["id"]): void {
    this.atWork.delete(id)
  }

  /** Empties the line; those at work stay at work. */
  dismiss(): ReadonlyArray<QueueItem> {
    const items = this.waiting.map(({ item }) => item)
    this.waiting = []
    return items
  }
}
