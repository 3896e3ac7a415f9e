/** The out queues of all active school authorities: started, stopped and restarted as the configuration says. */
import { Effect, FiberMap, FiberSet, type Scope } from "effect"
import type { Configuration } from "../../config/ConfigStore.js"
import type { AuthorityName, SchoolAuthority } from "../../schools/SchoolAuthority.js"
import { QueueStore } from "../QueueStore.js"
import { persistently, supervised } from "../Supervision.js"
import * as OutQueue from "./OutQueue.js"
import * as OutQueuePlan from "./OutQueuePlan.js"

export interface OutQueues {
  /**
   * Brings the queues to the configuration, and does not wait for that: a queue that stops may be at work for seconds, which is
   * no other one's business. Those whose authority has not changed do not notice.
   */
  readonly follow: (configuration: Configuration) => Effect.Effect<void, never, OutQueue.Needs>
  /** The queue of an authority, undefined when none runs. */
  readonly get: (authority: AuthorityName) => OutQueue.OutQueue | undefined
  /**
   * Runs an effect after which the authority is no more. Its queue begins no delivery from before that on; what is at work is
   * finished. When the effect fails, the queue goes on.
   */
  readonly retire: <A, E, R>(authority: AuthorityName, effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** None at first. When the scope ends, they finish what they are at. */
export const make: Effect.Effect<OutQueues, never, Scope.Scope> = Effect.gen(function* () {
  const fibers = yield* FiberMap.make<AuthorityName, never>()
  const changes = yield* FiberSet.make<void>()
  const queues = new Map<AuthorityName, OutQueue.OutQueue>()
  const turns = new Map<AuthorityName, Effect.Semaphore>()
  let running = OutQueuePlan.nothing
  /** What is to run, by the newest configuration. */
  let wanted: ReadonlyMap<AuthorityName, SchoolAuthority> = new Map()

  const turnOf = (name: AuthorityName): Effect.Semaphore => {
    const turn = turns.get(name) ?? Effect.unsafeMakeSemaphore(1)
    turns.set(name, turn)
    return turn
  }

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

  /** One change of a queue after the other; of what was wanted in between nothing is done. */
  const change = (name: AuthorityName) =>
    Effect.suspend(() => {
      const authority = wanted.get(name)
      return Effect.zipRight(stop(name), authority === undefined ? Effect.void : start(authority))
    }).pipe(
      Effect.catchAllCause((cause) =>
        Effect.logError(
          "Could not start the out queue of a school authority. Correct its configuration or plugin.",
          cause
        )
      ),
      Effect.annotateLogs({ authority: name, module: "OutQueue" }),
      turnOf(name).withPermits(1)
    )

  return {
    get: (name) => queues.get(name),
    follow: ({ authorities }) =>
      Effect.suspend(() => {
        const plan = OutQueuePlan.plan(running, authorities)
        running = plan.after
        wanted = new Map(authorities.filter(({ active }) => active).map((authority) => [authority.name, authority]))
        const names = new Set([...plan.stop, ...plan.start.map(({ name }) => name)])
        return Effect.forEach(names, (name) => FiberSet.run(changes, change(name)), { discard: true })
      }),
    retire: (name, effect) =>
      turnOf(name).withPermits(1)(
        Effect.suspend(() => {
          const queue = queues.get(name)
          return queue === undefined
            ? effect
            : Effect.zipRight(
                queue.pause,
                Effect.onError(effect, () => queue.resume)
              )
        })
      )
  }
})
