/** How long a test of a mapping takes: a run of the harness, with a world of its own and nothing real in it. */
import * as Builders from "@id-connector/testkit/data/Builders"
import * as Harness from "@id-connector/testkit/harness/Harness"
import { Effect } from "effect"
import { type Measure, number } from "./Measure.js"
import { timed } from "./Stopwatch.js"

/** That of the first test in `docs/testing-mappings.md`. */
const input: Harness.Input = {
  authorities: [
    {
      name: "North",
      plugins: ["kelvin"],
      plugin_configs: {
        kelvin: {
          username: "connector",
          password: "secret",
          mapping: {
            users: { ...Builders.usersMapping, displayName: "displayName" },
            users_student: Builders.usersMapping,
            school_classes: Builders.classesMapping
          }
        }
      }
    }
  ],
  mapping: { School1: "North" },
  changes: [
    Builders.user("anna", { schools: ["School1"] }),
    Builders.user("ben", { schools: ["School1"], kind: "teacher" })
  ]
}

const times = (runs: number) => Effect.repeatN(Effect.orDie(Harness.run(input)), runs - 1)

/** The first `before` runs are not measured, in which V8 compiles. No limit: bare decisions say nothing about a whole connector. */
export const measure = (before: number, runs: number): Effect.Effect<ReadonlyArray<Measure>> =>
  Effect.gen(function* () {
    yield* times(before)
    const [{ millis, processor }] = yield* timed(times(runs))
    const each = (all: number) => `${(all / runs).toFixed(1)} ms`
    return [
      {
        id: `harness.${runs}`,
        name: `${number(runs)} runs of the mapping harness`,
        figure: `${each(millis)} each (${each(processor)} of processor time)`,
        limit: null
      }
    ]
  })
