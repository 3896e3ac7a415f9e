// @effect-diagnostics nodeBuiltinImport:off processEnv:off
// Processes are started, killed and looked at from outside.
/** `id-connector serve` as a process between an in queue and three simulated targets that can be restarted. */
import { type ChildProcess, spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import process from "node:process"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Clock, Effect, Exit, Schedule, Scope } from "effect"
import * as Databases from "./Databases.js"
import * as Written from "./Written.js"
import * as Year from "./Year.js"

export interface Target {
  readonly name: string
  readonly simulator: KelvinSimulator.KelvinSimulator
  /** Ends all connections, is away for a while, and comes back at the same address with all it holds. */
  readonly restart: (away: `${number} millis`) => Effect.Effect<void>
}

export interface Rig {
  readonly targets: ReadonlyArray<Target>
  /** Starts the connector. It is killed when the scope ends. */
  readonly start: Effect.Effect<ChildProcess, never, Scope.Scope>
  /** Puts files into the in queue, under names that go on from `first`. */
  readonly drop: (contents: ReadonlyArray<unknown>, first: number) => void
  /** Waits until everything is delivered or given up, and answers with what is left by authority and state. */
  readonly settled: Effect.Effect<ReadonlyArray<string>>
  /** What the history has and does not have, see `Written`. To be asked when no connector runs. */
  readonly unwritten: Effect.Effect<ReadonlyArray<string>>
  /** Lines of the log that hold a text. */
  readonly logged: (text: string) => ReadonlyArray<string>
}

/** How the executable is started: from what was built, or from the sources. */
export type Executable = ReadonlyArray<string>

const server = Path.resolve(import.meta.dirname, "../../../server")
export const built: Executable = [Path.join(server, "dist/bin.js")]
export const sources: Executable = [
  "--conditions=@id-connector/source",
  "--import",
  "tsx",
  Path.join(server, "src/bin.ts")
]

/** Life of a token in seconds: they run out during the run, sooner than real ones. */
const tokenTtl = 20

/** Nothing happens for so long, in milliseconds, before all is taken to be over. */
const quietFor = 1_500

export const make = (
  directory: string,
  executable: Executable,
  random: () => number,
  /** Laid over the plugin's configuration of all authorities. */
  kelvin: object = {}
): Effect.Effect<Rig, never, Scope.Scope> =>
  Effect.gen(function* () {
    const listener = Path.join(directory, "data", "listener")
    const conf = Path.join(directory, "conf", "school_authorities")
    Fs.mkdirSync(conf, { recursive: true })
    Fs.mkdirSync(listener, { recursive: true })
    Fs.writeFileSync(Path.join(directory, "directory.json"), '{"users": [], "groups": []}')
    const tls = yield* KelvinSimulatorHttp.certificate
    const targets = yield* Effect.forEach(Object.entries(Year.schools), ([name, schools]) =>
      Effect.gen(function* () {
        const target = yield* makeTarget(name, schools, tls, random)
        const file = Builders.authority(name, {
          url: target.url,
          // Users move and leave by the hundred here.
          kelvin: { ssl_context: { check_hostname: false, verify_mode: 0 }, deletion_protection: false, ...kelvin }
        })
        Fs.writeFileSync(Path.join(conf, `${name}.json`), JSON.stringify(file), { mode: 0o600 })
        return target
      })
    )
    const mapping = Object.fromEntries(
      Object.entries(Year.schools).flatMap(([name, schools]) => schools.map((school) => [school, name]))
    )
    Fs.writeFileSync(Path.join(directory, "conf", "schools_authorities_mapping.json"), JSON.stringify({ mapping }))

    const start = Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, [...executable, "serve"], {
          stdio: ["ignore", "ignore", "inherit"],
          env: ServiceProcess.environment(directory)
        })
      ),
      kill
    )

    const dropped: Array<string> = []
    const drop: Rig["drop"] = (contents, first) => {
      for (const [index, content] of contents.entries()) {
        const name = `2026-02-03-08-00-00-${String(first + index).padStart(6, "0")}.json`
        Fs.writeFileSync(Path.join(directory, name), JSON.stringify(content))
        Fs.renameSync(Path.join(directory, name), Path.join(listener, name))
        dropped.push(name)
      }
    }

    const database = Path.join(directory, "data", "id-connector.db")
    yield* Databases.observed(database)
    const left = Databases.counts(database)
    const settled = Effect.gen(function* () {
      const rows = yield* left
      const last = Math.max(...targets.map(({ simulator }) => simulator.requests().at(-1)?.at ?? 0))
      const isEmpty = Fs.readdirSync(listener).every((name) => !name.endsWith(".json"))
      const isOver =
        isEmpty && rows.every(({ state }) => state === "dead") && (yield* Clock.currentTimeMillis) - last > quietFor
      if (!isOver) return yield* Effect.fail("not yet" as const)
      return rows.map(({ authority, items, state }) => `${authority}: ${items} ${state}`)
    }).pipe(Effect.retry(Schedule.spaced("200 millis")), Effect.orDie)

    const logged = (text: string) =>
      Fs.readFileSync(Path.join(directory, "log", "queues.log"), "utf8")
        .split("\n")
        .filter((line) => line.includes(text))
    const unwritten = Effect.gen(function* () {
      const { outbox, settled } = yield* Databases.seen(database)
      const history = yield* Databases.history(Path.join(directory, "data", "history.db"))
      // What the history has already may stand in the outbox still.
      const records = new Map([...outbox, ...history].map(({ id, record }) => [id, record]))
      return Written.misses([...records.values()], { files: dropped, settled })
    })
    return { targets, start, drop, settled, unwritten, logged }
  })

const makeTarget = (
  name: string,
  schools: ReadonlyArray<string>,
  tls: { key: string; cert: string },
  random: () => number
) =>
  Effect.gen(function* () {
    const simulator = yield* KelvinSimulator.make({ schools, tokenTtl, random })
    const open = (port: number) =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const served = yield* Scope.extend(KelvinSimulatorHttp.serve(simulator, { tls, port }), scope)
        return { ...served, close: Scope.close(scope, Exit.void) }
      })
    let server = yield* open(0)
    yield* Effect.addFinalizer(() => Effect.suspend(() => server.close))
    return {
      name,
      simulator,
      url: server.url,
      restart: (away: `${number} millis`) =>
        Effect.gen(function* () {
          yield* server.close
          yield* Effect.sleep(away)
          server = yield* open(server.port)
        }).pipe(Effect.uninterruptible)
    }
  })

export const kill = (child: ChildProcess) => Effect.promise(() => ServiceProcess.end(child, "SIGKILL"))
