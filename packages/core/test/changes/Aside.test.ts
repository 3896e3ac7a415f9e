import { assert, describe, it } from "@effect/vitest"
import * as Aside from "@id-connector/core/changes/Aside"
import * as Belonging from "@id-connector/core/changes/Belonging"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import * as Precedence from "@id-connector/core/queue/Precedence"
import { Either, FastCheck } from "effect"

const user = (
  name: string,
  record: string,
  email: string | null,
  previous: { name: string; record: string; email: string } | null
) =>
  Either.getOrThrow(
    ListenerObject.decode({
      id: "A2222222-3333-4444-8555-000000000001",
      dn: `uid=${name},cn=users,ou=S,dc=example,dc=com`,
      udm_object_type: "users/user",
      options: ["default", "ucsschoolStudent"],
      object: { username: name, school: ["S"], ucsschoolRecordUID: record, mailPrimaryAddress: email },
      old_data:
        previous === null
          ? null
          : {
              schools: ["S"],
              record_uid: previous.record,
              source_uid: "s",
              username: previous.name,
              emails: [previous.email]
            }
    })
  )

const single = (object: ListenerObject.ListenerObject) => ({ object, aliases: [] })

const few = FastCheck.constantFrom("a", "b", "c")
const Undelivered = FastCheck.record({
  name: few,
  record: few,
  email: FastCheck.option(few),
  previous: FastCheck.option(FastCheck.record({ name: few, record: few, email: few }))
}).map(({ email, name, previous, record }) => single(user(name, record, email, previous)))

describe("Stepping aside", () => {
  it("gives up what the object has and does not need", () => {
    const before = { name: "anna", record: "r1", email: "anna@x.de" }
    assert.deepStrictEqual(Aside.aside(single(user("anna", "r1", "anna@x.de", before))), null)
    const aside = Aside.aside(single(user("berta", "r1", null, before)))
    assert.deepStrictEqual(
      { ...aside, username: null },
      { username: null, recordUid: null, hasNoEmail: true, className: null }
    )
    assert.match(aside?.username ?? "", /^idc-[a-v0-9]{10}$/)
  })

  it("gives objects different names, though their entryUUIDs differ in one digit only", () => {
    const names = Array.from({ length: 1000 }, (_, n) => {
      const id = `a2222222-3333-4444-8555-${String(n).padStart(12, "0")}`
      return Aside.aside(single({ ...user("b", "r", null, { name: "a", record: "r", email: "e" }), id }))?.username
    })
    assert.strictEqual(new Set(names).size, 1000)
  })

  it.prop(
    "is done once: afterwards nothing is left to give up, and nothing is freed that others may need",
    [Undelivered],
    ([one]) => {
      const after = Aside.stepAside(one)
      assert.isNull(Aside.aside(after))
      const mine = Belonging.needs(one.object).map(({ value }) => value)
      const freed = Precedence.frees(after).filter(({ value }) => !value.startsWith("idc-"))
      assert.deepStrictEqual(
        freed.filter(({ value }) => !mine.includes(value)),
        []
      )
      assert.deepStrictEqual({ ...after.object, previous: null }, { ...one.object, previous: null })
    }
  )
})
