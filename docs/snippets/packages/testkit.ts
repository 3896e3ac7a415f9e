import { Builders, type Scenario, ScenarioRun } from "@id-connector/testkit"
import { Effect } from "effect"

const authority = Builders.authority("North", { url: "https://north.example.com/ucsschool/kelvin/v1/" })

const scenario: Scenario.Scenario = {
  title: "a new student",
  base: Builders.base,
  mapping: { School1: "North" },
  directory: { users: [], groups: [] },
  targets: { North: { schools: ["School1"], authority } },
  steps: [[{ file: "2026-02-03-04-05-06-000001.json", content: Builders.user("anna") }]],
  ends: {},
  trash: []
}

/** What the simulated target holds when everything is delivered: the whole connector ran, in memory. */
export const users = Effect.map(ScenarioRun.run(scenario), ({ ends }) => ends.North?.users)
