import { assert, describe, it } from "@effect/vitest"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import * as AttributeMapping from "@id-connector/core/mapping/AttributeMapping"
import * as SchoolClass from "@id-connector/core/schools/SchoolClass"
import * as SchoolName from "@id-connector/core/schools/SchoolName"
import { defaultLayout } from "@id-connector/core/schools/SourceDomain"
import * as Arbitraries from "@id-connector/testkit/data/Arbitraries"
import { Either, FastCheck as fc, Option } from "effect"

const layout = { ...defaultLayout, base: "dc=example,dc=com" }

const facts: AttributeMapping.Facts = {
  schools: SchoolName.makeSet(["Gym", "REAL", "Aaa"]),
  roles: new Set(["student", "teacher", "staff"]),
  layout,
  sourceUid: "UCR",
  hashesAreSent: false
}

const user = (properties: Record<string, unknown>, options = ["ucsschoolStudent"], ou = "Gym") => {
  const object = Either.getOrThrow(
    ListenerObject.decode({
      id: "id",
      dn: `uid=anna,cn=users,ou=${ou},dc=example,dc=com`,
      udm_object_type: "users/user",
      options: ["default", ...options],
      object: { username: "anna", school: ["gym"], ...properties }
    })
  )
  if (object._tag !== "ChangedUser") throw new Error("a changed user was expected")
  return object
}

const map = (
  properties: Record<string, unknown>,
  mapping: Record<string, string>,
  more: Partial<AttributeMapping.Facts> = {},
  options?: Array<string>,
  earlier?: AttributeMapping.Earlier
) => Either.merge(AttributeMapping.mapUser(user(properties, options), mapping, { ...facts, ...more }, earlier))

const attributes = (...args: Parameters<typeof map>) => {
  const mapped = map(...args)
  return "attributes" in mapped ? { ...mapped.attributes, ...mapped.udmProperties } : mapped
}

const classDn = (school: string, name: string) =>
  `cn=${school}-${name},cn=klassen,cn=schueler,cn=groups,ou=${school},dc=example,dc=com`

