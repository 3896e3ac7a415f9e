import { Builders, Harness } from "@id-connector/testkit"
import { expect, test } from "vitest"
import kelvinInitials from "./kelvin-initials.mjs"

const north = {
  name: "North",
  plugins: ["kelvin-initials"],
  plugin_configs: {
    "kelvin-initials": {
      username: "connector",
      password: "secret",
      mapping: { users: { ...Builders.usersMapping, initials: "initials" } }
    }
  }
}

const anna = (lastname) => Builders.user("anna", { schools: ["School1"], properties: { firstname: "anna", lastname } })

test("the initials are sent, and sent again when the name changes", async () => {
  const { changes, targets } = await Harness.promise({
    authorities: [north],
    mapping: { School1: "North" },
    plugins: [kelvinInitials],
    changes: [anna("Meier"), anna("Huber")]
  })
  expect(targets.North.users[0].udm_properties).toMatchObject({ initials: "AH" })
  const [attempt] = changes.at(-1).decisions[0].attempts
  expect(attempt.attributes).toContainEqual({ attribute: "udm_properties.initials", value: "AH", from: "initials" })
})
