import { assert, describe, it } from "@effect/vitest"
import { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import * as Builders from "@id-connector/testkit/data/Builders"
import { Effect } from "effect"
import * as Written from "../../src/faults/Written.js"

const delivered = (item: number) => ({
  _tag: "Delivered" as const,
  at: 0,
  kind: "user" as const,
  objectKey: "user:anna",
  name: "anna",
  file: "1.json",
  authority: AuthorityName.make("North"),
  item,
  outcome: "created" as const,
  detail: null,
  mapping: null,
  changed: null,
  warnings: [],
  attempts: 1,
  millis: 1,
  request: null
})

describe("What the history says of a year", () => {
  const decided = Builders.decided("anna", { file: "1.json" })

  it.effect(
    "is complete with an entry for each file and each settlement, a class that was settled twice included",
    () =>
      Effect.sync(() => {
        const records = [decided, delivered(1), delivered(2), delivered(2)]
        assert.deepStrictEqual(Written.misses(records, { files: ["1.json"], settled: [2, 1, 2] }), [])
      })
  )

  it.effect("is not with one that is missing, there twice, or of nothing", () =>
    Effect.sync(() => {
      const records = [decided, decided, delivered(2), delivered(2), delivered(4)]
      assert.deepStrictEqual(Written.misses(records, { files: ["1.json", "2.json"], settled: [1, 2] }), [
        "file 1.json: 2 entries in the history instead of 1",
        "file 2.json: 0 entries in the history instead of 1",
        "item 1: 0 entries in the history instead of 1",
        "item 2: 2 entries in the history instead of 1",
        "item 4: 1 entries in the history instead of 0"
      ])
    })
  )
})
