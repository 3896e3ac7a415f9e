/**
 * The in queue: takes listener files from the spool directory, in the order of their names, decides who gets them and
 * hands them to the out queues. Previous states, items and the end of the files are stored together, and the files are removed
 * only after that.
 */
import { Clock, Duration, Effect, Either, Option, Queue, Ref, Schedule, Sink, Stream } from "effect"
import * as ListenerObject from "../../changes/ListenerObject.js"
import * as PreviousState from "../../changes/PreviousState.js"
import { ConfigStore, type Configuration } from "../../config/ConfigStore.js"
import { Directory } from "../../directory/Directory.js"
import { type ConnectorEvent, subjectOf } from "../../events/ConnectorEvent.js"
import { Events } from "../../events/Events.js"
import * as Distribution from "../../mapping/Distribution.js"
import type { AuthorityName } from "../../schools/SchoolAuthority.js"
import { SourceDomain } from "../../schools/SourceDomain.js"
import { Plugins } from "../../targets/Plugin.js"
import { EventLoopYield } from "../EventLoopYield.js"
import { PreviousStateStore } from "../PreviousStateStore.js"
import { QueueNotifier } from "../QueueNotifier.js"
import { type Arrival, type FileFate, QueueStore, type SourceFile } from "../QueueStore.js"
import { persistently } from "../Supervision.js"
import * as BatchSize from "./BatchSize.js"
import * as Preparation from "./Preparation.js"
import { nameOf, Spool, type SpoolEntry } from "./Spool.js"

/**
 * So many portions wait for the disk together at most, after a look first one, then twice as many each time: together they cost
 * less, but the files of the first ones can be removed while the next ones are stored.
 */
const flushedAtOnce = 8

/** They wait for so long at most. */
const flushedWithin = "100 millis"

/** So many files at most are removed before that is made to last: it takes as long for many files as for few. */
const forgottenAtOnce = 10_000

/** A file that looks unfinished is left alone until it is this old, in milliseconds. */
const unfinishedFor = 5_000

/** What the in queue is at, for people who watch it. */
export interface Control {
  /** Files that wait, as far as the last look saw them. */
  waiting: number
  /** The file at work, or null. */
  head: string | null
}

export const makeControl = (): Control => ({ waiting: 0, head: null })

/**
 * Runs the in queue for ever. Interrupting it is safe at any time: a file is removed only after what it says is stored.
 * While no school authority is configured it leaves all files alone.
 */
export const run = (control: Control) =>
  Effect.gen(function* () {
    const config = yield* ConfigStore
    const events = yield* Events
    const spool = yield* Spool
    const bell = yield* Queue.bounded<void>(1)
    const drain = yield* makeDrain(control)
    // While the bell has rung, nobody has to watch the directory: the next sign of change is waited for when this one is heard.
    yield* spool.changes.pipe(
      Stream.runForEach(() => Queue.offer(bell, undefined)),
      persistently,
      Effect.forkScoped
    )
    yield* config.changes.pipe(
      Stream.runForEach(() => Effect.sync(() => bell.unsafeOffer(undefined))),
      persistently,
      Effect.forkScoped
    )
    const reported = yield* Ref.make(false)
    return yield* Effect.gen(function* () {
      const configuration = yield* config.current
      if (configuration.authorities.length === 0) {
        if (!(yield* Ref.getAndSet(reported, true))) yield* events.publish({ _tag: "NothingConfigured" })
        control.waiting = (yield* persistently(spool.look)).waiting
        return yield* Queue.take(bell)
      }
      yield* Ref.set(reported, false)
      const lookAgainIn = yield* persistently(drain)
      if (lookAgainIn === 0) return
      yield* lookAgainIn === null
        ? Queue.take(bell)
        : Queue.take(bell).pipe(Effect.timeoutOption(Duration.millis(lookAgainIn)))
    }).pipe(Effect.forever)
  }).pipe(Effect.scoped, Effect.annotateLogs({ module: "InQueue" }))

