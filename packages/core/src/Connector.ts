/** The whole connector: the in queue, and an out queue for every active school authority. */
import { type Cause, Clock, Context, Duration, Effect, Layer, Schedule, Stream } from "effect"
import * as ConfigurationChanges from "./ConfigurationChanges.js"
import * as ConfigState from "./config/ConfigState.js"
import {
  type AuthorityUnknown,
  ConfigStore,
  type Configuration,
  type ConfigurationNotSaved
} from "./config/ConfigStore.js"
import * as ConfigurationReport from "./events/ConfigurationReport.js"
import { By } from "./history/By.js"
import type { Actor } from "./history/HistoryEntry.js"
import * as ClockJumps from "./queue/ClockJumps.js"
import { inBatches } from "./queue/InBatches.js"
import * as InQueue from "./queue/in/InQueue.js"
import * as DeletedAuthorities from "./queue/out/DeletedAuthorities.js"
import type { OutQueueStatus } from "./queue/out/OutQueueState.js"
import * as OutQueues from "./queue/out/OutQueues.js"
import type { Report } from "./queue/out/Progress.js"
import { PreviousStateStore } from "./queue/PreviousStateStore.js"
import { QueueNotifier } from "./queue/QueueNotifier.js"
import {
  type CountsWithDue,
  type ItemId,
  noCounts,
  QueueStore,
  type QueueStoreError,
  type StateGivenUp
} from "./queue/QueueStore.js"
import { persistently, supervised } from "./queue/Supervision.js"
import type { AuthorityName } from "./schools/SchoolAuthority.js"

/** The state of a school authority's out queue: how much waits, and whether and why it is paused. */
export interface QueueStatus extends CountsWithDue {
  readonly authority: AuthorityName
  /**
   * An object: there is no such authority, but it was configured, or there are items for it. `since` is in milliseconds
   * since 1970, and null where that is not known.
   */
  readonly configured: true | { readonly since: number | null }
  /** Null: the authority is not active or not configured, its items wait. */
  readonly status: OutQueueStatus | null
  /** Null where `status` is. */
  readonly report: Report | null
}

/** What is to be done to very many items that somebody has chosen. */
export interface Intervention {
  readonly action: "retry" | "discard"
  readonly state: StateGivenUp
  readonly ids: ReadonlyArray<ItemId>
  /** For the log: how they were chosen. */
  readonly chosenBy: { readonly group?: string; readonly object?: string }
  /** Is told of every portion how many of the ids were looked at, and how many items were changed. */
  readonly progress?: (looked: number, changed: number) => void
}

export interface ConnectorShape {
  /** The in queue: how many files wait, and which is at work. */
  readonly inQueue: Effect.Effect<Readonly<InQueue.Control>>
  /** One per authority that is configured, or was, or has items though it is not, by name. */
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
  /** {@link retry} or {@link discard} of exactly these items, as far as they are still in the state, some at a time. */
  readonly interveneAll: (
    authority: AuthorityName,
    intervention: Intervention
  ) => Effect.Effect<number, QueueStoreError>
  /** Stops deliveries to an authority after those at work, also over restarts, until {@link resume}. Changes are accepted. */
  readonly pause: (authority: AuthorityName) => Effect.Effect<void, QueueStoreError>
  readonly resume: (authority: AuthorityName) => Effect.Effect<void, QueueStoreError>
  /**
   * Deletes an authority, configured or not: its items go to the trash, and one that is made anew under its name inherits
   * nothing. What is still to be done for that when this answers, is done in the background, over restarts, too.
   */
  readonly deleteAuthority: (
    name: string
  ) => Effect.Effect<void, QueueStoreError | AuthorityUnknown | ConfigurationNotSaved>
}

export class Connector extends Context.Tag("@id-connector/core/Connector")<Connector, ConnectorShape>() {}

/**
 * Runs the connector as long as the layer lives. Items that were in flight when the last process ended wait again. When
 * the configuration changes, the queues of the authorities concerned are started, stopped or restarted; the others do not
 * notice. Only {@link ConnectorShape.deleteAuthority} deletes an authority: the queue of one that is not configured any
 * more rests. At the end the in queue stops first, then the out queues finish what they are at.
 */
