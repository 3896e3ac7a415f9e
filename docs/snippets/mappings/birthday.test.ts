import { Builders, Harness } from "@id-connector/testkit"
import { Effect } from "effect"
import { expect, test } from "vitest"

/** `displayName` is none of Kelvin's own attributes: it becomes a UDM property. */
const users = { ...Builders.usersMapping, birthday: "birthday", displayName: "displayName" }
const { url: _, ...north } = Builders.authority("North", { kelvin: { mapping: { users } } })

const anna = (birthday: string, displayName: string) =>
  Builders.user("anna", { schools: ["School1"], properties: { birthday, displayName } })

test("what was delivered is cleared at the target when the source has it no more", () =>
  Effect.gen(function* () {
    const harness = yield* Harness.make({ authorities: [north], mapping: { School1: "North" } })
    yield* harness.drop(anna("2015-03-01", "Anna"))
    yield* harness.settle()
    yield* harness.drop(anna("", "Anna M."))
    yield* harness.settle()
    const [user] = (yield* harness.outcome).targets.North?.users ?? []
    expect(user?.birthday ?? null).toBeNull()
    expect(user?.udm_properties).toMatchObject({ displayName: "Anna M." })
  }).pipe(Effect.scoped, Effect.runPromise))
