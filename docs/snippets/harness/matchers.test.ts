import { Builders, Harness, Matchers } from "@id-connector/testkit"
import { expect, test } from "vitest"

expect.extend(Matchers.matchers)

declare module "vitest" {
  // The name of the type parameter has to be vitest's.
  // biome-ignore lint/suspicious/noExplicitAny: and so has its default.
  interface Assertion<T = any> extends Matchers.OutcomeMatchers<T> {}
}

const { url: _, ...north } = Builders.authority("North")
const { url: __, ...south } = Builders.authority("South")

test("a pupil goes to the authority of the school, and to no other", async () => {
  const outcome = await Harness.promise({
    authorities: [north, south],
    mapping: { School1: "North", School2: "South" },
    changes: [
      Builders.user("anna", { schools: ["School1"], properties: { firstname: "Anna" } }),
      Builders.schoolClass("School1", "1a", ["anna"])
    ]
  })
  expect(outcome).toSend("North", "user anna", { firstname: "Anna" })
  expect(outcome).toLeaveUntouched("South", "user anna")
  expect(outcome).toEndAs("North", "group School1-1a", { users: ["anna"] })
  expect(outcome).toEndAs("South", "user anna", null)
})
