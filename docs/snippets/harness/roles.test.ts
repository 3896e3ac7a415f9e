import { Builders, Harness } from "@id-connector/testkit"
import { expect, test } from "vitest"

/** Students without their display name, everybody else with it. */
const north = {
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

test("students are sent without their display name", async () => {
  const { changes, targets } = await Harness.promise({
    authorities: [north],
    mapping: { School1: "North" },
    changes: [
      Builders.user("anna", { schools: ["School1"] }),
      Builders.user("ben", { schools: ["School1"], kind: "teacher" })
    ]
  })
  const mappings = changes.map(({ decisions }) => decisions[0]?.attempts[0]?.mapping?.name)
  expect(mappings).toEqual(["users_student", "users"])
  const [anna, ben] = targets.North?.users ?? []
  expect(anna?.udm_properties).not.toHaveProperty("displayName")
  expect(ben?.udm_properties).toMatchObject({ displayName: "F-ben L-ben" })
})
