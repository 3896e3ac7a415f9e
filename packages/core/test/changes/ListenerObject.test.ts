import { assert, describe, it } from "@effect/vitest"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import { isPlainUser } from "@id-connector/core/changes/PlainUser"
import * as Arbitraries from "@id-connector/testkit/data/Arbitraries"
import { Either, FastCheck as fc, Redacted } from "effect"

const user = {
  id: "id",
  dn: "uid=anna,cn=schueler,cn=users,ou=B,dc=e",
  udm_object_type: "users/user",
  options: ["default", "ucsschoolStudent"],
  object: { username: "anna", school: ["C", "b", "A"], ucsschoolRole: "student:school:B" }
}

const reasonsOf = (json: unknown) => Either.match(ListenerObject.decode(json), { onLeft: (r) => r, onRight: () => [] })

const decoded = (json: unknown) => Either.getOrThrow(ListenerObject.decode(json))

describe("ListenerObject", () => {
  it("reads changed and removed users and groups", () => {
    assert.strictEqual(decoded(user)._tag, "ChangedUser")
    assert.strictEqual(decoded({ ...user, object: null, options: null })._tag, "RemovedUser")
    const group = { id: "id", dn: "cn=g", udm_object_type: "groups/group", object: { name: "g", users: [] } }
    assert.strictEqual(decoded(group)._tag, "ChangedGroup")
    assert.strictEqual(decoded({ ...group, object: null })._tag, "RemovedGroup")
    const { object: _, options: __, ...preprocessed } = { ...user, action: "delete" }
    assert.strictEqual(decoded(preprocessed)._tag, "RemovedUser")
  })

  it("says every reason why a file is none, not only the first", () => {
    const reasons = reasonsOf({
      id: 1,
      udm_object_type: "users/user",
      options: ["x"],
      object: { school: [], username: "" }
    })
    assert.deepStrictEqual(reasons, [
      "id: a text is expected, actual 1",
      "dn: is missing",
      'options: must contain "default"',
      'object.username: a text that is not empty is expected, actual ""',
      "object.school.0: is missing"
    ])
  })

  it("reads users that are as nearly all are like all others", () => {
    const previous = { schools: ["A"], record_uid: "r", source_uid: "s" }
    let plain = 0
    fc.assert(
      fc.property(fc.oneof(Arbitraries.changedUserFile, Arbitraries.almostListenerFile), (file) => {
        const json = { ...(file as object), old_data: null }
        if (!isPlainUser(json) || !("udm_object_type" in json) || json.udm_object_type !== "users/user") return
        plain += 1
        // With a previous state a file is not plain any more, and the schema reads it.
        assert.deepStrictEqual<unknown>(decoded({ ...json, old_data: previous }), { ...decoded(json), previous })
      })
    )
    assert.isAbove(plain, 10)
    assert.isFalse(isPlainUser({ ...user, old_data: previous }))
  })

  it("names the types it understands when it does not understand one", () => {
    assert.deepStrictEqual(reasonsOf({ ...user, udm_object_type: "computers/windows" }), [
      'udm_object_type: "computers/windows" is not understood (understood are users/user and groups/group)'
    ])
  })

  it("refuses users that are nothing at a school", () => {
    const [reason] = reasonsOf({ ...user, options: ["default"] })
    assert.ok(reason?.includes("unknown role"))
  })

  it("never shows password hashes in a reason", () => {
    const reasons = reasonsOf({ ...user, user_passwords: { userPassword: ["s3cr3t-top"], sambaNTPassword: 7 } })
    assert.deepStrictEqual(reasons, ["user_passwords: is not the five password hashes (value not shown)"])
  })

  it("takes the OU of the DN as primary school, else the alphabetically first", () => {
    const primary = (json: unknown) => {
      const object = decoded(json)
      return object._tag === "ChangedUser" ? ListenerObject.primarySchool(object) : null
    }
    assert.deepStrictEqual(primary(user), { school: "b", fromDn: true })
    assert.deepStrictEqual(primary({ ...user, dn: "uid=anna,ou=X,dc=e" }), { school: "A", fromDn: false })
  })

  it("names a group by its entryUUID, whatever it is called", () => {
    const key = (id: string, dn: string) =>
      ListenerObject.objectKey(decoded({ id, dn, udm_object_type: "groups/group", object: null }))
    assert.strictEqual(key("A1", "cn=A-1a,ou=A,dc=E"), key("a1", "cn=A-2a,ou=A,dc=E"))
  })

  it("takes a user who has lost everything of the school for a removed one, and keeps the reasons why it is no user", () => {
    const former = { ...user, options: ["default"], object: { username: "anna", school: [], ucsschoolRole: null } }
    const read = decoded(former)
    assert.deepStrictEqual([read._tag, read._tag === "RemovedUser" && read.former?.length], ["RemovedUser", 2])
    assert.isAbove(reasonsOf({ ...former, object: { ...former.object, school: ["A"] } }).length, 0)
    assert.isAbove(reasonsOf({ ...former, object: { ...former.object, ucsschoolRole: ["x:y:z"] } }).length, 0)
    assert.isAbove(reasonsOf({ ...former, dn: "" }).length, 0)
  })

  it("leaves exam accounts out of the members of a group", () => {
    const members = [
      "uid=a,cn=users,ou=B,dc=e",
      "uid=b,CN = ExamUsers,ou=B,dc=e",
      "uid=examusers,cn=users,dc=e"
    ] as const
    const read = decoded({
      id: "1",
      dn: "cn=g",
      udm_object_type: "groups/group",
      object: { name: "g", users: members }
    })
    assert.deepStrictEqual(read._tag === "ChangedGroup" && read.members, [members[0], members[2]])
  })

  it("takes empty old data and hashes of a preprocessed file for none", () => {
    const object = decoded({ ...user, old_data: {}, user_passwords: {} })
    assert.ok(object._tag === "ChangedUser" && object.previous === null && object.hashes === null)
    const partly = decoded({ ...user, old_data: { schools: ["A"] } })
    assert.deepStrictEqual(partly.previous, { schools: ["A"], record_uid: null, source_uid: null })
  })

  it("is total: any JSON is an object or has reasons", () => {
    fc.assert(
      fc.property(fc.oneof(Arbitraries.json, Arbitraries.almostListenerFile), (json) => {
        const result = ListenerObject.decode(json)
        assert.ok(Either.isRight(result) || result.left.length > 0)
      })
    )
  })

  it("reads what it has written", () => {
    fc.assert(
      fc.property(Arbitraries.listenerFile, (json) => {
        const object = decoded(json)
        const again = decoded(JSON.parse(JSON.stringify(ListenerObject.encode(object))))
        assert.deepStrictEqual(JSON.stringify(again), JSON.stringify(object))
      })
    )
  })

  it("keeps password hashes through storage, and Redacted everywhere else", () => {
    const hashes = {
      userPassword: ["s3cr3t-top"],
      sambaNTPassword: "x",
      krb5Key: [],
      krb5KeyVersionNumber: 1,
      sambaPwdLastSet: 2
    }
    const object = decoded({ ...user, user_passwords: hashes })
    assert.ok(!JSON.stringify(object).includes("s3cr3t-top"))
    const again = decoded(ListenerObject.encode(object))
    assert.ok(again._tag === "ChangedUser" && again.hashes !== null)
    assert.deepStrictEqual(Redacted.value(again.hashes), hashes)
  })

  it("takes every text that breaks off for unfinished, and no other", () => {
    fc.assert(
      fc.property(Arbitraries.listenerFile, fc.nat(), (json, at) => {
        const text = JSON.stringify(json)
        const part = ListenerObject.decodeText(text.slice(0, at % text.length))
        assert.ok(Either.isLeft(part) && part.left.breaksOff)
      })
    )
    for (const broken of ["{ not json", "hello", '{"a": 1}}', '{"a" 1}', "[1,]"]) {
      const result = ListenerObject.decodeText(broken)
      assert.ok(Either.isLeft(result) && !result.left.breaksOff, broken)
    }
  })
})
