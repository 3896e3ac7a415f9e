import { Builders, Harness } from "@id-connector/testkit"
import { expect, test } from "vitest"
import everybody from "./everybody.mjs"

const { url: _, ...north } = Builders.authority("North")

const broker = {
  name: "Broker",
  plugins: ["everybody"],
  plugin_configs: { everybody: north.plugin_configs.kelvin }
}

const run = (...changes) =>
  Harness.promise({
    authorities: [north, broker],
    mapping: { School1: "North" },
    targets: { Broker: { schools: ["School1", "School2"] } },
    plugins: [everybody({ authority: "Broker", roles: ["student", "teacher"] })],
    changes
  })

const names = ({ users }) => users.map(({ name }) => name)

test("every user of every school goes to the broker, too", async () => {
  const { changes, targets } = await run(
    Builders.user("anna", { schools: ["School1"] }),
    Builders.user("ben", { schools: ["School2"], kind: "teacher" })
  )
  expect([names(targets.North), names(targets.Broker)]).toEqual([["anna"], ["anna", "ben"]])
  const [toBroker] = changes[1].decisions.filter(({ authority }) => authority === "Broker")
  expect(toBroker.because).toEqual(["plugin everybody"])
})

test("who has none of the roles does not, and is removed there when a role is lost", async () => {
  const cora = (kind) => Builders.user("cora", { schools: ["School1"], kind })
  expect(names((await run(cora("staff"))).targets.Broker)).toEqual([])
  const harness = await run(cora("teacher"), cora("staff"))
  expect([names(harness.targets.North), names(harness.targets.Broker)]).toEqual([["cora"], []])
})
