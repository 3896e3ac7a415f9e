/**
 * The out queue of one school authority: claims items, lets the authority's plugins deliver them, some at a time, and
 * records how that ended. It runs while the authority is active.
 *
 * One fiber decides (claims, settles, pauses), so there is nothing to lock; workers only deliver. A result that is not
 * settled when the process dies is delivered again, which is harmless.
 */
import { Deferred, Duration, Effect, Fiber, Queue, Random, Ref } from "effect"
import { Events } from "../../events/Events.js"
import type { SchoolAuthority } from "../../schools/SchoolAuthority.js"
import { concurrencyOf, Plugins } from "../../targets/Plugin.js"
import { QueueNotifier } from "../QueueNotifier.js"
import { type ItemId, type QueueItem, QueueStore, type Settlement } from "../QueueStore.js"
import { persistently } from "../Supervision.js"
import { Turn } from "../Turn.js"
import * as FailurePolicy from "./FailurePolicy.js"
import * as Prefetch from "./Prefetch.js"
import * as Progress from "./Progress.js"
import type { Finished } from "./Workers.js"
import * as Workers from "./Workers.js"

/** What the queue does, for people. Times in milliseconds since 1970. */
export type OutQueueStatus =
  | { readonly _tag: "Running" }
  /** `until` null: until the configuration changes. */
  | { readonly _tag: "Paused"; readonly reason: string; readonly until: number | null }
  /** Somebody has paused it, and somebody has to let it go on. */
  | { readonly _tag: "PausedByHand" }

/** A finished delivery is recorded after this time at the latest, in milliseconds, even while others are under way. */
const settleWithin = 100

/** How long the deliveries at work may take when the queue stops. What is not done by then is delivered again at the next start. */
const shutdownPatience = Duration.seconds(10)

/** Whether to work, and if not, when to ask the target again. */
type Mode =
  | { readonly _tag: "Working" }
  /** `failures` in a row; 0 before the first probe. */
  | { readonly _tag: "Paused"; readonly until: number | null; readonly failures: number }

/** How a queue that runs is watched and told from outside. */
export interface Control {
  readonly status: Ref.Ref<OutQueueStatus>
  readonly progress: Progress.Progress
  /** Whether somebody has paused the queue. The bell has to be rung after a change. */
  readonly isPausedByHand: Ref.Ref<boolean>
}

export const makeControl = (isPausedByHand: boolean): Effect.Effect<Control> =>
  Effect.zipWith(
    Ref.make<OutQueueStatus>(isPausedByHand ? { _tag: "PausedByHand" } : { _tag: "Running" }),
    Ref.make(isPausedByHand),
    (status, isPausedByHand) => ({ status, progress: Progress.make(), isPausedByHand })
  )

/**
 * Runs the queue until it is interrupted; then the deliveries at work are finished (up to 10 seconds) and recorded.
 * `control` is kept up to date.
 */
