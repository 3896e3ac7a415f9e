import { assert, describe, it } from "@effect/vitest"
import * as MappingChoice from "@id-connector/core/mapping/MappingChoice"
import * as SchoolName from "@id-connector/core/schools/SchoolName"
import * as SchoolRole from "@id-connector/core/schools/SchoolRole"
import { Option } from "effect"

describe("MappingChoice", () => {
  const choose = (roles: ReadonlyArray<string>, mappings: ReadonlyArray<string>) =>
    Option.getOrNull(
      Option.map(
        MappingChoice.choose(SchoolRole.parseAll(roles), SchoolName.makeSet(["Gym"]), new Set(mappings)),
        ({ name }) => name
      )
    )

  it("takes the strongest role the user has here that has a mapping", () => {
    const roles = ["student:school:gym", "teacher:school:GYM", "staff:school:Gym"]
    assert.strictEqual(choose(roles, ["users", "users_student", "users_teacher", "users_staff"]), "users_staff")
    assert.strictEqual(choose(roles, ["users", "users_student", "users_teacher"]), "users_teacher")
    assert.strictEqual(choose(roles, ["users", "users_school_admin"]), "users")
  })

  it("does not count roles elsewhere or of another context", () => {
    assert.strictEqual(choose(["teacher:school:other", "teacher:exam:gym", "odd"], ["users", "users_teacher"]), "users")
  })

  it("has no choice without a mapping", () => {
    assert.strictEqual(choose(["teacher:school:gym"], ["users_student", "school_classes"]), null)
  })
})
