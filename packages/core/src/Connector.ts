/** The whole connector: the in queue, and an out queue for every active school authority. */
import { Clock, Context, Effect, FiberMap, Layer, Ref, Schedule, Schema, Stream } from "effect"
import { ConfigStore, type Configuration } from "./config/ConfigStore.js"
import { Events } from "./events/Events.js"
import { EventLoopYield } from "./queue/EventLoopYield.js"
import * as InQueue from "./queue/in/InQueue.js"
import * as OutQueue from "./queue/out/OutQueue.js"
import { OutQueueTrash } from "./queue/out/OutQueueTrash.js"
import type { Report } from "./queue/out/Progress.js"
import { PreviousStateStore } from "./queue/PreviousStateStore.js"
import { QueueNotifier } from "./queue/QueueNotifier.js"
import { type Counts, type ItemId, QueueStore, type QueueStoreError } from "./queue/QueueStore.js"
import { persistently, supervised } from "./queue/Supervision.js"
import { type AuthorityName, SchoolAuthority } from "./schools/SchoolAuthority.js"
import { Plugins } from "./targets/Plugin.js"
import * as Validation from "./targets/Validation.js"

export interface QueueStatus extends Counts {
  readonly authority: AuthorityName
  /** Null: the authority is not active, its items wait. */
  readonly status: OutQueue.OutQueueStatus | null
  /** Null where `status` is. */
  readonly report: Report | null
}

export interface ConnectorShape {
  /** The in queue: how many files wait, and which is at work. */
  readonly inQueue: Effect.Effect<Readonly<InQueue.Control>>
  /** One per configured authority, by name. */
  readonly status: Effect.Effect<ReadonlyArray<QueueStatus>, QueueStoreError>
  /** Makes items due at once, as if never tried, and answers with their number. Held deletions count as confirmed. */
  readonly retry: (authority: AuthorityName, ids: ReadonlyArray<ItemId>) => Effect.Effect<number, QueueStoreError>
  /** {@link retry} of all dead letters, or of all deletions that are held back. */
  readonly retryAll: (authority: AuthorityName, state: "held" | "dead") => Effect.Effect<number, QueueStoreError>
  /** Removes items for good, and answers with their number. Those at work are left alone. */
  readonly discard: (authority: AuthorityName, ids: ReadonlyArray<ItemId>) => Effect.Effect<number, QueueStoreError>
  readonly discardAll: (
    authority: AuthorityName,
    state: "waiting" | "held" | "dead"
  ) => Effect.Effect<number, QueueStoreError>
  /** Stops deliveries to an authority after those at work, also over restarts, until {@link resume}. Changes are accepted. */
  readonly pause: (authority: AuthorityName) => Effect.Effect<void, QueueStoreError>
  readonly resume: (authority: AuthorityName) => Effect.Effect<void, QueueStoreError>
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
    const events = yield* Events
    const plugins = yield* Plugins
    const recovered = yield* store.recover
    if (recovered > 0) yield* Effect.logInfo("Deliveries that were cut off begin again.", { items: recovered })
    const queues = yield* FiberMap.make<AuthorityName, never>()
    const bell = yield* QueueNotifier
    const controls = new Map<AuthorityName, OutQueue.Control>()
    const running = new Map<AuthorityName, string>()
    const inQueue = InQueue.makeControl()

    const start = (authority: SchoolAuthority) =>
      Effect.gen(function* () {
        const isPaused = (yield* persistently(store.paused)).has(authority.name)
        const control = yield* OutQueue.makeControl(isPaused)
        controls.set(authority.name, control)
        running.set(authority.name, fingerprint(authority))
        yield* FiberMap.run(queues, authority.name, supervised(OutQueue.run(authority, control)))
      })

    const stop = (name: AuthorityName) =>
      Effect.suspend(() => {
        controls.delete(name)
        running.delete(name)
        return FiberMap.remove(queues, name)
      })

    const trash = yield* OutQueueTrash
    let known: ReadonlySet<AuthorityName> = new Set()

    /** What waits for an authority that is no more. */
    const clear = (name: AuthorityName) =>
      Effect.gen(function* () {
        const removedAt = yield* Clock.currentTimeMillis
        let moved = 0
        for (const state of ["waiting", "held", "dead"] as const) {
          while (true) {
            const items = yield* store.list(name, { state, limit: portion })
            if (items.length === 0) break
            yield* trash.keep(name, removedAt, items)
            moved += yield* store.discard(name, { _tag: "Ids", ids: items.map(({ id }) => id) })
          }
        }
        if (moved > 0) {
          yield* Effect.logWarning("Moved the items of a deleted school authority to the trash.", {
            authority: name,
            items: moved
          })
        }
      }).pipe(
        Effect.catchAll(({ message }) =>
          Effect.logError("The items of a deleted school authority stay in the queue.", {
            authority: name,
            reason: message
          })
        )
      )

