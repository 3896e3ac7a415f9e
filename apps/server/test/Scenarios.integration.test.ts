import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { defaultLayout } from "@id-connector/core/schools/SourceDomain"
import * as Ucr from "@id-connector/server/files/Ucr"
import * as Main from "@id-connector/server/Main"
import type { Settings } from "@id-connector/server/Settings"
import * as Scenario from "@id-connector/testkit/scenario/Scenario"
import * as ScenarioRun from "@id-connector/testkit/scenario/ScenarioRun"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect, Layer, Logger, LogLevel } from "effect"

const scenarios = fileURLToPath(new URL("../../../packages/testkit/scenarios/", import.meta.url))

const tls = Effect.runPromise(KelvinSimulatorHttp.certificate)

/** The service itself, on real files, SQLite and HTTPS. */
const run = (scenario: Scenario.Scenario) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const appDir = yield* fs.makeTempDirectoryScoped()
    const listener = path.join(appDir, "data", "listener")
    const authorities = path.join(appDir, "conf", "school_authorities")
    yield* fs.makeDirectory(authorities, { recursive: true })
    const simulated = yield* ScenarioRun.targets(scenario)
    const certificate = yield* Effect.promise(() => tls)
    for (const { name, simulator } of simulated) {
      const { url } = yield* KelvinSimulatorHttp.serve(simulator, { tls: certificate })
      const file = JSON.stringify(Scenario.authorityFile(scenario, name, url))
      yield* fs.writeFileString(path.join(authorities, `${name}.json`), file, { mode: 0o600 })
    }
    yield* fs.writeFileString(
      path.join(appDir, "conf", "schools_authorities_mapping.json"),
      JSON.stringify({ mapping: scenario.mapping })
    )
    yield* fs.writeFileString(path.join(appDir, "directory.json"), JSON.stringify(scenario.directory))
    const settings: Settings = {
      appDir,
      listenerDirectory: listener,
      databaseFile: path.join(appDir, "data", "id-connector.db"),
      directory: { _tag: "File", path: path.join(appDir, "directory.json") },
      ucrFile: path.join(appDir, "base.conf"),
      logDirectory: path.join(appDir, "log"),
      http: { host: "127.0.0.1", port: 0, tls: null },
      triggerDirectory: path.join(appDir, "triggers"),
      layout: { ...defaultLayout, base: scenario.base }
    }
    return yield* Effect.gen(function* () {
      for (const step of scenario.steps) {
        for (const { content, file } of step) {
          const text = typeof content === "string" ? content : JSON.stringify(content)
          yield* fs.writeFileString(path.join(listener, file), text)
        }
        yield* ScenarioRun.quiet(Effect.orDie(fs.readDirectory(listener)))
      }
      const trash = yield* fs.readDirectory(path.join(listener, "trash"))
      return {
        ends: Object.fromEntries(simulated.map(({ name, simulator }) => [name, simulator.state()])),
        trash: trash.filter((name) => name.endsWith(".json")).sort()
      }
    }).pipe(Effect.provide(Main.layer(settings, { threads: false }).pipe(Layer.provide(Ucr.layer(settings.ucrFile)))))
  })

describe("Scenarios on files, SQLite and HTTPS", () => {
  for (const file of readdirSync(scenarios)) {
    const text = readFileSync(`${scenarios}${file}`, "utf8")
    it.scopedLive(`${file.replace(".json", "")}: ${JSON.parse(text).title}`, () =>
      Effect.gen(function* () {
        const scenario = yield* Scenario.decode(text)
        const outcome = yield* run(scenario)
        assert.deepStrictEqual<unknown>(outcome.ends, scenario.ends)
        assert.deepStrictEqual(outcome.trash, scenario.trash)
      }).pipe(Effect.provide(NodeContext.layer), Logger.withMinimumLogLevel(LogLevel.None))
    )
  }
})
