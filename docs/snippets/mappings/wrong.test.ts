import { Builders, Harness } from "@id-connector/testkit"
import { expect, test } from "vitest"

const { url: _, ...north } = Builders.authority("North")

test("a value that can't be mapped is a dead letter with its reason, and holds up nobody else", async () => {
  const { targets, undelivered } = await Harness.promise({
    authorities: [north],
    mapping: { School1: "North" },
    changes: [
      Builders.user("anna", { schools: ["School1"], properties: { birthday: "yesterday" } }),
      Builders.user("ben", { schools: ["School1"] })
    ]
  })
  expect(undelivered).toMatchObject([{ state: "dead" }])
  expect(JSON.stringify(undelivered)).toContain("is not a date YYYY-MM-DD")
  expect(targets.North?.users.map(({ name }) => name)).toEqual(["ben"])
})