/**
 * Works the directory off once. Answers in how many milliseconds to look again: at once when there was something new, since
 * more may have come meanwhile; when an unfinished file is due; or null.
 */
const makeDrain = (control: Control) =>
  Effect.gen(function* () {
    const spool = yield* Spool
    const store = yield* QueueStore
    const events = yield* Events
    /** Names of files that are removed and still remembered. */
    const removed = new Set<string>()
    const takeOver = yield* makeTakeOver(removed)
    const breath = yield* EventLoopYield
    const left = yield* Ref.make<ReadonlySet<string>>(new Set())
    const isFirst = yield* Ref.make(true)
    /** Of a portion, in files. */
    let size: number = BatchSize.most
    /** Of the first portions after a look: while a small one is stored, the next one can be read. */
    let growing: number = BatchSize.least
    /** Of what waits for the disk together, in portions. */
    let together = 1

    /** Entries that stay where they are are reported once, not at every look. */
    const reportLeft = (directories: ReadonlyArray<string>) =>
      Effect.flatMap(Ref.getAndSet(left, new Set(directories)), (known) =>
        events.publishAll(
          directories
            .filter((name) => !known.has(name))
            .map((name) => ({
              _tag: "FileLeft",
              file: name,
              reason: "it is a directory, not a listener file"
            }))
        )
      )

    const finish = Effect.fnUntraced(function* ({ takenOver, trash }: TakenOver) {
      const named = (fate: FileFate) => takenOver.filter(([, its]) => its === fate).map(([name]) => name)
      yield* spool.remove(named("remove"))
      yield* spool.trash([...named("trash"), ...trash])
      for (const [name] of takenOver) removed.add(name)
      if (removed.size >= forgottenAtOnce) yield* forget
      control.waiting = Math.max(0, control.waiting - takenOver.length - trash.length)
      control.head = null
    })

    /** Only what is gone for good may be forgotten. */
    const forget = Effect.suspend(() =>
      removed.size === 0
        ? Effect.void
        : Effect.zipRight(
            spool.settle,
            Effect.suspend(() => {
              const names = [...removed]
              removed.clear()
              return Effect.tapError(store.forget(names), () =>
                Effect.sync(() => {
                  for (const name of names) removed.add(name)
                })
              )
            })
          )
    )

    const nextSize = () => {
      const next = Math.min(size, growing)
      growing = 2 * next
      return next
    }

    // While a portion is stored, the next one is read, and the files of the one before are removed.
    const portions = Stream.repeatEffectOption(
      Effect.suspend(() => spool.next(nextSize())).pipe(
        Effect.mapError(Option.some),
        Effect.filterOrFail((entries) => entries.length > 0, Option.none)
      )
    ).pipe(
      Stream.buffer({ capacity: 1 }),
      // The storage is at work without a pause: timers, signals and requests get their turn here.
      Stream.tap((entries) => {
        const [first] = entries
        control.head = first === undefined ? null : nameOf(first)
        return breath
      }),
      Stream.mapEffect(takeOver),
      Stream.tap(({ millis, takenOver }) =>
        Effect.sync(() => {
          size = BatchSize.next(size, takenOver.length, millis)
        })
      ),
      Stream.takeUntil(({ wait }) => wait !== null),
      Stream.buffer({ capacity: 1 }),
      Stream.aggregateWithin(
        Sink.suspend(() => {
          const wanted = together
          together = Math.min(2 * together, flushedAtOnce)
          return Sink.collectAllN<TakenOver>(wanted)
        }),
        Schedule.spaced(flushedWithin)
      ),
      // Once they are removed, the storage is the only place that has them.
      Stream.tap(() => store.flush),
      Stream.buffer({ capacity: 1 }),
      Stream.tap(Effect.forEach(finish, { discard: true })),
      Stream.flattenChunks
    )

    return Effect.gen(function* () {
      const found = yield* spool.look
      control.waiting = found.waiting
      yield* reportLeft(found.directories)
      if (yield* Ref.get(isFirst)) {
        const names = yield* store.takenOverNames
        yield* store.forget(yield* spool.gone(names))
        yield* Ref.set(isFirst, false)
      }
      const now = yield* Clock.currentTimeMillis
      const old = found.strangers.filter((stranger) => now - stranger.modifiedAt >= unfinishedFor)
      yield* spool.trash(old.map((stranger) => stranger.name))
      yield* events.publishAll(
        old.map(({ name, reason }) => ({ _tag: "FileDiscarded", file: name, reasons: [reason] }))
      )
      growing = BatchSize.least
      together = 1
      const { isNew, wait } = yield* Stream.runFold(
        portions,
        { isNew: false, wait: null as number | null },
        (all, one) => ({ isNew: all.isNew || one.isNew, wait: one.wait })
      )
      if (isNew && wait === null) return 0
      yield* forget
      return wait ?? (found.strangers.length > old.length ? unfinishedFor : null)
    })
  })

