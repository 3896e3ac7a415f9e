import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Scenario from "@id-connector/testkit/scenario/Scenario"
import * as ScenarioRun from "@id-connector/testkit/scenario/ScenarioRun"
import { Effect, Logger, LogLevel } from "effect"

const directory = fileURLToPath(new URL("../../testkit/scenarios/", import.meta.url))

describe("Scenarios in process", () => {
  for (const file of readdirSync(directory)) {
    const text = readFileSync(`${directory}${file}`, "utf8")
    it.live(`${file.replace(".json", "")}: ${JSON.parse(text).title}`, () =>
      Effect.gen(function* () {
        const scenario = yield* Scenario.decode(text)
        const outcome = yield* ScenarioRun.run(scenario)
        assert.deepStrictEqual<unknown>(outcome.ends, scenario.ends)
        assert.deepStrictEqual(outcome.trash, scenario.trash)
      }).pipe(Logger.withMinimumLogLevel(LogLevel.None))
    )
  }
})
