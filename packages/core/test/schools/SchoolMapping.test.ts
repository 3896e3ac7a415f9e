import { assert, describe, it } from "@effect/vitest"
import * as SchoolMapping from "@id-connector/core/schools/SchoolMapping"
import { Either } from "effect"

describe("SchoolMapping", () => {
  it("reads both forms of its file, and finds schools in any case", () => {
    for (const file of [{ mapping: { Gym: "A", mapping: "B" } }, { Gym: "A", mapping: "B" }]) {
      const mapping = Either.getOrThrow(SchoolMapping.decode(file))
      assert.deepStrictEqual([mapping.authorityOf("GYM"), mapping.authorityOf("x")], ["A", undefined])
      assert.ok(mapping.schoolsOf("A").has("gym"))
      assert.deepStrictEqual(mapping.schoolsOf("B").names, ["mapping"])
    }
    assert.ok(Either.isLeft(SchoolMapping.decode({ mapping: { Gym: 5 } })))
    assert.ok(Either.isLeft(SchoolMapping.decode([])))
  })
})