    let checked: ReadonlyMap<AuthorityName, string> = new Map()

    /** Says what is wrong with authorities that are new or have changed, be they active or not. */
    const report = (authorities: ReadonlyArray<SchoolAuthority>) =>
      Effect.suspend(() => {
        const before = checked
        checked = new Map(authorities.map((authority) => [authority.name, fingerprint(authority)]))
        return events.publishAll(
          authorities
            .filter(({ name }) => before.get(name) !== checked.get(name))
            .flatMap((authority) => {
              const { errors, warnings } = Validation.validate(plugins, authority)
              return [...errors, ...warnings].map((problem) => ({
                _tag: "ConfigurationProblem" as const,
                authority: authority.name,
                problem
              }))
            })
        )
      })

    const follow = ({ authorities }: Configuration) =>
      Effect.gen(function* () {
        yield* report(authorities)
        const before = known
        known = new Set(authorities.map(({ name }) => name))
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
          [...before].filter((name) => !known.has(name)),
          clear,
          { discard: true }
        )
        yield* Effect.forEach(
          [...active.values()].filter(({ name }) => !running.has(name)),
          start,
          { discard: true }
        )
      })

    const previousStates = yield* PreviousStateStore
    yield* persistently(previousStates.purge).pipe(Effect.repeat(Schedule.spaced("1 hour")), Effect.forkScoped)
    yield* Stream.runForEach(config.changes, follow).pipe(Effect.annotateLogs({ module: "Config" }), Effect.forkScoped)
    yield* Effect.forkScoped(supervised(InQueue.run(inQueue)))

    const setPaused = (authority: AuthorityName, isPaused: boolean) =>
      Effect.gen(function* () {
        yield* store.setPaused(authority, isPaused)
        const control = controls.get(authority)
        if (control !== undefined) {
          yield* Ref.set(control.isPausedByHand, isPaused)
          yield* Ref.set(control.status, isPaused ? { _tag: "PausedByHand" } : { _tag: "Running" })
        }
        yield* bell.ring([authority])
        yield* Effect.logInfo(isPaused ? "Paused an out queue by hand." : "An out queue that was paused goes on.", {
          authority
        })
      }).pipe(Effect.annotateLogs({ module: "OutQueue" }))

    return Connector.of({
      pause: (authority) => setPaused(authority, true),
      resume: (authority) => setPaused(authority, false),
      inQueue: Effect.sync(() => ({ ...inQueue })),
      status: Effect.flatMap(config.current, ({ authorities }) =>
        Effect.forEach(authorities, ({ name }) =>
          Effect.gen(function* () {
            const control = controls.get(name)
            return {
              authority: name,
              ...(yield* store.counts(name)),
              status: control === undefined ? null : yield* Ref.get(control.status),
              report: control === undefined ? null : control.progress.report(yield* Clock.currentTimeMillis)
            }
          })
        )
      ),
      retry: (authority, ids) => Effect.zipLeft(store.retry(authority, { _tag: "Ids", ids }), bell.ring([authority])),
      retryAll: (authority, state) =>
        Effect.zipLeft(
          inPortions((limit) => store.retry(authority, { _tag: "InState", state, limit })),
          bell.ring([authority])
        ),
      discard: (authority, ids) =>
        Effect.zipLeft(store.discard(authority, { _tag: "Ids", ids }), bell.ring([authority])),
      discardAll: (authority, state) =>
        Effect.zipLeft(
          inPortions((limit) => store.discard(authority, { _tag: "InState", state, limit })),
          bell.ring([authority])
        )
    })
  })
)

/** Items that are changed in one transaction, which takes milliseconds: the queues go on between two. */
const portion = 500

/** All of them, portion by portion. Each portion must leave the state that is asked for. */
const inPortions = (step: (limit: number) => Effect.Effect<number, QueueStoreError>) =>
  Effect.iterate(
    { sum: 0, last: portion },
    {
      while: ({ last }) => last === portion,
      body: ({ sum }) =>
        Effect.zipLeft(
          Effect.map(step(portion), (last) => ({ sum: sum + last, last })),
          Effect.flatten(EventLoopYield)
        )
    }
  ).pipe(Effect.map(({ sum }) => sum))

/** Two configurations of an authority that have the same fingerprint are the same. It holds secrets: never show it. */
const fingerprint = (authority: SchoolAuthority): string =>
  JSON.stringify(Schema.encodeSync(SchoolAuthority)(authority))
