import { assert, describe, it } from "@effect/vitest"
import * as Survey from "@id-connector/server/upgrade/Survey"
import { Schema } from "effect"

/** As a report of the first version has it. */
const before = {
  outQueues: [{ schoolAuthority: "Träger Nord", waiting: 3, kept: 0, failed: 0, unreadable: [] }],
  inQueue: { preprocessed: 0, alsoInOutQueues: 0, notRenamed: 0 },
  previousStates: { users: 1, groups: 0, expired: 1, unreadable: [] }
}

const decode = Schema.decodeUnknownSync(Survey.Survey)

const ofQueue = (more: object) =>
  Survey.describe(decode({ ...before, outQueues: [{ ...before.outQueues[0], ...more }] }), "would")

describe("What the Python connector has left, in words", () => {
  it("says of many deletions that they would be carried out", () => {
    assert.include(
      ofQueue({ waiting: 51, deletions: 51 })[1],
      "51 of them are deletions. They have waited for delivery already: they would be carried out without being confirmed."
    )
    assert.lengthOf(ofQueue({ waiting: 50, deletions: 50 }), 2)
  })

  it("names out queues without a school authority, if something waits in them", () => {
    assert.include(
      ofQueue({ isConfigured: false })[1],
      'There is no school authority "Träger Nord" in conf/school_authorities'
    )
    assert.lengthOf(ofQueue({ isConfigured: false, waiting: 0 }), 2)
  })

  it("says what became of previous states that had an end", () => {
    assert.strictEqual(
      Survey.describe(decode(before), "did").at(-1),
      "Previous states: 1 user and 0 groups was taken over; 1 was left out, since its object was removed more than seven days ago."
    )
  })
})
