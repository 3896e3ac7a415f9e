/** Runs a scenario in the harness: the whole connector in memory, on a time of its own. No file, no network. */
import * as Connector from "@id-connector/core/Connector"
import { Effect, Schedule } from "effect"
import * as Harness from "../harness/Harness.js"
import * as KelvinSimulator from "../simulator/KelvinSimulator.js"
import type * as Scenario from "./Scenario.js"

/** What a scenario came to. */
export interface Outcome {
  readonly ends: Harness.Outcome["targets"]
  /** Listener files in the trash of the in queue. */
  readonly trash: ReadonlyArray<string>
}

/** A simulator per target, holding what the scenario starts with. */
export const targets = (scenario: Scenario.Scenario) =>
  Effect.forEach(Object.entries(scenario.targets), ([name, { holds, schools }]) =>
    Effect.map(KelvinSimulator.make({ schools, ldapBase: scenario.base, ...holds }), (simulator) => ({
      name,
      simulator
    }))
  )

/** Waits until nothing is to be taken over and no running queue has an item that is not given up. */
export const quiet = (names: Effect.Effect<ReadonlyArray<string>>) =>
  Effect.gen(function* () {
    const connector = yield* Connector.Connector
    const files = (yield* names).filter((name) => name.endsWith(".json"))
    const queues = yield* connector.status
    return (
      files.length === 0 && queues.every(({ inFlight, status, waiting }) => status === null || inFlight + waiting === 0)
    )
  }).pipe(Effect.repeat({ until: (isQuiet) => isQuiet, schedule: Schedule.spaced("5 millis") }))

/** A scenario as the input of the harness. Its steps are still to be dropped, one after the other. */
export const input = (scenario: Scenario.Scenario): Harness.Input => ({
  authorities: Object.entries(scenario.targets).map(([name, { authority }]) => ({ name, ...authority })),
  mapping: scenario.mapping,
  directory: scenario.directory,
  targets: Object.fromEntries(
    Object.entries(scenario.targets).map(([name, { holds, schools }]) => [name, { schools, ...holds }])
  ),
  base: scenario.base,
  sourceUid: scenario.sourceUid ?? "TESTID"
})

/** The scenario's outcome. */
export const run = (scenario: Scenario.Scenario): Effect.Effect<Outcome, Harness.InputInvalid> =>
  Effect.scoped(
    Effect.gen(function* () {
      const harness = yield* Harness.make(input(scenario))
      for (const step of scenario.steps) {
        yield* harness.drop(...step)
        yield* harness.settle()
      }
      const { targets, trash } = yield* harness.outcome
      return { ends: targets, trash: trash.map(({ file }) => file).sort() }
    })
  )