describe("AttributeMapping of users", () => {
  it("sends dates as they are, null to clear, and refuses everything else", () => {
    const dates = (value: unknown) => attributes({ birthday: value }, { birthday: "birthday" })
    assert.deepStrictEqual(dates("2012-02-29"), { birthday: "2012-02-29" })
    assert.deepStrictEqual(dates(null), { birthday: null })
    assert.deepStrictEqual(dates(undefined), { birthday: null })
    assert.deepStrictEqual(dates(""), { birthday: null })
    for (const wrong of ["13.12.2011", "2011-02-29", "2011-13-01", "2011-1-1", 5, true]) {
      assert.deepStrictEqual(dates(wrong), [`birthday: ${JSON.stringify(wrong)} is not a date YYYY-MM-DD`])
    }
  })

  it("knows two ways to be disabled", () => {
    const disabled = (value: unknown) => attributes({ disabled: value }, { disabled: "disabled" })
    assert.deepStrictEqual([true, "1"].map(disabled), [{ disabled: true }, { disabled: true }])
    assert.deepStrictEqual(
      [false, "0", "true", null, undefined].map((value) => disabled(value)),
      Array(5).fill({ disabled: false })
    )
  })

  it("makes up a password, unless hashes are sent", () => {
    const made = map({}, { password: "password" })
    assert.ok("randomPassword" in made && made.randomPassword && made.warnings.length === 0)
    const hashed = map({}, { password: "password" }, { hashesAreSent: true })
    assert.ok("randomPassword" in hashed && !hashed.randomPassword && hashed.warnings.length === 1)
  })

  it("sends the roles, and refuses one the target does not know", () => {
    assert.deepStrictEqual(attributes({}, { roles: "roles" }, {}, ["ucsschoolStaff", "ucsschoolTeacher"]), {
      roles: ["staff", "teacher"]
    })
    assert.deepStrictEqual(attributes({}, { roles: "roles" }, {}, ["ucsschoolLegalGuardian"]), [
      "roles: the target does not know legal_guardian (it knows student, teacher, staff)"
    ])
  })

  it("sends schools in the target's spelling, sorted, those it has", () => {
    assert.deepStrictEqual(attributes({ school: ["real", "gym", "x"] }, { schools: "schools", school: "school" }), {
      schools: ["Gym", "REAL"],
      school: "Gym"
    })
  })

  it("takes the primary school if the target has it, else the first it has", () => {
    const school = (schools: Array<string>, ou: string) =>
      Either.getOrThrow(AttributeMapping.mapUser(user({ school: schools }, undefined, ou), { school: "school" }, facts))
        .attributes.school
    assert.strictEqual(school(["gym", "real"], "REAL"), "REAL")
    assert.strictEqual(school(["x", "real", "gym"], "x"), "Gym")
    assert.strictEqual(school(["x", "real"], "nowhere"), "REAL")
  })

  it("finds classes among the groups, in schools the user has at the target", () => {
    const groups = [
      classDn("gym", "10-b x"),
      classDn("Gym", "5a"),
      classDn("Real", "1"),
      classDn("Elsewhere", "1"),
      "cn=Gym-wg,cn=schueler,cn=groups,ou=Gym,dc=example,dc=com",
      "cn=Domain Users Gym,cn=groups,ou=Gym,dc=example,dc=com",
      7
    ]
    assert.deepStrictEqual(attributes({ groups }, { school_classes: "school_classes" }), {
      school_classes: { Gym: ["10-b x", "5a"] }
    })
    assert.deepStrictEqual(attributes({}, { school_classes: "school_classes" }), { school_classes: {} })
  })

  it("falls back to the connector's source UID, under both keys", () => {
    const mapping = { ucsschoolSourceUID: "source_uid" }
    assert.deepStrictEqual(attributes({ ucsschoolSourceUID: "S" }, mapping), { source_uid: "S" })
    assert.deepStrictEqual(attributes({ ucsschoolSourceUID: null }, mapping), { source_uid: "UCR" })
    assert.deepStrictEqual(attributes({}, { source_uid: "source_uid" }), { source_uid: "UCR" })
  })

  it("makes user names of the DNs of guardians and wards", () => {
    const mapping = { ucsschoolLegalGuardian: "legal_guardians" }
    const guardians = (value: unknown) => attributes({ ucsschoolLegalGuardian: value }, mapping)
    assert.deepStrictEqual(guardians(["uid=gerd\\, sen.,dc=e", "uid=b,dc=e"]), { legal_guardians: ["gerd, sen.", "b"] })
    assert.deepStrictEqual(guardians(undefined), { legal_guardians: [] })
    assert.deepStrictEqual(guardians(["nobody"]), ['ucsschoolLegalGuardian: "nobody" is not a DN'])
  })

  it("sends other values as they are, and neither null nor missing ones", () => {
    const mapped = map(
      { title: "Dr.", phone: ["1", "2"], city: null },
      {
        title: "title",
        phone: "phone",
        city: "city",
        street: "street",
        username: "name"
      }
    )
    assert.ok("attributes" in mapped)
    assert.deepStrictEqual(
      [mapped.attributes, mapped.udmProperties],
      [{ name: "anna" }, { title: "Dr.", phone: ["1", "2"] }]
    )
  })

  it("lets the later key with a value win, and takes the first of a list for a text", () => {
    const mapping = { mailPrimaryAddress: "email", "e-mail": "email" }
    const email = (first: unknown, second: unknown) =>
      attributes({ mailPrimaryAddress: first, "e-mail": second }, mapping)
    assert.deepStrictEqual(email("a@x.de", ["b@x.de", "c@x.de"]), { email: "b@x.de" })
    assert.deepStrictEqual(email("a@x.de", []), { email: "a@x.de" })
    assert.deepStrictEqual(email(null, null), {})
  })

  const given = (...names: ReadonlyArray<string>) => ({ given: new Set(names), hadValues: new Set<string>() })
  const nothing = [null, undefined, "", []]

  it("clears what was delivered and has no value any more, and leaves alone what never was", () => {
    const mapping = { mailPrimaryAddress: "email", title: "title", roomNumber: "room" }
    const after = (value: unknown, earlier: AttributeMapping.Earlier) =>
      attributes({ mailPrimaryAddress: value, title: value }, mapping, {}, undefined, earlier)
    for (const value of [null, undefined, ""]) {
      assert.deepStrictEqual(after(value, given()), {})
      assert.deepStrictEqual(after(value, given("email", "title")), { email: null, title: null })
      assert.deepStrictEqual(after(value, { given: new Set(), hadValues: new Set(["title"]) }), { title: null })
    }
    assert.deepStrictEqual(attributes({ title: "Dr." }, mapping, {}, undefined, given("title")), { title: "Dr." })
  })

  it("clears an attribute of two keys only when none of them has a value", () => {
    const mapping = { mailPrimaryAddress: "email", "e-mail": "email", birthday: "born", born: "born" }
    const email = (first: unknown, second: unknown) =>
      attributes({ mailPrimaryAddress: first, "e-mail": second, born: "1999" }, mapping, {}, undefined, given("email"))
    for (const none of nothing) {
      assert.deepInclude(email("a@x.de", none), { email: "a@x.de", born: "1999" })
      assert.deepInclude(email(none, ["a@x.de"]), { email: "a@x.de" })
      assert.deepInclude(email(none, none), { email: null })
      assert.deepInclude(email(none, [""]), { email: null })
    }
  })

  it("does not clear what is not mapped any more, nor what a target insists on", () => {
    const earlier = given("title", "firstname", "name", "roles")
    assert.deepStrictEqual(attributes({}, { firstname: "firstname" }, {}, undefined, earlier), {})
  })

  it("says which attributes get a value and which have none, of those that can be cleared", () => {
    const mapping = { firstname: "firstname", title: "title", mail: "email", phone: "phone", birthday: "birthday" }
    const mapped = map({ firstname: "A", title: "Dr.", mail: "", phone: [] }, mapping)
    assert.ok("given" in mapped)
    assert.deepStrictEqual([mapped.given, mapped.empty], [["title"], ["email", "phone", "birthday"]])
  })

  it("says every problem, not only the first", () => {
    const problems = map({ birthday: "x", userexpiry: "y" }, { birthday: "birthday", userexpiry: "expiration_date" })
    assert.ok(Array.isArray(problems) && problems.length === 2)
  })

  it("is total, and sends nothing undefined", () => {
    fc.assert(
      fc.property(
        Arbitraries.udmProperties,
        Arbitraries.attributeMapping,
        Arbitraries.targetSchools,
        Arbitraries.schools,
        (properties, mapping, schools, own) => {
          const { school: _, ucsschoolSourceUID: __, username: ___, ...rest } = properties
          const everything = given(...Object.values(mapping))
          const at = (names: ReadonlyArray<string>) =>
            map({ ...rest, school: names }, mapping, { schools }, undefined, everything)
          const mapped = at(own)
          if ("attributes" in mapped) {
            const values = [...Object.values(mapped.attributes), ...Object.values(mapped.udmProperties)]
            assert.ok(values.every((value) => value !== undefined))
            for (const there of mapped.empty) {
              const sent = mapped.attributes[there] ?? mapped.udmProperties[there]
              assert.ok(AttributeMapping.isEmpty(sent))
              assert.ok(there in mapped.attributes || there in mapped.udmProperties, "it was delivered: it is cleared")
            }
          } else assert.ok(mapped.length > 0)
        }
      )
    )
  })
})

