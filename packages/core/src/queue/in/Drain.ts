/** Works the in queue's directory off once, as a pipeline: while a batch is stored, the next one is read. */
import { Effect, Option, Schedule, Sink, Stream } from "effect"
import type { ConnectorEvent } from "../../events/ConnectorEvent.js"
import { Events } from "../../events/Events.js"
import { EventLoopYield } from "../EventLoopYield.js"
import { type FileFate, QueueStore } from "../QueueStore.js"
import * as Departures from "./Departures.js"
import * as Pace from "./Pace.js"
import * as PluginHooks from "./PluginHooks.js"
import type { Held } from "./Reading.js"
import * as RemovedFiles from "./RemovedFiles.js"
import { ScheduleMarks } from "./ScheduleMarks.js"
import { nameOf, Spool, type SpoolEntry } from "./Spool.js"
import * as Strangers from "./Strangers.js"
import * as TakeOver from "./TakeOver.js"

/** Batches wait for others, to be made to last with them, for so long at most. */
const flushedWithin = "100 millis"

/** What the in queue is at, for people who watch it. */
export interface Control {
  /** Files that wait, as far as the last look saw them. */
  waiting: number
  /** The file at work, or null. */
  head: string | null
  /** Why the file at work is not taken over yet, or null. */
  heldUp: string | null
  /** Files that plugins hold back, which hold up none of other objects; null: there are none. */
  heldBack: { readonly files: number; readonly reason: string } | null
  /** Files that have left the directory since the in queue started. */
  left: Left
}

/** Numbers of files by what became of them. */
export interface Left {
  /** Accepted for at least one authority. */
  readonly accepted: number
  /** Moved to the trash, since no authority is affected. */
  readonly unaffected: number
  /** Moved to the trash, since they are no listener files. */
  readonly discarded: number
}

/**
 * The effect can be run again and again. It answers with the milliseconds until the directory is to be looked at again: 0 when
 * there was something new, since more may have come meanwhile, and null when nothing is known to become due.
 */
export const make = (control: Control) =>
  Effect.gen(function* () {
    const spool = yield* Spool
    const store = yield* QueueStore
    const letOthersGo = yield* EventLoopYield
    const scheduled = yield* ScheduleMarks
    const removed = yield* RemovedFiles.make
    const departures = yield* Departures.make
    const hooks = yield* PluginHooks.make
    const takeOver = yield* TakeOver.make(removed, hooks)
    const sortOutStrangers = yield* Strangers.make(departures)
    const events = yield* Events
    let pace = Pace.initial
    let reported: string | null = null

    /** Once for each file and reason, not at every look. */
    const reportHeld = (held: Held | null) =>
      Effect.suspend(() => {
        const what = held === null ? null : `${held.name} ${held.reason}`
        const isNews = held !== null && what !== reported
        reported = what
        return isNews ? events.publish({ _tag: "InQueueHeldUp", file: held.name, reason: held.reason }) : Effect.void
      })

    const read = Effect.suspend(() => {
      const files = Pace.toRead(pace)
      pace = Pace.hasRead(pace)
      return spool.next(files)
    }).pipe(
      Effect.mapError(Option.some),
      Effect.filterOrFail((entries) => entries.length > 0, Option.none)
    )

    const storeBatch = (entries: ReadonlyArray<SpoolEntry>) => {
      const [first] = entries
      control.head = first === undefined ? null : nameOf(first)
      // The storage is at work without a pause: timers, signals and requests get their turn here.
      return Effect.zipRight(letOthersGo, takeOver(entries)).pipe(
        Effect.tap(({ files, millis }) =>
          Effect.sync(() => {
            pace = Pace.hasStored(pace, files.length, millis)
          })
        )
      )
    }

    /** Batches that are made to last together. */
    const together = Sink.suspend(() => {
      const batches = pace.flushedTogether
      pace = Pace.hasFlushed(pace)
      return Sink.collectAllN<TakeOver.TakenOver>(batches)
    })

    const remove = Effect.fnUntraced(function* ({ bad, files, held, marks }: TakeOver.TakenOver) {
      const withFate = (fate: FileFate) => files.filter(([, its]) => its === fate).map(([name]) => name)
      const accepted = yield* departures.remove(withFate("remove"))
      const unaffected = yield* departures.trash(withFate("trash"))
      const gone = [...accepted, ...unaffected]
      const badGone = new Set(yield* departures.trash(bad.map(({ name }) => name)))
      // Only what was done is said.
      const discarded = bad.filter(({ name }) => badGone.has(name))
      yield* events.publishAll(
        discarded.map(({ name, reasons }): ConnectorEvent => ({ _tag: "FileDiscarded", file: name, reasons }))
      )
      if (marks.length > 0) yield* scheduled.remove(marks)
      // What stays is known to be taken over, and leaves at a later look.
      yield* removed.add(gone)
      control.waiting = Math.max(0, control.waiting - gone.length - discarded.length)
      control.left = {
        accepted: control.left.accepted + accepted.length,
        unaffected: control.left.unaffected + unaffected.length,
        discarded: control.left.discarded + discarded.length
      }
      control.head = held?.name ?? null
      control.heldUp = held?.reason ?? null
    })

    const batches = Stream.repeatEffectOption(read).pipe(
      Stream.buffer({ capacity: 1 }),
      Stream.mapEffect(storeBatch),
      Stream.takeUntil(({ held }) => held !== null),
      Stream.buffer({ capacity: 1 }),
      Stream.aggregateWithin(together, Schedule.spaced(flushedWithin)),
      // Once they are removed, the storage is the only place that has them.
      Stream.tap(() => store.flush),
      Stream.buffer({ capacity: 1 }),
      Stream.tap(Effect.forEach(remove, { discard: true })),
      Stream.flattenChunks
    )

    return Effect.gen(function* () {
      const look = yield* spool.look
      control.waiting = look.waiting
      yield* removed.forgetEarlier
      const strangersIn = yield* sortOutStrangers(look)
      pace = Pace.looked(pace)
      // Most looks find nothing, and to set the pipeline up costs more than the look.
      const { held, heldBack, isNew } = look.waiting === 0 ? nothing : yield* Stream.runFold(batches, nothing, added)
      yield* reportHeld(held)
      control.head = held?.name ?? null
      control.heldUp = held?.reason ?? null
      const [first] = heldBack
      control.heldBack = first === undefined ? null : { files: heldBack.length, reason: first.reason }
      // More may have come meanwhile.
      if (isNew && held === null) return 0
      yield* removed.forget
      return soonest([held?.again ?? strangersIn, yield* hooks.again])
    })
  })

/** Of milliseconds; null: nothing is known to become due. */
const soonest = (times: ReadonlyArray<number | null>): number | null => {
  const known = times.filter((time) => time !== null)
  return known.length === 0 ? null : Math.min(...known)
}

/** What came of the batches of one look. */
interface Drained {
  readonly isNew: boolean
  readonly held: Held | null
  readonly heldBack: ReadonlyArray<PluginHooks.HeldBack>
}

const nothing: Drained = { isNew: false, held: null, heldBack: [] }

const added = (all: Drained, one: Drained): Drained => ({
  isNew: all.isNew || one.isNew,
  held: one.held,
  heldBack: one.heldBack.length === 0 ? all.heldBack : [...all.heldBack, ...one.heldBack]
})
