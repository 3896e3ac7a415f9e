/**
 * The in queue: takes listener files from the spool directory, in the order of their names, decides who gets them and
 * hands them to the out queues. A batch is one transaction: previous states, items and the end of the files come together.
 */
import { Clock, Duration, Effect, Either, Queue, Ref, Stream } from "effect"
import { Bell } from "./Bell.js"
import { ConfigStore, type Configuration } from "./ConfigStore.js"
import { Directory } from "./Directory.js"
import * as Distribution from "./Distribution.js"
import { type ConnectorEvent, Events, subjectOf } from "./Events.js"
import * as ListenerObject from "./ListenerObject.js"
import type { PasswordHashes } from "./PasswordHashes.js"
import { persistently } from "./Patience.js"
import { type Plugin, Plugins } from "./Plugin.js"
import * as PreviousState from "./PreviousState.js"
import { PreviousStateStore } from "./PreviousStateStore.js"
import { type Arrival, type FileFate, QueueStore, type SourceFile } from "./QueueStore.js"
import type { AuthorityName } from "./SchoolAuthority.js"
import { SourceDomain } from "./SourceDomain.js"
import { Spool, type SpoolEntry } from "./Spool.js"

/** Files that are taken over in one transaction. */
const batchSize = 500

/** A file that looks unfinished is left alone until it is this old, in milliseconds. */
const unfinishedFor = 5_000

/**
 * Runs the in queue for ever. Interrupting it is safe at any time: a file is removed only after what it says is stored.
 * While no school authority is configured it leaves all files alone.
 */
export const run = Effect.gen(function* () {
  const config = yield* ConfigStore
  const events = yield* Events
  const spool = yield* Spool
  const bell = yield* Queue.sliding<void>(1)
  const drain = yield* makeDrain
  yield* Stream.merge(
    spool.changes,
    Stream.map(config.changes, () => undefined)
  ).pipe(
    Stream.runForEach(() => Queue.offer(bell, undefined)),
    persistently,
    Effect.forkScoped
  )
  const reported = yield* Ref.make(false)
  return yield* Effect.gen(function* () {
    const configuration = yield* config.current
    if (configuration.authorities.length === 0) {
      if (!(yield* Ref.getAndSet(reported, true))) yield* events.publish({ _tag: "NothingConfigured" })
      return yield* Queue.take(bell)
    }
    yield* Ref.set(reported, false)
    const lookAgainIn = yield* persistently(drain)
    yield* lookAgainIn === null
      ? Queue.take(bell)
      : Queue.take(bell).pipe(Effect.timeoutOption(Duration.millis(lookAgainIn)))
  }).pipe(Effect.forever)
}).pipe(Effect.scoped, Effect.annotateLogs({ module: "InQueue" }))

/** Works the directory off once. Answers in how many milliseconds an unfinished file is due, or null. */
const makeDrain = Effect.gen(function* () {
  const spool = yield* Spool
  const store = yield* QueueStore
  const events = yield* Events
  const takeOver = yield* makeTakeOver
  const left = yield* Ref.make<ReadonlySet<string>>(new Set())
  const isFirst = yield* Ref.make(true)

  /** Entries that stay where they are are reported once, not at every look. */
  const reportLeft = (directories: ReadonlyArray<string>) =>
    Effect.flatMap(Ref.getAndSet(left, new Set(directories)), (known) =>
      Effect.forEach(
        directories.filter((name) => !known.has(name)),
        (name) => events.publish({ _tag: "FileLeft", file: name, reason: "it is a directory, not a listener file" }),
        { discard: true }
      )
    )

  return Effect.gen(function* () {
    const listing = yield* spool.list
    yield* reportLeft(listing.directories)
    if (yield* Ref.getAndSet(isFirst, false)) {
      const present = new Set(listing.names)
      yield* store.forget((yield* store.takenOverNames).filter((name) => !present.has(name)))
    }
    const now = yield* Clock.currentTimeMillis
    const old = listing.strangers.filter((stranger) => now - stranger.modifiedAt >= unfinishedFor)
    yield* spool.trash(old.map((stranger) => stranger.name))
    yield* Effect.forEach(
      old,
      ({ name, reason }) => events.publish({ _tag: "FileDiscarded", file: name, reasons: [reason] }),
      { discard: true }
    )
    const young = listing.strangers.length > old.length ? unfinishedFor : null
    let rest = listing.names
    while (rest.length > 0) {
      const entries = yield* spool.read(rest.slice(0, batchSize))
      const { done, wait } = yield* takeOver(entries)
      if (wait !== null) return wait
      rest = rest.slice(done)
    }
    return young
  })
})

/** What a file turned out to be. */
type Reading =
  | { readonly _tag: "Good"; readonly file: SourceFile; readonly object: ListenerObject.ListenerObject }
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
      return Either.match(ListenerObject.decodeText(entry.text), {
        onLeft: ({ breaksOff, reasons }): Reading =>
          breaksOff && again > 0 ? { _tag: "Unfinished", again } : { _tag: "Bad", name: entry.file.name, reasons },
        onRight: (object): Reading => ({ _tag: "Good", file: entry.file, object })
      })
    }
  }
}

/**
 * Takes over what has been read: `done` entries are finished; `wait` says that the next one is perhaps still being written.
 * The files after it wait, too, since they may be about the same object.
 */
