import { Builders, Harness } from "@id-connector/testkit"
import { expect, test } from "vitest"

/** Without `school_classes` in the mapping no class is sent. */
const mapping = {
  users: Builders.usersMapping,
  school_classes: { name: "name", school: "school", description: "description", users: "users" }
}
const { url: _, ...north } = Builders.authority("North", { kelvin: { mapping } })

test("a class gets its name without the school, and members by their user names", async () => {
  const { targets } = await Harness.promise({
    authorities: [north],
    mapping: { School1: "North" },
    changes: [
      Builders.user("anna", { schools: ["School1"] }),
      Builders.schoolClass("School1", "1a", ["anna"], { description: "Owls" })
    ]
  })
  expect(targets.North?.classes).toMatchObject([
    { name: "1a", school: "School1", description: "Owls", users: ["anna"] }
  ])
})