export const layer = Layer.scoped(
  Connector,
  Effect.gen(function* () {
    const config = yield* ConfigStore
    const store = yield* QueueStore
    const recovered = yield* store.recover
    if (recovered > 0) yield* Effect.logInfo("Deliveries that were interrupted will be repeated.", { items: recovered })
    // What is begun first ends last.
    const outQueues = yield* OutQueues.make
    yield* purgePreviousStates
    yield* ageEvidence
    const report = yield* ConfigurationReport.make
    const reportChanges = yield* ConfigurationChanges.make(config.lastMapping)
    // One after the other, and each for itself: whatever one of them does, the next configuration is followed.
    const followers = [outQueues.follow, ({ authorities }: Configuration) => report(authorities), reportChanges]
    yield* Stream.runForEach(config.changes, (configuration) =>
      Effect.forEach(followers, (follow) => Effect.catchAllCause(follow(configuration), followedBadly), {
        discard: true
      })
    ).pipe(Effect.annotateLogs({ module: "Config" }), Effect.forkScoped)
    const deleted = yield* DeletedAuthorities.make
    yield* ClockJumps.watch(Effect.map(config.current, ({ authorities }) => authorities.map(({ name }) => name)))
    const inQueue = InQueue.makeControl()
    yield* Effect.forkScoped(supervised(InQueue.run(inQueue)))
    return Connector.of({
      inQueue: Effect.sync(() => ({ ...inQueue })),
      status: statusOf(config, store, outQueues),
      ...(yield* interventions(outQueues)),
      deleteAuthority: deleteAuthority(config, store, outQueues, deleted)
    })
  })
)

const purgePreviousStates = Effect.flatMap(PreviousStateStore, ({ purge }) =>
  persistently(purge).pipe(Effect.repeat(Schedule.spaced("1 hour")), Effect.forkScoped)
)

/** Requests and answers hold data of people. Who has not looked at a dead letter by then schedules its object again. */
const evidenceKept = Duration.days(90)

const ageEvidence = Effect.gen(function* () {
  const store = yield* QueueStore
  const age = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    inBatches((limit) => store.ageEvidence(now - Duration.toMillis(evidenceKept), limit))
  )
  yield* persistently(age).pipe(
    Effect.tap((aged) =>
      aged === 0
        ? Effect.void
        : Effect.logInfo("Removed requests and answers of failed deliveries that are older than 90 days.", {
            attempts: aged
          })
    ),
    Effect.repeat(Schedule.spaced("1 hour")),
    Effect.forkScoped
  )
})

const followedBadly = (cause: Cause.Cause<unknown>) =>
  Effect.logError("Could not follow a change of the configuration completely. This is a bug.", cause)

const deleteAuthority =
  (
    config: Context.Tag.Service<ConfigStore>,
    store: Context.Tag.Service<QueueStore>,
    outQueues: OutQueues.OutQueues,
    deleted: DeletedAuthorities.DeletedAuthorities
  ): ConnectorShape["deleteAuthority"] =>
  (name) =>
    Effect.gen(function* () {
      const left = (yield* store.authorities).find((other) => other === name)
      const { absent, authorities } = yield* config.current
      // Of one that is away nothing may wait, and yet much was delivered.
      const known = [...authorities.map((other) => other.name), ...absent.keys()]
      const found = known.find((other) => other === name) ?? left
      if (found === undefined) return yield* config.remove(name)
      const remove = config.remove(name)
      yield* outQueues.retire(
        found,
        Effect.zipRight(
          // One that is not configured has items only.
          left === undefined ? remove : Effect.catchTag(remove, "AuthorityUnknown", () => Effect.void),
          store.deleteAuthority(found)
        )
      )
      yield* deleted.notify
    })

const statusOf = (
  config: Context.Tag.Service<ConfigStore>,
  store: Context.Tag.Service<QueueStore>,
  outQueues: OutQueues.OutQueues
): ConnectorShape["status"] =>
  Effect.flatMap(
    Effect.all([config.current, store.authorities, store.countsOfAll]),
    ([{ absent, authorities }, stored, counts]) => {
      const configured = authorities.map(({ name }) => ({ name, configured: true as const }))
      const known = new Set(authorities.map(({ name }) => name))
      const others = [...new Set([...stored, ...absent.keys()])]
        .filter((name) => !known.has(name))
        .map((name) => ({ name, configured: { since: absent.get(name) ?? null } }))
      return Effect.forEach(
        [...configured, ...others].sort(ConfigState.byName),
        Effect.fnUntraced(function* ({ configured, name }) {
          const queue = outQueues.get(name)
          return {
            authority: name,
            configured,
            ...(counts.get(name) ?? noCounts),
            status: queue === undefined ? null : yield* queue.status,
            report: queue === undefined ? null : queue.progress.report(yield* Clock.currentTimeMillis)
          }
        })
      )
    }
  )

