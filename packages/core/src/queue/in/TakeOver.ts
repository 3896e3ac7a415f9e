/** Stores a batch of files of the in queue, and says what is to become of them. */

import { Effect } from "effect"
import { ConfigStore } from "../../config/ConfigStore.js"
import type { ConnectorEvent } from "../../events/ConnectorEvent.js"
import { Events } from "../../events/Events.js"
import * as Tracing from "../../events/Tracing.js"
import { EventLoopYield } from "../EventLoopYield.js"
import * as MonotonicClock from "../MonotonicClock.js"
import { QueueNotifier } from "../QueueNotifier.js"
import { type Arrival, type FileFate, QueueStore } from "../QueueStore.js"
import * as Arrivals from "./Arrivals.js"
import type * as PluginHooks from "./PluginHooks.js"
import * as Reading from "./Reading.js"
import type { RemovedFiles } from "./RemovedFiles.js"
import { ScheduleMarks } from "./ScheduleMarks.js"
import type { SpoolEntry } from "./Spool.js"
import * as Watched from "./Watched.js"

/** What became of a batch. */
export interface TakenOver {
  /** Files that are stored, or were before. */
  readonly files: ReadonlyArray<readonly [name: string, fate: FileFate]>
  /** Whether any of them was not stored before. */
  readonly isNew: boolean
  /** Files that are no listener files. */
  readonly bad: ReadonlyArray<Reading.Bad>
  /** Marks of scheduled objects that are stored with them. */
  readonly marks: ReadonlyArray<string>
  /** See {@link Reading.Readings}. */
  readonly held: Reading.Held | null
  /** Files that stay, and hold up none of other objects. */
  readonly heldBack: ReadonlyArray<PluginHooks.HeldBack>
  /** How long nobody else got a turn, in milliseconds. */
  readonly millis: number
}

export const make = Effect.fnUntraced(function* (removed: RemovedFiles, hooks: PluginHooks.PluginHooks) {
  const store = yield* QueueStore
  const notifier = yield* QueueNotifier
  const events = yield* Events
  const config = yield* ConfigStore
  const letOthersGo = yield* EventLoopYield
  const scheduled = yield* ScheduleMarks
  const toArrivals = yield* Arrivals.make(hooks)
  const tracing = yield* Tracing.Tracing
  const clock = yield* Effect.clock
  let watched = Watched.none

  return Effect.fnUntraced(function* (entries: ReadonlyArray<SpoolEntry>) {
    const begun = yield* MonotonicClock.currentTimeMillis
    const start = clock.unsafeCurrentTimeNanos()
    const { bad: unreadable, good, held, ...seen } = Reading.readAll(entries, watched, begun)
    watched = seen.watched
    const known = yield* store.takenOver(good.map(({ file }) => file))
    const fresh = known.size === 0 ? good : good.filter(({ file }) => !known.has(file.name))
    // After the files were read: a mark is older than the file that it is for.
    const marks = fresh.length === 0 ? new Map<string, never>() : yield* scheduled.all
    const { arrivals, bad: unfit, events: happened, heldBack } = yield* toArrivals(fresh, yield* config.current, marks)
    const bad = [...unreadable, ...unfit]
    for (const { file } of arrivals) removed.cameAgain(file.name)
    const prepared = yield* MonotonicClock.currentTimeMillis
    yield* letOthersGo
    const resumed = yield* MonotonicClock.currentTimeMillis
    if (arrivals.length > 0) yield* store.accept(arrivals)
    if (tracing !== null) recordAcceptance(tracing, arrivals, start, clock.unsafeCurrentTimeNanos())
    yield* notifier.notify(new Set(arrivals.flatMap(({ recipients }) => recipients)))
    yield* events.publishAll([
      ...[...known.keys()].map((file): ConnectorEvent => ({ _tag: "FileAlreadyTakenOver", file })),
      ...happened
    ])
    const takenOver: TakenOver = {
      files: [...known, ...arrivals.map(({ fate, file }) => [file.name, fate] as const)],
      isNew: arrivals.length > 0,
      bad,
      marks:
        marks.size === 0
          ? []
          : [...new Set(arrivals.map(({ object }) => object.id.toLowerCase()))].flatMap((id) => marks.get(id) ?? []),
      held,
      heldBack,
      millis: (yield* MonotonicClock.currentTimeMillis) - resumed + prepared - begun
    }
    return takenOver
  })
})

/** The first span of each trace. All files of a batch are accepted in one transaction. */
const recordAcceptance = (
  { isSampled, record }: Tracing.TracingShape,
  arrivals: ReadonlyArray<Arrival>,
  start: bigint,
  end: bigint
): void => {
  for (const { fate, file, object, recipients } of arrivals) {
    const traceId = Tracing.traceIdOf(file.name)
    if (!isSampled(traceId)) continue
    record({
      name: "InQueue.accept",
      kind: "producer",
      traceId,
      spanId: Tracing.acceptanceIdOf(file.name),
      parentSpanId: null,
      start,
      end,
      attributes: {
        file: file.name,
        change: object._tag,
        school_authorities: recipients.join(","),
        fate: fate === "trash" ? "unaffected" : "accepted",
        batch: arrivals.length
      },
      isFailure: false
    })
  }
}
