/** The out queues of all active school authorities: started, stopped and restarted as the configuration says. */
import { Effect, FiberMap, type Scope } from "effect"
import type { Configuration } from "../../config/ConfigStore.js"
import type { AuthorityName, SchoolAuthority } from "../../schools/SchoolAuthority.js"
import { QueueStore } from "../QueueStore.js"
import { persistently, supervised } from "../Supervision.js"
import * as OutQueue from "./OutQueue.js"
import * as OutQueuePlan from "./OutQueuePlan.js"
import * as OutQueueTrash from "./OutQueueTrash.js"

export interface OutQueues {
  /** Brings the queues to the configuration. Those whose authority has not changed do not notice. */
  readonly follow: (configuration: Configuration) => Effect.Effect<void, never, Needs>
  /** The queue of an authority, undefined when none runs. */
  readonly get: (authority: AuthorityName) => OutQueue.OutQueue | undefined
}

type Needs = OutQueue.Needs | OutQueueTrash.OutQueueTrash

/** None at first. When the scope ends, they finish what they are at. */
export const make: Effect.Effect<OutQueues, never, Scope.Scope> = Effect.gen(function* () {
  const fibers = yield* FiberMap.make<AuthorityName, never>()
  const queues = new Map<AuthorityName, OutQueue.OutQueue>()
  let followed = OutQueuePlan.nothing

  const start = Effect.fnUntraced(function* (authority: SchoolAuthority) {
    const store = yield* QueueStore
    const isPausedByHand = (yield* persistently(store.paused)).has(authority.name)
    const queue = yield* OutQueue.make(authority, isPausedByHand)
    queues.set(authority.name, queue)
    yield* FiberMap.run(fibers, authority.name, supervised(queue.run))
  })

  const stop = (name: AuthorityName) =>
    Effect.suspend(() => {
      queues.delete(name)
      return FiberMap.remove(fibers, name)
    })

  return {
    get: (name) => queues.get(name),
    follow: Effect.fnUntraced(function* ({ authorities }) {
      const plan = OutQueuePlan.plan(followed, authorities)
      followed = plan.after
      // One at a time would let the slowest shutdown hold up the start of the others.
      yield* Effect.forEach(plan.stop, stop, { concurrency: "unbounded", discard: true })
      yield* Effect.forEach(plan.deleted, OutQueueTrash.clear, { discard: true })
      yield* Effect.forEach(plan.start, start, { discard: true })
    })
  }
})
