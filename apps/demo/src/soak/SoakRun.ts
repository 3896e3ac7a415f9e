// @effect-diagnostics nodeBuiltinImport:off
// A process and its files, looked at from outside.
/**
 * The connector under steady changes for long: targets that fail, an administrator who asks and changes things, restarts; looked at every
 * few seconds. In the end the targets have to hold what the source says.
 */
import type { ChildProcess } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { FileSystem } from "@effect/platform"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import { Clock, Effect, Exit, Fiber, Ref, Schedule, Scope } from "effect"
import * as Connector from "../bench/Connector.js"
import * as Rig from "../faults/Rig.js"
import * as Year from "../faults/Year.js"
import * as Administrator from "./Administrator.js"
import * as Changes from "./Changes.js"
import * as LogRotation from "./LogRotation.js"
import * as Probe from "./Probe.js"
import type { Sample } from "./Quantity.js"
import * as Sampler from "./Sampler.js"
import * as Timetable from "./Timetable.js"
import * as Trouble from "./Trouble.js"
import * as Wrong from "./Wrong.js"

export interface Options {
  readonly seconds: number
  readonly users: number
  /** Changes per second. */
  readonly rate: number
  readonly seed: number
  /** Called with what happens, now and then. */
  readonly progress: (line: string) => Effect.Effect<void>
}

/** What has been seen so far. */
export interface Seen {
  readonly samples: ReadonlyArray<Sample>
  readonly files: number
  readonly requests: number
  readonly restarts: number
  /** What the log says at the level `ERROR`, and how often. */
  readonly errors: ReadonlyMap<string, number>
  /** What went wrong: nothing is expected. */
  readonly wrong: ReadonlyArray<string>
}

export const nothingSeen: Seen = { samples: [], files: 0, requests: 0, restarts: 0, errors: new Map(), wrong: [] }

/** Longer than any back-off that a fault leaves behind. */
const toSettle = "6 minutes"

/** A connector that runs. */
interface Running {
  readonly child: ChildProcess
  readonly api: string
  readonly end: (signal: "SIGTERM" | "SIGKILL") => Effect.Effect<void>
}

