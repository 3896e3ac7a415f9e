/** Takes files over, in memory: remembers states, adds items or merges into those that wait, and finds what waits for what. */
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import * as Coalescing from "@id-connector/core/queue/Coalescing"
import { type Arrival, ItemId } from "@id-connector/core/queue/QueueStore"
import { type Memory, pending, record, untried } from "./Memory.js"
import * as PreviousStates from "./PreviousStates.js"
import * as Waits from "./Waits.js"

/** A change that has just arrived, or that something newer was merged into. */
const fresh = {
  ...untried,
  stepsAside: false,
  waitsFor: new Map(),
  wanted: new Set<string>(),
  history: []
} as const

export const accept = (memory: Memory, batch: ReadonlyArray<Arrival>, now: number): void => {
  const touched = new Set<ItemId>()
  for (const { confirmed = false, entry, fate, file, object, recipients, remember, sendAgain } of batch) {
    if (memory.takenOver.get(file.name)?.digest === file.digest) continue
    memory.takenOver.set(file.name, { digest: file.digest, fate })
    if (entry !== undefined) record(memory, [entry])
    PreviousStates.remember(memory, object.id.toLowerCase(), remember, now)
    for (const authority of new Set(recipients)) {
      const objectKey = ListenerObject.objectKey(object)
      const known = pending(memory, { authority, objectKey })
      const newer = Coalescing.single(object, sendAgain)
      const desired = known === undefined ? newer : Coalescing.merge(known, newer)
      const id = known?.id ?? ItemId.make(++memory.lastId)
      memory.items.set(id, { ...desired, id, authority, objectKey, file: file.name, ...fresh, confirmed })
      touched.add(id)
    }
  }
  Waits.refresh(memory, touched)
}