/** What a file turned out to be. */
type Reading =
  | {
      readonly _tag: "Good"
      readonly file: SourceFile
      readonly object: ListenerObject.ListenerObject
      readonly text: string
    }
  | { readonly _tag: "Bad"; readonly name: string; readonly reasons: ReadonlyArray<string> }
  /** Perhaps still being written: look again in so many milliseconds. */
  | { readonly _tag: "Unfinished"; readonly again: number }
  | { readonly _tag: "Gone" }

const read = (entry: SpoolEntry, now: number): Reading => {
  switch (entry._tag) {
    case "Gone":
      return entry
    case "Unusable": {
      const again = entry.modifiedAt + unfinishedFor - now
      return entry.unfinished && again > 0
        ? { _tag: "Unfinished", again }
        : { _tag: "Bad", name: entry.name, reasons: [entry.reason] }
    }
    case "Content": {
      const again = entry.modifiedAt + unfinishedFor - now
      const { text } = entry
      return Either.match(ListenerObject.decodeText(text), {
        onLeft: ({ breaksOff, reasons }): Reading =>
          breaksOff && again > 0 ? { _tag: "Unfinished", again } : { _tag: "Bad", name: entry.file.name, reasons },
        onRight: (object): Reading => ({ _tag: "Good", file: entry.file, object, text })
      })
    }
  }
}

/** What became of a portion. */
interface TakenOver {
  /** Files that are stored, or were before. */
  readonly takenOver: ReadonlyArray<readonly [name: string, fate: FileFate]>
  /** Whether any of them was not stored before. */
  readonly isNew: boolean
  /** Files that are no listener files. */
  readonly trash: ReadonlyArray<string>
  /**
   * The file after these is perhaps still being written: look again in so many milliseconds. The files after it wait, too,
   * since they may be about the same object.
   */
  readonly wait: number | null
  /** How long nobody else got a turn, in milliseconds. */
  readonly millis: number
}

/** Stores what has been read. `removed` loses the names that come again: these must not be forgotten now. */
const makeTakeOver = Effect.fnUntraced(function* (removed: Set<string>) {
  const store = yield* QueueStore
  const notifier = yield* QueueNotifier
  const events = yield* Events
  const config = yield* ConfigStore
  const breath = yield* EventLoopYield
  const prepare = yield* makePrepare

  return Effect.fnUntraced(function* (entries: ReadonlyArray<SpoolEntry>) {
    const now = yield* Clock.currentTimeMillis
    const readings: Array<Reading> = []
    let wait: number | null = null
    for (const entry of entries) {
      const reading = read(entry, now)
      if (reading._tag === "Unfinished") {
        wait = reading.again
        break
      }
      readings.push(reading)
    }
    const bad = readings.filter((reading) => reading._tag === "Bad")
    const good = readings.filter((reading) => reading._tag === "Good")
    const known = yield* store.takenOver(good.map(({ file }) => file))
    const { arrivals, happened } = yield* prepare(
      known.size === 0 ? good : good.filter(({ file }) => !known.has(file.name)),
      yield* config.current
    )
    for (const { file } of arrivals) removed.delete(file.name)
    const prepared = yield* Clock.currentTimeMillis
    yield* breath
    const rested = yield* Clock.currentTimeMillis
    if (arrivals.length > 0) yield* store.accept(arrivals)
    yield* notifier.notify(new Set(arrivals.flatMap((arrival) => arrival.recipients)))
    yield* events.publishAll([
      ...[...known.keys()].map((file): ConnectorEvent => ({ _tag: "FileAlreadyTakenOver", file })),
      ...bad.map(({ name, reasons }): ConnectorEvent => ({ _tag: "FileDiscarded", file: name, reasons })),
      ...happened
    ])
    const taken: TakenOver = {
      takenOver: [...known, ...arrivals.map(({ fate, file }) => [file.name, fate] as const)],
      isNew: arrivals.length > 0,
      trash: bad.map(({ name }) => name),
      wait,
      millis: (yield* Clock.currentTimeMillis) - rested + prepared - now
    }
    return taken
  })
})