describe("Schools of AttributeMapping", () => {
  it("are the same for any case of their names", () => {
    fc.assert(
      fc.property(Arbitraries.targetSchools, Arbitraries.schools, (schools, own) => {
        const at = (names: ReadonlyArray<string>) => attributes({ school: names }, { schools: "schools" }, { schools })
        assert.deepStrictEqual(at(own.map((name) => name.toUpperCase())), at(own))
      })
    )
  })
})

describe("AttributeMapping of classes", () => {
  const map = (name: string, dn: string, mapping: Record<string, string>, properties: object = {}) => {
    const group = Either.getOrThrow(
      ListenerObject.decode({
        id: "id",
        dn,
        udm_object_type: "groups/group",
        object: { name, users: ["uid=a,dc=e", "UID=b,dc=e"], ...properties }
      })
    )
    const schoolClass = Option.getOrThrow(SchoolClass.fromDn(dn, layout))
    if (group._tag !== "ChangedGroup") throw new Error("a changed group was expected")
    return Either.getOrThrow(AttributeMapping.mapClass(group, schoolClass, mapping, facts))
  }

  it("sends the name without prefix, the school in the target's spelling, members as user names", () => {
    const mapping = { name: "name", school: "school", users: "users", description: "description", mail: "mailAddress" }
    const mapped = map("gym-10-b x", classDn("gym", "10-b x"), mapping, { description: null, mail: "m" })
    assert.deepStrictEqual(mapped.attributes, { name: "10-b x", school: "Gym", users: ["a", "b"] })
    assert.deepStrictEqual(mapped.udmProperties, { mailAddress: "m" })
  })

  it("takes the name of the DN when the other one has no prefix", () => {
    assert.deepStrictEqual(map("odd", classDn("Gym", "5a"), { name: "name" }).attributes, { name: "5a" })
  })
})
