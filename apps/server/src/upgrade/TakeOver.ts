/** Takes the waiting files of the Python connector into the queues, in the order of their names, which is that of the changes. */
import { FileSystem, Path } from "@effect/platform"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import { ConfigStore } from "@id-connector/core/config/ConfigStore"
import * as Arrivals from "@id-connector/core/queue/in/Arrivals"
import * as PluginHooks from "@id-connector/core/queue/in/PluginHooks"
import { type Arrival, QueueStore } from "@id-connector/core/queue/QueueStore"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { Array as Arr, Clock, Effect, Either } from "effect"
import * as Archive from "./Archive.js"
import * as OldFiles from "./OldFiles.js"

/** Names that are taken over in one transaction. */
const batch = 200

/** Between two lines about how far it is, in milliseconds. */
const sayEvery = 10_000

/** Does what the Python connector would have done next: these are preprocessed. */
export const finishNames = (place: OldFiles.Place) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    for (const name of yield* OldFiles.notRenamed(place)) {
      const from = path.join(place.inQueue, name)
      yield* fs.rename(from, from.replace(/\.json$/, "_ready.json"))
    }
  })

/** A file by its name: the queues that have a copy of it, and whether it is still in the in queue. */
interface Waiting {
  readonly name: string
  readonly copies: ReadonlyArray<{ readonly directory: string; readonly authority: AuthorityName }>
  readonly isInQueue: boolean
}

/** What can't be read is moved, too: it must not be in the way of the others, and the report names it. */
export const takeOver = (place: OldFiles.Place, archive: OldFiles.Place) =>
  Effect.gen(function* () {
    const all = yield* waiting(place)
    const arrivals = yield* toArrivals(place)
    let saidAt = yield* Clock.currentTimeMillis
    let done = 0
    for (const some of Arr.chunksOf(all, batch)) {
      yield* store(yield* arrivals(some))
      yield* moved(place, archive, some)
      done += some.length
      const now = yield* Clock.currentTimeMillis
      if (now - saidAt < sayEvery) continue
      saidAt = now
      yield* Effect.logInfo(`Took over ${done} of ${all.length} waiting files.`)
    }
  })

/** In the order of names. Files of the in queue only where a copy is in an out queue: the others it takes itself. */
const waiting = (place: OldFiles.Place) =>
  Effect.gen(function* () {
    const inQueue = new Set(yield* OldFiles.preprocessed(place))
    const copies = new Map<string, Array<Waiting["copies"][number]>>()
    for (const { authority, name: directory, waiting } of yield* OldFiles.outQueues(place)) {
      if (authority === null) continue
      for (const file of waiting) copies.set(file, [...(copies.get(file) ?? []), { directory, authority }])
    }
    return [...copies]
      .map(([name, copies]): Waiting => ({ name, copies, isInQueue: inQueue.has(name) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  })

const toArrivals = (place: OldFiles.Place) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const config = yield* ConfigStore
    const hooks = yield* PluginHooks.make
    const distributed = yield* Arrivals.make(hooks)

    /** For the authorities that have no copy yet. One that a plugin holds back stays in the in queue. */
    const ofInQueue = ({ copies, name }: Waiting) =>
      Effect.gen(function* () {
        const read = yield* readFile(path.join(place.inQueue, name), name)
        if (read === null) return []
        const { arrivals } = yield* distributed(
          [{ _tag: "Good", file: read.file, object: read.object, text: read.text }],
          yield* config.current,
          new Map()
        )
        return arrivals.map((arrival) => ({
          ...arrival,
          recipients: arrival.recipients.filter((one) => !copies.some(({ authority }) => authority === one))
        }))
      })

    const ofCopies = ({ copies, name }: Waiting) =>
      Effect.map(
        Effect.forEach(copies, ({ authority, directory }) =>
          Effect.map(
            readFile(path.join(place.outQueues, directory, name), `out_queues/${directory}/${name}`),
            (read): ReadonlyArray<Arrival> =>
              read === null
                ? []
                : [
                    {
                      file: read.file,
                      fate: "remove",
                      object: read.object,
                      text: null,
                      recipients: [authority],
                      sendAgain: false,
                      // The Python connector would have carried it out.
                      confirmed: true,
                      // That was remembered when the file was preprocessed.
                      remember: { _tag: "Nothing" }
                    }
                  ]
          )
        ),
        (all) => all.flat()
      )

    return (some: ReadonlyArray<Waiting>) =>
      Effect.map(
        Effect.forEach(some, (one) =>
          Effect.zipWith(ofCopies(one), one.isInQueue ? ofInQueue(one) : Effect.succeed([]), (a, b) => [...a, ...b])
        ),
        (all) => all.flat()
      )
  })

/** Null: it is no listener file, or breaks off. */
const readFile = (file: string, name: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const text = yield* fs.readFileString(file)
    const object = ListenerObject.decodeText(text)
    if (Either.isRight(object)) return { file: { name, digest: "preprocessed" }, object: object.right, text }
    yield* Effect.logError(
      "A file of the Python connector can't be read and is not taken over. Schedule its object again.",
      {
        file,
        reasons: object.left.reasons.join("; ")
      }
    )
    return null
  })

const store = (arrivals: ReadonlyArray<Arrival>) =>
  Effect.gen(function* () {
    const queues = yield* QueueStore
    const known = yield* queues.takenOver(arrivals.map(({ file }) => file))
    yield* queues.accept(arrivals.filter(({ file }) => !known.has(file.name)))
    yield* queues.flush
  })

const moved = (place: OldFiles.Place, archive: OldFiles.Place, some: ReadonlyArray<Waiting>) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const queues = yield* QueueStore
    const names = some.flatMap(({ copies, isInQueue, name }) => [
      ...(isInQueue ? [name] : []),
      ...copies.map(({ directory }) => `out_queues/${directory}/${name}`)
    ])
    // The in queue's first: as long as a copy is left, it is known that others have theirs.
    const inQueue = yield* queues.takenOver(some.map(({ name }) => ({ name, digest: "preprocessed" })))
    for (const name of inQueue.keys()) {
      yield* Archive.move(path.join(place.inQueue, name), path.join(archive.inQueue, name))
    }
    for (const { copies, name } of some) {
      for (const { directory } of copies) {
        const below = path.join(directory, name)
        yield* Archive.move(path.join(place.outQueues, below), path.join(archive.outQueues, below))
      }
    }
    const below = [...new Set(some.flatMap(({ copies }) => copies.map(({ directory }) => directory)))]
    yield* Effect.forEach(
      [place, archive].flatMap(({ inQueue, outQueues }) => [
        ...(names.length > 0 ? [inQueue] : []),
        ...below.map((directory) => path.join(outQueues, directory))
      ]),
      Archive.sync,
      { discard: true }
    )
    yield* queues.forget(names)
  })
