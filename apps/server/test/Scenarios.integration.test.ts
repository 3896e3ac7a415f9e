import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { defaultLayout } from "@id-connector/core/schools/SourceDomain"
import * as Run from "@id-connector/server/cli/Run"
import * as Simulate from "@id-connector/server/cli/Simulate"
import * as Ucr from "@id-connector/server/files/Ucr"
import * as Main from "@id-connector/server/Main"
import type { Settings } from "@id-connector/server/Settings"
import type { Outcome } from "@id-connector/testkit/harness/Outcome"
import * as Report from "@id-connector/testkit/harness/Report"
import { quietly } from "@id-connector/testkit/Quietly"
import * as Scenario from "@id-connector/testkit/scenario/Scenario"
import * as ScenarioRun from "@id-connector/testkit/scenario/ScenarioRun"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect, Layer } from "effect"
import * as ConsoleCapture from "./ConsoleCapture.js"

const scenarios = fileURLToPath(new URL("../../../packages/testkit/scenarios/", import.meta.url))

const tls = Effect.runPromise(KelvinSimulatorHttp.certificate)

interface Files {
  readonly appDir: string
  readonly authorities: string
  readonly mapping: string
  readonly directory: string
}

/** What service and command read. */
const write = (scenario: Scenario.Scenario, urlOf: (name: string) => string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const appDir = yield* fs.makeTempDirectoryScoped()
    const files: Files = {
      appDir,
      authorities: path.join(appDir, "conf", "school_authorities"),
      mapping: path.join(appDir, "conf", "schools_authorities_mapping.json"),
      directory: path.join(appDir, "directory.json")
    }
    yield* fs.makeDirectory(files.authorities, { recursive: true })
    for (const name of Object.keys(scenario.targets)) {
      const file = JSON.stringify(Scenario.authorityFile(scenario, name, urlOf(name)))
      yield* fs.writeFileString(path.join(files.authorities, `${name}.json`), file, { mode: 0o600 })
    }
    yield* fs.writeFileString(files.mapping, JSON.stringify({ mapping: scenario.mapping }))
    yield* fs.writeFileString(files.directory, JSON.stringify(scenario.directory))
    return files
  })

const drop = (step: Scenario.Scenario["steps"][number], directory: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    for (const { content, file } of step) {
      const text = typeof content === "string" ? content : JSON.stringify(content)
      yield* fs.writeFileString(path.join(directory, file), text)
    }
  })

/** The service itself, on real files, SQLite and HTTPS. */
const served = (scenario: Scenario.Scenario) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const simulated = yield* ScenarioRun.targets(scenario)
    const certificate = yield* Effect.promise(() => tls)
    const urls = new Map<string, string>()
    for (const { name, simulator } of simulated) {
      urls.set(name, (yield* KelvinSimulatorHttp.serve(simulator, { tls: certificate })).url)
    }
    const { appDir, directory } = yield* write(scenario, (name) => urls.get(name) ?? "")
    const listener = path.join(appDir, "data", "listener")
    const settings: Settings = {
      appDir,
      listenerDirectory: listener,
      databaseFile: path.join(appDir, "data", "id-connector.db"),
      directory: { _tag: "File", path: directory },
      ucrFile: path.join(appDir, "base.conf"),
      logDirectory: path.join(appDir, "log"),
      http: { host: "127.0.0.1", port: 0, tls: null },
      triggerDirectory: path.join(appDir, "triggers"),
      layout: { ...defaultLayout, base: scenario.base }
    }
    return yield* Effect.gen(function* () {
      for (const step of scenario.steps) {
        yield* drop(step, listener)
        yield* ScenarioRun.quiet(Effect.orDie(fs.readDirectory(listener)))
      }
      const trash = yield* fs.readDirectory(path.join(listener, "trash"))
      return {
        ends: Object.fromEntries(simulated.map(({ name, simulator }) => [name, simulator.state()])),
        trash: trash.filter((name) => name.endsWith(".json")).sort()
      }
    }).pipe(Effect.provide(Main.layer(settings, { threads: false }).pipe(Layer.provide(Ucr.layer(settings.ucrFile)))))
  })

/** `id-connector simulate --json`, a directory for each step. What it prints, hashes masked. */
const simulated = (scenario: Scenario.Scenario) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const files = yield* write(scenario, () => "https://nobody.example.com/ucsschool/kelvin/v1/")
    const targets = path.join(files.appDir, "targets.json")
    const { targets: begin = {} } = ScenarioRun.input(scenario)
    yield* fs.writeFileString(targets, JSON.stringify(begin))
    const steps: Array<string> = []
    for (const [index, step] of scenario.steps.entries()) {
      const directory = path.join(files.appDir, `step-${index}`)
      yield* fs.makeDirectory(directory)
      yield* drop(step, directory)
      steps.push(directory)
    }
    const printed: Array<string> = []
    const words = [
      ...Object.keys(scenario.targets).flatMap((name) => ["--authority", path.join(files.authorities, `${name}.json`)]),
      ...["--mapping", files.mapping, "--directory", files.directory, "--targets", targets],
      ...["--source-uid", scenario.sourceUid ?? "TESTID", "--json"],
      ...steps
    ]
    yield* Run.obey(Simulate.command, words).pipe(
      Effect.catchTag("CannotStart", ({ lines }) =>
        // A dead letter ends it with 1, after the report.
        lines.length === 0 ? Effect.void : Effect.die(lines.join("\n"))
      ),
      Effect.withConsole(ConsoleCapture.into(printed))
    )
    const { targets: ends, trash }: Outcome = JSON.parse(printed.join("\n"))
    return { ends, trash: trash.map(({ file }) => file).sort() }
  })

describe("Scenarios lead to the same in the harness, in `simulate`, and in the service on files, SQLite and HTTPS:", () => {
  for (const file of readdirSync(scenarios)) {
    const text = readFileSync(`${scenarios}${file}`, "utf8")
    it.scopedLive(`${file.replace(".json", "")}: ${JSON.parse(text).title}`, () =>
      Effect.gen(function* () {
        const scenario = yield* Scenario.decode(text)
        const expected = { ends: scenario.ends, trash: scenario.trash }
        assert.deepStrictEqual<unknown>(yield* ScenarioRun.run(scenario), expected)
        assert.deepStrictEqual<unknown>(yield* simulated(scenario), {
          ...expected,
          ends: Report.maskedTargets(scenario.ends as Outcome["targets"])
        })
        assert.deepStrictEqual<unknown>(yield* served(scenario), expected)
      }).pipe(Effect.provide(NodeContext.layer), quietly)
    )
  }
})
