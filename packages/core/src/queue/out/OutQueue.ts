/**
 * The out queue of one school authority: claims items, lets the authority's plugins deliver them, some at a time, and
 * records how that ended. What it does next is decided by `OutQueueState`; here it is carried out.
 *
 * One fiber claims, records and asks the target, so there is nothing to lock; workers only deliver. A delivery that is not
 * recorded when the process dies is repeated, which is harmless.
 */
import { Duration, Effect, Fiber, Queue, Random } from "effect"
import { Events } from "../../events/Events.js"
import type { SchoolAuthority } from "../../schools/SchoolAuthority.js"
import { Plugins } from "../../targets/Plugin.js"
import { concurrencyOf } from "../../targets/PluginChoice.js"
import * as MonotonicClock from "../MonotonicClock.js"
import { QueueNotifier } from "../QueueNotifier.js"
import { QueueStore } from "../QueueStore.js"
import { persistently } from "../Supervision.js"
import * as ClaimedItems from "./ClaimedItems.js"
import * as FailurePolicy from "./FailurePolicy.js"
import * as OutQueueCell from "./OutQueueCell.js"
import * as OutQueueState from "./OutQueueState.js"
import * as Progress from "./Progress.js"
import * as Workers from "./Workers.js"

/** How long the deliveries at work may take when the queue stops. What is not done by then is delivered again at the next start. */
const shutdownTimeLimit = Duration.seconds(10)

/** What a queue stands on. */
export type Needs = QueueStore | Events | QueueNotifier | Plugins

export interface OutQueue {
  /** Times are those of the machine's clock. */
  readonly status: Effect.Effect<OutQueueState.OutQueueStatus>
  readonly progress: Progress.Progress
  /** Begins no delivery any more. Those at work are finished. */
  readonly pause: Effect.Effect<void>
  /** Takes {@link pause} back. */
  readonly resume: Effect.Effect<void>
  /** Runs the queue until it is interrupted; then the deliveries at work are finished (up to 10 seconds) and recorded. */
  readonly run: Effect.Effect<never, never, Needs>
}

export const make = (authority: SchoolAuthority, isPausedByHand: boolean): Effect.Effect<OutQueue, never, Needs> =>
  Effect.gen(function* () {
    const { name } = authority
    const store = yield* QueueStore
    const events = yield* Events
    const notifier = yield* QueueNotifier
    const clock = yield* Effect.clock
    const concurrency = concurrencyOf(yield* Plugins, authority)
    const progress = Progress.make()
    const claimed = yield* ClaimedItems.make
    /** Something has happened. What it was, the state says, so that no message can be lost. */
    const wakeUps = yield* Queue.sliding<void>(1)
    const wakeUp = Queue.offer(wakeUps, undefined)
    const now = () => MonotonicClock.millis(clock)
    const cell = yield* OutQueueCell.make(name, concurrency, isPausedByHand)

    const claim = (limit: number) =>
      Effect.gen(function* () {
        const items = yield* persistently(store.claim(name, limit))
        const due = items.length === 0 ? yield* persistently(store.nextDue(name)) : null
        const nextDue = due === null ? null : MonotonicClock.fromClock(due, MonotonicClock.times(clock))
        yield* cell.happened({ _tag: "Claimed", limit, items: items.length, nextDue })
        yield* claimed.add(items)
      }).pipe(Effect.uninterruptible)

    const record = Effect.suspend(() => {
      const settlements = claimed.takeEnded()
      return Effect.zipRight(
        persistently(store.settle(settlements)),
        Effect.suspend(() => cell.happened({ _tag: "Recorded", items: settlements.length, now: now() }))
      )
    }).pipe(Effect.uninterruptible)

    const askTarget = (ping: Workers.Workers["ping"], failures: number) =>
      Effect.matchEffect(ping, {
        onSuccess: () => cell.happened({ _tag: "TargetAnswered" }),
        onFailure: (error) =>
          Effect.flatMap(Random.next, (random) => {
            const decision = FailurePolicy.pause(error, failures, random)
            return cell.happened({ _tag: "TargetFailed", authority: decision, now: now() })
          })
      })

    const wait = (until: number | null) => {
      const woken = Queue.take(wakeUps)
      return Effect.zipRight(
        until === null ? woken : Effect.timeoutOption(woken, Duration.millis(Math.max(0, until - now()))),
        cell.happened({ _tag: "Woken" })
      )
    }

    const coordinate = ({ ping }: Workers.Workers) =>
      Effect.suspend(() => {
        const action = cell.action()
        switch (action._tag) {
          case "Record":
            return record
          case "Claim":
            return claim(action.limit)
          case "AskTarget":
            return askTarget(ping, action.failures)
          case "Wait":
            return wait(action.until)
        }
      }).pipe(Effect.forever)

    const work = ({ deliver }: Workers.Workers) =>
      Effect.flatMap(claimed.take, (item) =>
        Effect.flatMap(
          OutQueueState.mayDeliver(cell.state())
            ? deliver(item, OutQueueState.failedProbes(cell.state()))
            : Effect.succeed(Workers.release(item)),
          ({ authority, isProof, settlement }) => {
            claimed.end(settlement)
            return Effect.zipRight(cell.happened({ _tag: "Ended", authority, isProof, now: now() }), callCoordinator)
          }
        )
      ).pipe(Effect.forever)

    /** Only when there is something for it to do: to wake it for each delivery costs more than to record it. */
    const callCoordinator = Effect.suspend(() => (cell.action()._tag === "Wait" ? Effect.void : wakeUp))

    const stop = (workers: ReadonlyArray<Fiber.RuntimeFiber<never>>) =>
      Effect.gen(function* () {
        yield* cell.happened({ _tag: "Stopped" })
        yield* claimed.allEnded.pipe(Effect.interruptible, Effect.timeoutOption(shutdownTimeLimit))
        yield* Fiber.interruptAll(workers)
        yield* Effect.ignoreLogged(store.settle(claimed.takeAll()))
        yield* events.publish({ _tag: "QueueStopped", authority: name })
      })

    const run = Effect.gen(function* () {
      cell.restart()
      const made = yield* Workers.make(authority, progress)
      // Of the scope, not children: these would be interrupted as soon as the queue is told to stop.
      const workers = yield* Effect.replicateEffect(Effect.forkScoped(work(made)), concurrency)
      yield* Effect.addFinalizer(() => stop(workers))
      yield* notifier.subscribe(name, wakeUp)
      yield* events.publish({ _tag: "QueueStarted", authority: name })
      return yield* coordinate(made)
    }).pipe(Effect.scoped, Effect.annotateLogs({ module: "OutQueue", authority: name }))

    const tell = (event: OutQueueState.Event) => Effect.zipRight(cell.happened(event), wakeUp)

    return {
      status: Effect.sync(() => {
        const status = OutQueueState.statusOf(cell.state())
        const times = MonotonicClock.times(clock)
        switch (status._tag) {
          case "Running":
            return status
          case "Paused":
            return {
              ...status,
              since: MonotonicClock.toClock(status.since, times),
              until: status.until === null ? null : MonotonicClock.toClock(status.until, times)
            }
          case "PausedByHand":
            return {
              ...status,
              since: status.since === null ? null : MonotonicClock.toClock(status.since, times)
            }
        }
      }),
      progress,
      pause: Effect.suspend(() => tell({ _tag: "PausedByHand", now: now() })),
      resume: Effect.suspend(() => tell({ _tag: "ResumedByHand", now: now() })),
      run
    }
  })
