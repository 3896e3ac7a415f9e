/** The items that an out queue has claimed, from there to the moment at which their end is to be recorded. */
import { Effect, Queue } from "effect"
import type { ClaimedItem, ItemId, Settlement } from "../QueueStore.js"

export interface ClaimedItems {
  readonly add: (items: ReadonlyArray<ClaimedItem>) => Effect.Effect<void>
  /** The next one to deliver; waits for it. */
  readonly take: Effect.Effect<ClaimedItem>
  readonly end: (settlement: Settlement) => void
  /** How items ended, since this was called last. */
  readonly takeEnded: () => ReadonlyArray<Settlement>
  /** Like {@link takeEnded}, and those that did not end are given back. */
  readonly takeAll: () => ReadonlyArray<Settlement>
  /** Waits until all of them have ended. */
  readonly allEnded: Effect.Effect<void>
}

export const make: Effect.Effect<ClaimedItems> = Effect.gen(function* () {
  const ready = yield* Queue.unbounded<ClaimedItem>()
  const open = new Set<ItemId>()
  const nothingOpen = yield* Effect.makeLatch(true)
  let ended: Array<Settlement> = []

  const takeEnded = () => {
    const taken = ended
    ended = []
    return taken
  }

  return {
    add: (items) =>
      Effect.suspend(() => {
        if (items.length > 0) nothingOpen.unsafeClose()
        for (const { id } of items) open.add(id)
        return Queue.offerAll(ready, items)
      }),
    take: Queue.take(ready),
    end: (settlement) => {
      ended.push(settlement)
      open.delete(settlement.id)
      if (open.size === 0) nothingOpen.unsafeOpen()
    },
    takeEnded,
    takeAll: () => {
      const unfinished = [...open].map((id): Settlement => ({ _tag: "Release", id }))
      open.clear()
      nothingOpen.unsafeOpen()
      return [...takeEnded(), ...unfinished]
    },
    allEnded: nothingOpen.await
  }
})