export const run = (authority: SchoolAuthority, { isPausedByHand, progress, status }: Control) =>
  Effect.gen(function* () {
    const store = yield* QueueStore
    const events = yield* Events
    const bell = yield* QueueNotifier
    const clock = yield* Effect.clock
    const turn = yield* Turn
    const { deliver, ping } = yield* Workers.make(authority, progress)
    const concurrency = concurrencyOf(yield* Plugins, authority)
    /** Items claimed at most at a time. */
    let window = Prefetch.least(concurrency)
    /** Something has happened. What it was is to be found in `finished` and `verdicts`, so that no message can be lost. */
    const rung = yield* Queue.sliding<void>(1)
    const ring = Queue.offer(rung, undefined)
    /** Claimed, and not begun. */
    const next = yield* Queue.unbounded<QueueItem>()
    /** Nothing is claimed any more while the queue stops. */
    const isIdle = yield* Deferred.make<void>()

    let mode: Mode = { _tag: "Paused", until: 0, failures: 0 }
    let stopping = false
    let outstanding = 0
    let settledAt = clock.unsafeCurrentTimeMillis()
    let finished: Array<Settlement> = []
    let verdicts: Array<Pick<Finished, "authority" | "reason">> = []
    /** Items that are claimed, and not in `finished` yet. */
    const claimed = new Map<ItemId, QueueItem>()

    const record = Effect.suspend(() => {
      const settlements = finished
      finished = []
      return settlements.length === 0
        ? Effect.void
        : Effect.zipRight(
            persistently(store.settle(settlements)),
            Effect.sync(() => {
              const now = clock.unsafeCurrentTimeMillis()
              window = Prefetch.next(window, concurrency, settlements.length, now - settledAt)
              outstanding -= settlements.length
              settledAt = now
            })
          )
    }).pipe(Effect.uninterruptible)

    const note = (item: QueueItem, { authority, reason, settlement }: Finished) => {
      claimed.delete(item.id)
      finished.push(settlement)
      if (authority._tag !== "GoOn") verdicts.push({ authority, reason })
    }

    /** What deliveries mean for the whole authority. */
    const hear = Effect.suspend(() => {
      const heard = verdicts
      verdicts = []
      return Effect.forEach(
        heard,
        ({ authority, reason }) =>
          authority._tag !== "GoOn" && mode._tag === "Working" ? pause(authority, reason, 0) : Effect.void,
        { discard: true }
      )
    })

    const pause = Effect.fnUntraced(function* (
      verdict: Exclude<FailurePolicy.AuthorityDecision, { _tag: "GoOn" }>,
      reason: string,
      failures: number
    ) {
      const now = clock.unsafeCurrentTimeMillis()
      const until =
        verdict._tag === "PauseUntilConfigured"
          ? null
          : now +
            Math.max(
              verdict.atLeast,
              FailurePolicy.backOff(FailurePolicy.authorityBackOff, failures, yield* Random.next)
            )
      mode = { _tag: "Paused", until, failures: failures + 1 }
      yield* Ref.set(status, { _tag: "Paused", reason, until })
      yield* events.publish({ _tag: "QueuePaused", authority: authority.name, reason, until })
    })

    /** Asks the target whether deliveries can begin (again). */
    const probe = (failures: number) =>
      Effect.matchEffect(ping, {
        onSuccess: () =>
          Effect.suspend(() => {
            mode = { _tag: "Working" }
            return Effect.zipRight(
              Ref.set(status, { _tag: "Running" }),
              failures === 0 ? Effect.void : events.publish({ _tag: "QueueResumed", authority: authority.name })
            )
          }),
        onFailure: (error) =>
          Effect.flatMap(Random.next, (random) => {
            const { authority } = FailurePolicy.decide(error, { attempts: failures, random })
            return pause(authority._tag === "GoOn" ? { _tag: "Pause", atLeast: 0 } : authority, error.message, failures)
          })
      })

    /** Whether no more is claimed than what is at work. */
    const isRunningDry = () => outstanding - finished.length <= concurrency

    /** Whether workers are about to wait, or results have waited long enough. */
    const isTimeToRecord = () => isRunningDry() || clock.unsafeCurrentTimeMillis() - settledAt >= settleWithin

    /** Whether a delivery that has just ended is anything to the coordinator. To wake it for each costs more than to settle. */
    const isCalled = () => mode._tag === "Paused" || stopping || verdicts.length > 0 || isTimeToRecord()

    const work = Effect.flatMap(Queue.take(next), (item) =>
      Effect.flatMap(Ref.get(isPausedByHand), (isPaused) =>
        Effect.flatMap(
          mode._tag === "Working" && !stopping && !isPaused ? deliver(item) : Effect.succeed(Workers.release(item)),
          (finished) => {
            note(item, finished)
            if (stopping && claimed.size === 0) return Effect.zipRight(ring, Deferred.succeed(isIdle, undefined))
            return isCalled() ? ring : Effect.void
          }
        )
      )
    )

    const claim = Effect.gen(function* () {
      const items = yield* persistently(store.claim(authority.name, window - outstanding))
      outstanding += items.length
      for (const item of items) claimed.set(item.id, item)
      yield* Queue.offerAll(next, items)
      return items.length
    }).pipe(Effect.uninterruptible)

    /**
     * Waits for something to happen, until a time in milliseconds since 1970, or as long as it takes.
     */
    const listen = Effect.fnUntraced(function* (until: number | null) {
      const now = clock.unsafeCurrentTimeMillis()
      const timer = until === null ? null : yield* Effect.fork(Effect.delay(ring, Math.max(0, until - now)))
      yield* Queue.take(rung)
      if (timer !== null) yield* Fiber.interrupt(timer)
      yield* hear
    })

    /** Once it goes on, the target is asked first: it may have been paused for a reason. */
    const restByHand = Effect.gen(function* () {
      yield* record
      mode = { _tag: "Paused", until: 0, failures: 0 }
      yield* Ref.set(status, { _tag: "PausedByHand" })
      yield* listen(null)
    })

    const step = Effect.gen(function* () {
      if (yield* Ref.get(isPausedByHand)) return yield* restByHand
      if (mode._tag === "Paused") {
        yield* record
        const now = clock.unsafeCurrentTimeMillis()
        if (outstanding === 0 && mode.until !== null && mode.until <= now) return yield* probe(mode.failures)
        return yield* listen(outstanding === 0 ? mode.until : null)
      }
      if (isTimeToRecord()) {
        // What is ready goes first, unless workers run dry: the requests that follow from it are under way meanwhile.
        if (!isRunningDry()) yield* turn
        yield* record
        if (window - outstanding >= concurrency) {
          const claimed = yield* claim
          if (claimed === 0) yield* listen(yield* persistently(store.nextDue(authority.name)))
          return
        }
      }
      yield* listen(null)
    })

    // Of the scope, not children: these would be interrupted as soon as the queue is told to stop.
    const workers = yield* Effect.replicateEffect(Effect.forkScoped(Effect.forever(work)), concurrency)
    yield* Effect.addFinalizer(() =>
      Effect.gen(function* () {
        stopping = true
        if (claimed.size > 0) {
          yield* Deferred.await(isIdle).pipe(Effect.interruptible, Effect.timeoutOption(shutdownPatience))
        }
        yield* Fiber.interruptAll(workers)
        const unfinished = [...claimed.values()].map((item) => Workers.release(item).settlement)
        yield* Effect.ignoreLogged(store.settle([...finished, ...unfinished]))
        yield* events.publish({ _tag: "QueueStopped", authority: authority.name })
      })
    )
    const rings = yield* bell.rings
    yield* Queue.take(rings).pipe(
      Effect.flatMap((name) => (name === authority.name ? ring : Effect.void)),
      Effect.forever,
      Effect.forkScoped
    )
    yield* events.publish({ _tag: "QueueStarted", authority: authority.name })
    return yield* Effect.forever(step)
  }).pipe(Effect.scoped, Effect.annotateLogs({ module: "OutQueue", authority: authority.name }))
