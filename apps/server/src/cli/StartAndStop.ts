/** The first and the last line of a run, and between them what a stop waits for. */
import { Connector } from "@id-connector/core/Connector"
import * as MonotonicClock from "@id-connector/core/queue/MonotonicClock"
import { Cause, Chunk, Context, Effect, Exit, Fiber, Layer, Schedule } from "effect"
import { OpenRequests } from "../process/OpenRequests.js"
import * as SecondSignal from "../process/SecondSignal.js"
import type { Settings } from "../Settings.js"
import { version } from "../Version.js"

/** When it was told to stop, and the fiber that says what it waits for. */
class Stopping extends Context.Tag("@id-connector/server/cli/StartAndStop/Stopping")<
  Stopping,
  { since: number | null; telling: Fiber.Fiber<unknown> | null }
>() {}

/** How often a stop says what it still waits for. */
const tellEvery = "2 seconds"

const ofProcess = Effect.annotateLogs({ module: "Process" })

const reasonOf = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.isFailure(exit) && !Cause.isInterruptedOnly(exit.cause)
    ? Chunk.toReadonlyArray(Cause.failures(exit.cause)).map(messageOf).join("; ") || messageOf(Cause.squash(exit.cause))
    : (SecondSignal.received() ?? "its end was asked for")

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const directoryOf = ({ directory }: Settings): string => {
  switch (directory._tag) {
    case "File":
      return `file:${directory.path}`
    case "Ldap":
      return `ldap://${directory.host}:${directory.port}`
    case "None":
      return "none"
  }
}

/** Under everything but the log: what begins here has not begun before the first line, and has ended before the last. */
export const layer = (settings: Settings): Layer.Layer<Stopping> =>
  Layer.scoped(
    Stopping,
    Effect.acquireRelease(
      Effect.as(
        Effect.logInfo(`The ID Connector ${version} starts.`, {
          directory: settings.appDir,
          database: settings.databaseFile,
          source: directoryOf(settings),
          log: settings.logDirectory
        }),
        Stopping.of({ since: null, telling: null })
      ),
      ({ since, telling }, exit) =>
        Effect.gen(function* () {
          if (telling !== null) yield* Fiber.interrupt(telling)
          const now = yield* MonotonicClock.currentTimeMillis
          const isFailure = Exit.isFailure(exit) && !Cause.isInterruptedOnly(exit.cause)
          yield* (isFailure ? Effect.logError : Effect.logInfo)(`The ID Connector ${version} has stopped.`, {
            reason: reasonOf(exit),
            ...(since === null ? {} : { milliseconds: now - since })
          })
        })
    ).pipe(ofProcess)
  )

/** To be built last: from its end on, the log says what the stop waits for. */
export const duringStop = Effect.gen(function* () {
  const connector = yield* Connector
  const requests = yield* OpenRequests
  const stopping = yield* Stopping
  const waitsFor = Effect.map(connector.status, (queues) => ({
    requests: requests.count(),
    deliveries: queues.reduce((sum, { inFlight }) => sum + inFlight, 0),
    authorities: queues
      .flatMap(({ authority, inFlight }) => (inFlight > 0 ? [authority] : []))
      .slice(0, 20)
      .join(", ")
  }))
  const still = Effect.gen(function* () {
    const now = yield* MonotonicClock.currentTimeMillis
    const seconds = Math.round((now - (stopping.since ?? now)) / 1_000)
    yield* Effect.logInfo("The stop waits for what is at work.", { seconds, ...(yield* waitsFor) })
  })
  yield* Effect.addFinalizer((exit) =>
    Effect.gen(function* () {
      stopping.since = yield* MonotonicClock.currentTimeMillis
      yield* Effect.logInfo("Stopping. What is at work is finished and recorded first, ten seconds long at most.", {
        reason: reasonOf(exit),
        ...(yield* Effect.orElseSucceed(waitsFor, () => ({})))
      })
      // The database closes during the stop: then nothing is waited for any more.
      stopping.telling = yield* Effect.forkDaemon(
        Effect.ignore(Effect.sandbox(Effect.schedule(still, Schedule.spaced(tellEvery))))
      )
    }).pipe(ofProcess)
  )
})
