/**
 * Takes over what the Python connector has left in the base directory, before anything is delivered: previous states, what waits in
 * its out queues, and files of the in queue that are on their way there already. Whenever it is interrupted, the next start goes on:
 * what is stored is known by its file's name until the file is in the archive.
 */
import { FileSystem, Path } from "@effect/platform"
import { ConfigStore } from "@id-connector/core/config/ConfigStore"
import { PreviousStateStore } from "@id-connector/core/queue/PreviousStateStore"
import { QueueStore } from "@id-connector/core/queue/QueueStore"
import { Clock, DateTime, Effect, Layer, Option, Schema, Stream } from "effect"
import { version } from "../Version.js"
import * as Archive from "./Archive.js"
import * as OldFiles from "./OldFiles.js"
import * as OldStates from "./OldStates.js"
import * as Survey from "./Survey.js"
import * as TakeOver from "./TakeOver.js"

/** Something of it can't be read or written. Nothing is lost: the next start goes on. */
export class UpgradeStopped extends Schema.TaggedError<UpgradeStopped>()("UpgradeStopped", { detail: Schema.String }) {
  override get message() {
    return `What the Python connector has left can't be taken over: ${this.detail}`
  }
}

/** What came of it, as it is kept in the archive. */
export const Report = Schema.Struct({ version: Schema.String, finishedAt: Schema.DateTimeUtc, found: Survey.Survey })
export type Report = typeof Report.Type

export interface Options {
  readonly appDir: string
  /** The in queue's directory. */
  readonly listenerDirectory: string
}

/** Whatever uses this layer is built after the upgrade. */
export const layer = (options: Options) =>
  Layer.scopedDiscard(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const place = OldFiles.live(options.appDir, options.listenerDirectory)
      const unfinished = yield* Archive.unfinished(options.appDir)
      const isThere = (yield* fs.exists(place.outQueues)) || (yield* fs.exists(place.states))
      if (Option.isSome(unfinished)) yield* carryOut(place, unfinished.value)
      else if (isThere) yield* carryOut(place, yield* Archive.begin(options.appDir))
    }).pipe(
      Effect.mapError((error) => new UpgradeStopped({ detail: error.message })),
      Effect.annotateLogs({ module: "Upgrade" })
    )
  )

const carryOut = (place: OldFiles.Place, archive: string) =>
  Effect.gen(function* () {
    const target = OldFiles.archived(archive)
    yield* Effect.logInfo("Taking over what the Python connector has left. Nothing is delivered before that.", {
      archive
    })
    yield* adoptStates(place)
    yield* Archive.move(place.states, target.states)
    yield* TakeOver.finishNames(place)
    yield* TakeOver.takeOver(place, target)
    yield* Archive.move(place.outQueues, target.outQueues)
    const { authorities } = yield* (yield* ConfigStore).current
    const found = yield* Survey.of(target, { isOurs: true, configured: authorities.map(({ name }) => name) })
    const report = yield* writeReport(archive, found)
    const kept = yield* Archive.finish(archive)
    for (const line of Survey.describe(report.found, "did")) yield* Effect.logInfo(line.trim())
    yield* Effect.logInfo("The files of the Python connector are kept. They hold password hashes.", { directory: kept })
  })

/** Repeated, it changes nothing. */
const adoptStates = ({ states }: OldFiles.Place) =>
  Effect.gen(function* () {
    const store = yield* PreviousStateStore
    const queues = yield* QueueStore
    yield* Stream.runForEach(OldStates.read(states, { now: yield* Clock.currentTimeMillis, isOurs: true }), (portion) =>
      store.adopt(portion.flatMap((one) => (one._tag === "State" ? [one.state] : [])))
    )
    yield* queues.flush
  })

const writeReport = (archive: string, found: Survey.Survey) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const report: Report = { version, finishedAt: yield* DateTime.now, found }
    yield* fs.writeFileString(
      path.join(archive, Archive.report),
      `${JSON.stringify(Schema.encodeSync(Report)(report), null, 2)}\n`
    )
    return report
  })