type GoodReading = Extract<Reading, { readonly _tag: "Good" }>

/** Preprocesses and distributes changes, in their order. */
const makePrepare = Effect.gen(function* () {
  const states = yield* PreviousStateStore
  const directory = yield* Directory
  const plugins = yield* Plugins
  const domain = yield* SourceDomain

  const preprocessing = plugins.filter((plugin) => plugin.preprocess !== undefined)

  return Effect.fnUntraced(function* (good: ReadonlyArray<GoodReading>, configuration: Configuration) {
    const now = yield* Clock.currentTimeMillis
    const fresh = good.filter(({ file }) => !isPreprocessed(file))
    const known = new Map(yield* states.get([...new Set(fresh.map(({ object }) => object.id.toLowerCase()))]))
    const usernames = fresh.flatMap(({ object }) => (object._tag === "ChangedUser" ? [object.username] : []))
    const hashes = usernames.length === 0 ? new Map() : yield* directory.passwordHashes([...new Set(usernames)])
    const authorities = Distribution.byName(configuration.authorities)
    const arrivals: Array<Arrival> = []
    const happened: Array<ConnectorEvent> = []
    for (const { file, object: read, text } of good) {
      const attached = isPreprocessed(file) ? read : Preparation.attach(read, known, hashes)
      const remember = rememberAs(attached, now)
      if (remember._tag === "State") known.set(attached.id.toLowerCase(), remember.state)
      const object = preprocessing.length === 0 ? attached : yield* Preparation.preprocess(attached, preprocessing)
      const distribution = Distribution.distribute(object, {
        authorities,
        mapping: configuration.mapping,
        layout: domain.layout,
        added: Preparation.addedByPlugins(object, plugins, configuration)
      })
      const recipients: ReadonlyArray<AuthorityName> = distribution.recipients.map(({ authority }) => authority)
      arrivals.push({
        file,
        fate: recipients.length === 0 ? "trash" : "remove",
        object,
        text: object === attached ? text : null,
        recipients,
        remember
      })
      const subject = subjectOf(object)
      for (const problem of Preparation.problemsOf(object)) {
        happened.push({ _tag: "DataProblem", file: file.name, subject, problem })
      }
      const change = object._tag === "ChangedUser" || object._tag === "ChangedGroup" ? "changed" : "removed"
      happened.push({ _tag: "ChangeAccepted", file: file.name, subject, change, distribution })
    }
    return { arrivals, happened }
  })
})

/** Files that the Python connector has preprocessed are taken as they are. */
const isPreprocessed = (file: SourceFile): boolean => file.name.endsWith("_ready.json")

const keepAfterRemoval = Duration.toMillis(PreviousState.keepAfterRemoval)

const rememberAs = (object: ListenerObject.ListenerObject, now: number): Arrival["remember"] => {
  switch (object._tag) {
    case "ChangedUser":
      return { _tag: "State", state: ListenerObject.userState(object) }
    case "ChangedGroup":
      return { _tag: "State", state: ListenerObject.groupState(object) }
    case "RemovedUser":
    case "RemovedGroup":
      return { _tag: "ExpireAt", at: now + keepAfterRemoval }
  }
}
