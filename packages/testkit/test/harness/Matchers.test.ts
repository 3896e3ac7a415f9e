import { assert, describe, it } from "@effect/vitest"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as Harness from "@id-connector/testkit/harness/Harness"
import { matchers } from "@id-connector/testkit/harness/Matchers"
import { Effect } from "effect"

const { url: _, ...north } = Builders.authority("North")

const outcome = Harness.run({
  authorities: [north, { ...north, name: "South" }],
  mapping: { A: "North", B: "South" },
  changes: [Builders.user("anna", { schools: ["A"] }), Builders.schoolClass("A", "1a", ["anna"])]
})

describe("Matchers of outcomes", () => {
  it.effect("tell what was sent, what was left alone, and what is there in the end", () =>
    Effect.gen(function* () {
      const { toEndAs, toLeaveUntouched, toSend } = matchers
      const came = yield* outcome
      assert.isTrue(toSend(came, "North", "user anna", { firstname: "F-anna" }).pass)
      assert.isTrue(toLeaveUntouched(came, "South", "user anna").pass)
      assert.isTrue(toEndAs(came, "North", "user anna", { lastname: "L-anna", udm_properties: {} }).pass)
      assert.isTrue(toEndAs(came, "North", "group A-1a", { users: ["anna"] }).pass)
      assert.isTrue(toEndAs(came, "South", "user anna", null).pass)
    })
  )

  it.effect("say what is otherwise, and what was decided", () =>
    Effect.gen(function* () {
      const { toEndAs, toLeaveUntouched, toSend } = matchers
      const came = yield* outcome
      const sent = toSend(came, "North", "user anna", { firstname: "Anne" })
      assert.isFalse(sent.pass)
      assert.match(sent.message(), /firstname: "Anne" is expected, it is "F-anna"/)
      const nobody = toSend(came, "South", "user anna")
      assert.match(nobody.message(), /not concerned \(none of its schools \(B\) is one of the object's\)/)
      assert.match(toSend(came, "North", "user ben").message(), /no change of user ben was accepted/)
      assert.match(toSend(came, "Nort", "user anna").message(), /no school authority Nort \(there are: North, South\)/)
      assert.match(toLeaveUntouched(came, "North", "user anna").message(), /POST \/v1\/users\/ -> 201/)
      assert.match(toEndAs(came, "North", "user anna", null).message(), /was not expected to have user anna/)
      assert.match(toEndAs(came, "North", "group A-1a", { users: [] }).message(), /users: \[\] is expected/)
    })
  )
})
