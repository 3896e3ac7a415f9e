import { Builders, Harness } from "@id-connector/testkit"
import { expect, test } from "vitest"

/** Two keys for one attribute: the later one that has a value is sent. Of a list, its first element. */
const { mailPrimaryAddress: _, ...others } = Builders.usersMapping
const users = { ...others, "e-mail": "email", mailPrimaryAddress: "email" }
const { url: __, ...north } = Builders.authority("North", { kelvin: { mapping: { users } } })

const pupil = (name: string, properties: { readonly [name: string]: unknown }) =>
  Builders.user(name, { schools: ["School1"], properties })

test("the private address is sent for those who have no other", async () => {
  const { targets } = await Harness.promise({
    authorities: [north],
    mapping: { School1: "North" },
    changes: [
      pupil("anna", { "e-mail": ["anna@home.example"] }),
      pupil("ben", { "e-mail": ["ben@home.example"], mailPrimaryAddress: "ben@school.example" })
    ]
  })
  const emails = Object.fromEntries((targets.North?.users ?? []).map(({ email, name }) => [name, email]))
  expect(emails).toEqual({ anna: "anna@home.example", ben: "ben@school.example" })
})