/** `seen` is kept up to date, for whoever ends the run early. */
export const run = (options: Options, seen: Ref.Ref<Seen>): Effect.Effect<void, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* Effect.orDie(fs.makeTempDirectoryScoped({ prefix: "id-connector-soak-" }))
    const random = Year.generator(options.seed)
    const rig = yield* Rig.make(directory, Rig.built, random, { sync_password_hashes: true })
    const changes = Changes.make(options.users, random)
    const people = Administrator.directory(changes.people)
    Fs.writeFileSync(Path.join(directory, "directory.json"), JSON.stringify(people))
    const every = Math.max(1, Math.min(5, options.seconds / 60))
    const probe = Path.join(directory, "probe.json")
    const start = yield* Clock.currentTimeMillis
    const now = Effect.map(Clock.currentTimeMillis, (millis) => (millis - start) / 1000)
    const note = (more: Partial<Seen>) => Ref.update(seen, (before) => ({ ...before, ...more }))
    const wrong = (lines: ReadonlyArray<string>) =>
      Ref.update(seen, (before) => ({ ...before, wrong: [...before.wrong, ...lines] }))

    let running: Running | null = null
    let life = 0
    const begin = Effect.gen(function* () {
      const scope = yield* Scope.make()
      const env = { NODE_OPTIONS: Probe.nodeOptions(probe, every * 1000) }
      const connector = yield* Scope.extend(Connector.start(directory, env), scope)
      const api = yield* Effect.orDie(connector.api)
      life++
      let isWanted = false
      const { child } = connector
      child.once("exit", (code, signal) => {
        if (!isWanted) Effect.runSync(wrong([`the connector ended by itself, with ${code ?? signal}`]))
      })
      running = {
        child,
        api,
        end: (signal) =>
          Effect.gen(function* () {
            isWanted = true
            running = null
            yield* Effect.promise(() => ServiceProcess.end(child, signal))
            if (signal === "SIGTERM" && child.exitCode !== 0) {
              yield* wrong([`SIGTERM: the connector ended with ${child.exitCode ?? child.signalCode} instead of 0`])
            }
            yield* Scope.close(scope, Exit.void)
          })
      }
    })
    const end = (signal: "SIGTERM" | "SIGKILL") => Effect.suspend(() => running?.end(signal) ?? Effect.void)
    // Ctrl-C reaches it, too, where a terminal sends it to all.
    yield* Effect.addFinalizer(() => end("SIGKILL"))

    const admin = Administrator.make(directory, Object.keys(Year.schools), () => running?.api ?? null)

    let files = 0
    const drop = (contents: ReadonlyArray<unknown>) =>
      Effect.sync(() => {
        rig.drop(contents, files)
        files += contents.length
      })

    let counters: Sampler.Counters | null = null
    const errors = new Map<string, number>()
    const sample = Effect.gen(function* () {
      const at = yield* now
      LogRotation.countErrors(LogRotation.rotate(directory), errors)
      yield* note({ files, requests: admin.requests(), restarts: Math.max(0, life - 1), errors })
      const pid = running?.child.pid
      if (pid === undefined) return
      const figures = yield* admin.figures
      // Restarted meanwhile.
      if (running?.child.pid !== pid) return
      const looked = Sampler.read({ directory, pid, probe }, figures, at * 1000, counters)
      counters = looked.counters
      const next: Sample = { at, life, values: looked.values }
      yield* Ref.update(seen, (before) => ({ ...before, samples: [...before.samples, next] }))
    })

    const befall = (event: Timetable.Event): Effect.Effect<void> => {
      switch (event._tag) {
        case "Restart":
          return Effect.zipRight(end(event.signal), begin)
        case "Configure":
          return admin.configure(event.nth)
        case "Trouble": {
          const target = rig.targets[event.target]
          return target === undefined ? Effect.void : Trouble.befall(target, event.trouble, event.lasts)
        }
      }
    }

    yield* options.progress(
      `${options.users} users in ${Object.keys(Year.schools).length} school authorities, ${options.rate} changes a second for ${Math.round(options.seconds / 6) / 10} minutes.`
    )
    for (const { simulator } of rig.targets) Trouble.always(simulator)
    yield* drop(changes.initial())
    yield* begin
    const events = Timetable.make(options.seconds, rig.targets.length, random)
    const repeated = <E>(work: Effect.Effect<void, E>, apart: number) =>
      Effect.repeat(work, Schedule.spaced(`${apart * 1000} millis`))
    const during = [
      repeated(
        Effect.suspend(() => drop(changes.next())),
        1 / options.rate
      ),
      repeated(admin.look, 1),
      Effect.gen(function* () {
        // One after the other where they are restarts; a trouble is waited for by nobody.
        for (const event of events) {
          yield* Effect.sleep(`${Math.max(0, event.at - (yield* now)) * 1000} millis`)
          yield* event._tag === "Restart" ? befall(event) : Effect.forkScoped(befall(event))
        }
      }),
      repeated(
        Effect.suspend(() => options.progress(`${files} files, ${admin.requests()} requests, process ${life}`)),
        60
      )
    ]
    const sampling = yield* Effect.forkScoped(Effect.repeat(sample, Schedule.fixed(`${every * 1000} millis`)))
    yield* Effect.scoped(
      Effect.gen(function* () {
        for (const each of during) yield* Effect.forkScoped(each)
        yield* Effect.sleep(`${options.seconds * 1000} millis`)
      })
    )
    yield* Fiber.interrupt(sampling)

    yield* options.progress("The changes have ended: waiting until the last of them are delivered.")
    for (const { simulator } of rig.targets) simulator.clearFaults()
    yield* admin.tidyUp
    const left = yield* Effect.timeoutTo(rig.settled, {
      duration: toSettle,
      onTimeout: () => [`not all was delivered within ${toSettle}`],
      onSuccess: (lines) => lines.map((line) => `left in the queue of ${line}`)
    })
    yield* wrong(left)
    yield* wrong(
      rig.targets.flatMap((target) => Wrong.differences(target.name, changes.expected(), target.simulator.state()))
    )
    yield* end("SIGTERM")
    LogRotation.countErrors(LogRotation.rest(directory), errors)
    yield* wrong(admin.unexpected())
    yield* note({ files, requests: admin.requests(), restarts: life - 1, errors })
  }).pipe(Effect.scoped)
