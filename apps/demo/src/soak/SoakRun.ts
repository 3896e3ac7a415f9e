// @effect-diagnostics nodeBuiltinImport:off
// A process and its files, looked at from outside.
/**
 * The connector under steady changes for long: targets that fail, an administrator who asks and changes things, restarts; looked at every
 * few seconds. In the end the targets have to hold what the source says.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { FileSystem } from "@effect/platform"
import { Clock, Effect, Fiber, Ref, Schedule } from "effect"
import * as Connector from "../bench/Connector.js"
import * as Rig from "../faults/Rig.js"
import * as Year from "../faults/Year.js"
import * as Administrator from "./Administrator.js"
import * as Changes from "./Changes.js"
import * as Lives from "./Lives.js"
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

    const env = { NODE_OPTIONS: Probe.nodeOptions(probe, every * 1000) }
    const connector = yield* Lives.make(Connector.start(directory, env), (line) => Effect.runSync(wrong([line])))
    const admin = Administrator.make(directory, Object.keys(Year.schools), () => connector.running()?.api ?? null)

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
      yield* note({ files, requests: admin.requests(), restarts: Math.max(0, connector.count() - 1), errors })
      const running = connector.running()
      const pid = running?.child.pid
      if (running === null || pid === undefined) return
      const figures = yield* admin.figures
      // Restarted meanwhile.
      if (connector.running() !== running) return
      const looked = Sampler.read({ directory, pid, probe }, figures, at * 1000, counters)
      counters = looked.counters
      const next: Sample = { at, life: running.life, values: looked.values }
      yield* Ref.update(seen, (before) => ({ ...before, samples: [...before.samples, next] }))
    })

    const befall = (event: Timetable.Event): Effect.Effect<void> => {
      switch (event._tag) {
        case "Restart":
          return Effect.zipRight(connector.end(event.signal), connector.begin)
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
    yield* connector.begin
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
        Effect.suspend(() =>
          options.progress(`${files} files, ${admin.requests()} requests, process ${connector.count()}`)
        ),
        60
      ).pipe(Effect.delay("60 seconds"))
    ]
    const sampling = yield* Effect.forkScoped(Effect.repeat(sample, Schedule.fixed(`${every * 1000} millis`)))
    // What dies in the background ends the run.
    yield* Effect.scoped(
      Effect.raceFirst(
        Effect.all(during, { concurrency: "unbounded", discard: true }),
        Effect.sleep(`${options.seconds * 1000} millis`)
      )
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
    yield* connector.end("SIGTERM")
    LogRotation.countErrors(LogRotation.rest(directory), errors)
    yield* wrong(admin.unexpected())
    yield* note({ files, requests: admin.requests(), restarts: connector.count() - 1, errors })
  }).pipe(Effect.scoped)
