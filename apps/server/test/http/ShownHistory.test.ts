import { assert, describe, it } from "@effect/vitest"
import type { Delivered, GivenUp } from "@id-connector/core/history/HistoryEntry"
import { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { ObjectUndeliverable } from "@id-connector/core/targets/DeliveryError"
import * as ShownHistory from "@id-connector/server/http/ShownHistory"

const item = {
  at: 0,
  kind: "user",
  objectKey: "user:1",
  name: "anna",
  file: "f.json",
  authority: AuthorityName.make("North"),
  item: 7,
  request: null
} as const

describe("what the API shows of the history", () => {
  it("says in codes why an outcome is what it is, and what was strange", () => {
    const record: Delivered = {
      _tag: "Delivered",
      ...item,
      outcome: "removed",
      detail: "the target has no school A",
      mapping: null,
      changed: null,
      warnings: ["password is mapped, but not sent: password hashes are synchronised", "The moon is full."],
      attempts: 1,
      millis: 1
    }
    const { because, warnings } = ShownHistory.entry({ id: 1, record })
    assert.deepStrictEqual<unknown>(because, {
      code: "school_missing",
      values: { school: "A" },
      text: "the target has no school A"
    })
    assert.deepStrictEqual<unknown>(
      warnings.map(({ code, values }) => [code, values]),
      [
        ["password_not_sent", {}],
        ["other", { text: "The moon is full." }]
      ]
    )
  })

  it("says in codes why an item was given up, from the text that is stored", () => {
    const { message: reason } = new ObjectUndeliverable({ reasons: ["ucsschoolRecordUID: the user has none"] })
    const record: GivenUp = { _tag: "GivenUp", ...item, attempt: 1, reason }
    const { because, warnings } = ShownHistory.entry({ id: 1, record })
    assert.deepStrictEqual<unknown>(
      [because?.code, because?.values, warnings],
      ["object_undeliverable", { reasons: "ucsschoolRecordUID: the user has none" }, []]
    )
  })
})
