import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as FaultRun from "../src/faults/FaultRun.js"
import * as Rig from "../src/faults/Rig.js"
import * as Year from "../src/faults/Year.js"

describe("id-connector serve, killed again and again between targets that fail", () => {
  it.effect("is tried with a year in which everything happens", () =>
    Effect.sync(() => {
      const year = Year.make({ users: 200, classes: 18, seed: 1 })
      assert.deepStrictEqual(year, Year.make({ users: 200, classes: 18, seed: 1 }))
      const count = Object.values(year.users).flat().length
      assert.ok(count > 100 && count < 200)
    })
  )

  it.live(
    "comes to the same end as undisturbed",
    () =>
      Effect.gen(function* () {
        const { deadLetters, differences, targets, unwritten } = yield* FaultRun.run({
          users: 200,
          classes: 18,
          seed: 1,
          kills: 4,
          executable: process.env.ID_CONNECTOR_BUILT === "true" ? Rig.built : Rig.sources,
          progress: () => Effect.void
        })
        assert.deepStrictEqual(differences, [])
        assert.deepStrictEqual(deadLetters, [])
        assert.deepStrictEqual(unwritten, [])
        assert.ok(targets.reduce((sum, { faults }) => sum + faults, 0) > 0)
      }).pipe(Effect.provide(NodeContext.layer)),
    180_000
  )
})
