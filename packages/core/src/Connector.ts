/** The whole connector: the in queue, and an out queue for every active school authority. */
import { Context, Effect, FiberMap, Layer, Option, Ref, Schedule, Schema, Stream } from "effect"
import { ConfigStore, type Configuration } from "./ConfigStore.js"
import * as InQueue from "./InQueue.js"
import * as OutQueue from "./OutQueue.js"
import { persistently, supervised } from "./Patience.js"
import { PreviousStateStore } from "./PreviousStateStore.js"
import { type Counts, QueueStore, type QueueStoreError } from "./QueueStore.js"
import { type AuthorityName, SchoolAuthority } from "./SchoolAuthority.js"

export interface QueueStatus extends Counts {
  readonly authority: AuthorityName
  /** Null: the authority is not active, its items wait. */
  readonly status: OutQueue.OutQueueStatus | null
}

export interface ConnectorShape {
  /** One per configured authority, by name. */
  readonly status: Effect.Effect<ReadonlyArray<QueueStatus>, QueueStoreError>
}

export class Connector extends Context.Tag("@id-connector/core/Connector")<Connector, ConnectorShape>() {}

/**
 * Runs the connector as long as the layer lives. Items that were in flight when the last process ended wait again. When
 * the configuration changes, the queues of the authorities concerned are started, stopped or restarted; the others do not
 * notice. At the end the in queue stops first, then the out queues finish what they are at.
 */
export const layer = Layer.scoped(
  Connector,
  Effect.gen(function* () {
    const config = yield* ConfigStore
    const store = yield* QueueStore
    const recovered = yield* store.recover
    if (recovered > 0) yield* Effect.logInfo("Deliveries that were cut off begin again.", { items: recovered })
    const queues = yield* FiberMap.make<AuthorityName, never>()
    const states = new Map<AuthorityName, Ref.Ref<OutQueue.OutQueueStatus>>()
    const running = new Map<AuthorityName, string>()

    const start = (authority: SchoolAuthority) =>
      Effect.gen(function* () {
        const state = yield* Ref.make<OutQueue.OutQueueStatus>({ _tag: "Running" })
        states.set(authority.name, state)
        running.set(authority.name, fingerprint(authority))
        yield* FiberMap.run(queues, authority.name, supervised(OutQueue.run(authority, state)))
      })

    const stop = (name: AuthorityName) =>
      Effect.suspend(() => {
        states.delete(name)
        running.delete(name)
        return FiberMap.remove(queues, name)
      })

    const follow = ({ authorities }: Configuration) =>
      Effect.gen(function* () {
        const active = new Map(
          authorities.filter(({ active }) => active).map((authority) => [authority.name, authority])
        )
        const stale = [...running].filter(([name, print]) => {
          const authority = active.get(name)
          return authority === undefined || fingerprint(authority) !== print
        })
        // One at a time would let the slowest shutdown hold up the start of the others.
        yield* Effect.forEach(stale, ([name]) => stop(name), { concurrency: "unbounded", discard: true })
        yield* Effect.forEach(
          [...active.values()].filter(({ name }) => !running.has(name)),
          start,
          { discard: true }
        )
      })

    const previousStates = yield* PreviousStateStore
    yield* persistently(previousStates.purge).pipe(Effect.repeat(Schedule.spaced("1 hour")), Effect.forkScoped)
    yield* Stream.runForEach(config.changes, follow).pipe(Effect.forkScoped)
    yield* Effect.forkScoped(supervised(InQueue.run))

    return Connector.of({
      status: Effect.flatMap(config.current, ({ authorities }) =>
        Effect.forEach(authorities, ({ name }) =>
          Effect.gen(function* () {
            const state = Option.fromNullable(states.get(name))
            return {
              authority: name,
              ...(yield* store.counts(name)),
              status: Option.isNone(state) ? null : yield* Ref.get(state.value)
            }
          })
        )
      )
    })
  })
)

/** Two configurations of an authority that have the same fingerprint are the same. It holds secrets: never show it. */
const fingerprint = (authority: SchoolAuthority): string =>
  JSON.stringify(Schema.encodeSync(SchoolAuthority)(authority))