const texts = {
  retry: "Items of an out queue are retried by hand.",
  confirm: "Deletions that were held back are confirmed by hand.",
  discard: "Discarded items of an out queue by hand."
} as const

const listed = (ids: ReadonlyArray<ItemId>): string =>
  `${ids.slice(0, 100).join(", ")}${ids.length > 100 ? ", ..." : ""}`

/** The history says who it was. */
const byWhom = <A, E, R>(change: (by: Actor | undefined) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(By, (by) => change(by ?? undefined))

/** What an administrator does to queues and their items. */
const interventions = Effect.fnUntraced(function* (
  outQueues: OutQueues.OutQueues
): Effect.fn.Return<
  Pick<ConnectorShape, "retry" | "retryAll" | "discard" | "discardAll" | "interveneAll" | "pause" | "resume">,
  never,
  QueueStore | QueueNotifier
> {
  const store = yield* QueueStore
  const notifier = yield* QueueNotifier
  const thenNotify = <A>(authority: AuthorityName, change: Effect.Effect<A, QueueStoreError>) =>
    Effect.zipLeft(change, notifier.notify([authority]))
  const setPaused = (authority: AuthorityName, isPaused: boolean) =>
    Effect.gen(function* () {
      yield* store.setPaused(authority, isPaused)
      const queue = outQueues.get(authority)
      if (queue !== undefined) yield* isPaused ? queue.pause : queue.resume
      yield* Effect.logInfo(
        isPaused ? "Paused an out queue by hand." : "Resumed an out queue that was paused by hand.",
        { authority }
      )
    }).pipe(Effect.annotateLogs({ module: "OutQueue" }))
  /** One line for each time, also when there was nothing to do. */
  const told = (
    what: string,
    details: {
      readonly authority: AuthorityName
      readonly ids?: string
      readonly state?: string
      readonly group?: string
      readonly object?: string
    },
    change: Effect.Effect<number, QueueStoreError>
  ) =>
    thenNotify(details.authority, change).pipe(
      Effect.tap((items) => Effect.logInfo(what, { ...details, items })),
      Effect.annotateLogs({ module: "OutQueue" })
    )
  return {
    retry: (authority, ids) =>
      told(
        texts.retry,
        { authority, ids: listed(ids) },
        byWhom((by) => store.retry(authority, { _tag: "Ids", ids }, by))
      ),
    retryAll: (authority, state) =>
      told(
        state === "held" ? texts.confirm : texts.retry,
        { authority, state },
        byWhom((by) => inBatches((limit) => store.retry(authority, { _tag: "InState", state, limit }, by)))
      ),
    discard: (authority, ids) =>
      told(
        texts.discard,
        { authority, ids: listed(ids) },
        byWhom((by) => store.discard(authority, { _tag: "Ids", ids }, by))
      ),
    discardAll: (authority, state) =>
      told(
        texts.discard,
        { authority, state },
        byWhom((by) => inBatches((limit) => store.discard(authority, { _tag: "InState", state, limit }, by)))
      ),
    interveneAll: (authority, { action, chosenBy, ids, progress, state }) =>
      told(
        action === "discard" ? texts.discard : state === "held" ? texts.confirm : texts.retry,
        { authority, state, ...chosenBy },
        byWhom((by) => {
          let next = 0
          let changed = 0
          return Effect.map(
            inBatches((limit) => {
              const portion = ids.slice(next, next + limit)
              next += portion.length
              return Effect.map(store[action](authority, { _tag: "Ids", ids: portion, state }, by), (count) => {
                changed += count
                progress?.(portion.length, count)
                return portion.length
              })
            }),
            () => changed
          )
        })
      ),
    pause: (authority) => setPaused(authority, true),
    resume: (authority) => setPaused(authority, false)
  }
})
