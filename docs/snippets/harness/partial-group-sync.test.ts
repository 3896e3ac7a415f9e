import { Builders, Harness } from "@id-connector/testkit"
import { expect, test } from "vitest"

const plugin = "kelvin-partial-group-sync"

/** Teachers in classes are the target's own business. */
const north = {
  name: "North",
  plugins: [plugin],
  plugin_configs: {
    [plugin]: {
      username: "connector",
      password: "secret",
      mapping: { users: Builders.usersMapping, school_classes: Builders.classesMapping },
      school_classes_ignore_roles: ["teacher"]
    }
  }
}

const entry = (uid: string, role: string) => ({
  uid,
  dn: Builders.userDn(uid, "School1"),
  ucsschoolRole: [`${role}:school:School1`]
})

test("pupils come and go, and the teacher of the target stays in the class", async () => {
  const { targets } = await Harness.promise({
    authorities: [north],
    mapping: { School1: "North" },
    // Whose roles are looked up.
    directory: { users: [entry("anna", "student"), entry("ben", "student"), entry("tom", "teacher")], groups: [] },
    targets: {
      North: {
        schools: ["School1"],
        users: ["anna", "ben", "tom"].map((name) => ({ name, school: "School1" })),
        classes: [{ name: "1a", school: "School1", users: ["ben", "tom"] }]
      }
    },
    changes: [Builders.schoolClass("School1", "1a", ["anna"])]
  })
  expect([...(targets.North?.classes[0]?.users ?? [])].sort()).toEqual(["anna", "tom"])
})