const makeTakeOver = Effect.gen(function* () {
  const spool = yield* Spool
  const store = yield* QueueStore
  const bell = yield* Bell
  const events = yield* Events
  const config = yield* ConfigStore
  const prepare = yield* makePrepare

  const finish = (fates: Iterable<readonly [name: string, fate: FileFate]>) =>
    Effect.gen(function* () {
      const all = [...fates]
      const named = (fate: FileFate) => all.filter(([, its]) => its === fate).map(([name]) => name)
      yield* spool.remove(named("remove"))
      yield* spool.trash(named("trash"))
      yield* store.forget(all.map(([name]) => name))
    })

  return Effect.fn("InQueue.takeOver")(function* (entries: ReadonlyArray<SpoolEntry>) {
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
    const takenOver = yield* store.takenOver(good.map(({ file }) => file))
    const configuration = yield* config.current
    const { arrivals, happened } = yield* prepare(
      good.filter(({ file }) => !takenOver.has(file.name)),
      configuration
    )
    if (arrivals.length > 0) yield* store.accept(arrivals)
    yield* bell.ring(new Set(arrivals.flatMap((arrival) => arrival.recipients)))
    yield* finish([...takenOver, ...arrivals.map((arrival) => [arrival.file.name, arrival.fate] as const)])
    yield* spool.trash(bad.map(({ name }) => name))
    yield* Effect.forEach(
      [
        ...[...takenOver.keys()].map((file): ConnectorEvent => ({ _tag: "FileAlreadyTakenOver", file })),
        ...bad.map(({ name, reasons }): ConnectorEvent => ({ _tag: "FileDiscarded", file: name, reasons })),
        ...happened
      ],
      events.publish,
      { discard: true }
    )
    return { done: readings.length, wait }
  })
})

interface GoodReading {
  readonly file: SourceFile
  readonly object: ListenerObject.ListenerObject
}

/** Preprocesses and distributes changes, in their order. */
const makePrepare = Effect.gen(function* () {
  const states = yield* PreviousStateStore
  const directory = yield* Directory
  const plugins = yield* Plugins
  const domain = yield* SourceDomain

  return Effect.fnUntraced(function* (good: ReadonlyArray<GoodReading>, configuration: Configuration) {
    const now = yield* Clock.currentTimeMillis
    const fresh = good.filter(({ file }) => !isPreprocessed(file))
    const known = new Map(yield* states.get([...new Set(fresh.map(({ object }) => object.id.toLowerCase()))]))
    const usernames = fresh.flatMap(({ object }) => (object._tag === "ChangedUser" ? [object.username] : []))
    const hashes = usernames.length === 0 ? new Map() : yield* directory.passwordHashes([...new Set(usernames)])
    const arrivals: Array<Arrival> = []
    const happened: Array<ConnectorEvent> = []
    for (const { file, object: read } of good) {
      const attached = isPreprocessed(file) ? read : attach(read, known, hashes)
      const remember = rememberAs(attached, now)
      if (remember._tag === "State") known.set(attached.id.toLowerCase(), remember.state)
      const object = yield* preprocess(attached, plugins)
      const distribution = Distribution.distribute(object, {
        authorities: configuration.authorities,
        mapping: configuration.mapping,
        layout: domain.layout,
        added: addedByPlugins(object, plugins, configuration)
      })
      const recipients: ReadonlyArray<AuthorityName> = distribution.recipients.map(({ authority }) => authority)
      arrivals.push({ file, fate: recipients.length === 0 ? "trash" : "remove", object, recipients, remember })
      const subject = subjectOf(object)
      for (const problem of problemsOf(object)) {
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

const attach = (
  object: ListenerObject.ListenerObject,
  known: ReadonlyMap<string, PreviousState.PreviousState>,
  hashes: ReadonlyMap<string, PasswordHashes>
): ListenerObject.ListenerObject => {
  const state = known.get(object.id.toLowerCase())
  switch (object._tag) {
    case "ChangedUser":
      return { ...object, previous: userState(state), hashes: hashes.get(object.username.toLowerCase()) ?? null }
    case "RemovedUser":
      return { ...object, previous: userState(state) }
    case "ChangedGroup":
    case "RemovedGroup":
      return { ...object, previous: state !== undefined && !PreviousState.isUser(state) ? state : null }
  }
}

const userState = (state: PreviousState.PreviousState | undefined) =>
  state !== undefined && PreviousState.isUser(state) ? state : null

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

const preprocess = (object: ListenerObject.ListenerObject, plugins: ReadonlyArray<Plugin>) =>
  Effect.reduce(plugins, object, (current, plugin) => plugin.preprocess?.(current) ?? Effect.succeed(current))

const addedByPlugins = (
  object: ListenerObject.ListenerObject,
  plugins: ReadonlyArray<Plugin>,
  configuration: Configuration
) =>
  plugins.flatMap((plugin) =>
    [...(plugin.distribute?.(object, configuration) ?? [])].map((authority) => ({ plugin: plugin.name, authority }))
  )

/** What is not in order about the data, though the change is accepted. */
const problemsOf = (object: ListenerObject.ListenerObject): ReadonlyArray<string> => {
  if (object._tag === "RemovedUser" && object.previous === null) {
    return [
      `no previous state is known of ${object.dn} (entryUUID ${object.id}): the user can't be removed at the school authorities`
    ]
  }
  if (object._tag !== "ChangedUser") return []
  const problems: Array<string> = []
  if (object.hashes === null) problems.push("the source directory has no password hashes of the user")
  const primary = ListenerObject.primarySchool(object)
  if (!primary.fromDn) {
    problems.push(
      `the school in the DN ${object.dn} is none of the user's schools: ${primary.school} is taken as the primary school`
    )
  }
  return problems
}
