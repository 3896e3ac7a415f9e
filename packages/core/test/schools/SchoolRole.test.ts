import { assert, describe, it } from "@effect/vitest"
import * as SchoolRole from "@id-connector/core/schools/SchoolRole"

describe("SchoolRole", () => {
  it("takes the first role that fits", () => {
    const of = (...options: Array<string>) => SchoolRole.fromOptions(options)
    assert.deepStrictEqual(of("ucsschoolStaff", "ucsschoolTeacher", "ucsschoolStudent"), ["staff", "teacher"])
    assert.deepStrictEqual(of("ucsschoolStudent", "ucsschoolStaff"), ["staff"])
    assert.deepStrictEqual(of("ucsschoolLegalGuardian", "ucsschoolStudent"), ["student"])
    assert.deepStrictEqual(of("default"), [])
  })
})
