import { assert, describe, it } from "@effect/vitest"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import * as Distribution from "@id-connector/core/mapping/Distribution"
import * as SchoolAuthority from "@id-connector/core/schools/SchoolAuthority"
import * as SchoolMapping from "@id-connector/core/schools/SchoolMapping"
import * as SchoolName from "@id-connector/core/schools/SchoolName"
import { defaultLayout } from "@id-connector/core/schools/SourceDomain"
import * as Arbitraries from "@id-connector/testkit/data/Arbitraries"
import { Either, FastCheck as fc } from "effect"

const authority = (name: string, active = true) =>
  Either.getOrThrow(SchoolAuthority.decode({ name, active, url: "https://k.example.com/", plugin_configs: {} }))

const facts = (
  mapping: Record<string, string>,
  added: Distribution.Facts["added"] = [],
  concerned: ReadonlyArray<string> = []
): Distribution.Facts => ({
  mapping: SchoolMapping.make(mapping),
  authorities: Distribution.byName([authority("North"), authority("South", false), authority("East")]),
  layout: { ...defaultLayout, base: "dc=example,dc=com" },
  added,
  concerned: concerned.map((name) => SchoolAuthority.AuthorityName.make(name))
})

const decoded = (json: unknown) => Either.getOrThrow(ListenerObject.decode(json))

const user = (schools: ReadonlyArray<string>, previous: ReadonlyArray<string> | null = null) =>
  decoded({
    id: "id",
    dn: "uid=a,dc=example,dc=com",
    udm_object_type: "users/user",
    options: ["default", "ucsschoolStudent"],
    object: { username: "a", school: schools },
    old_data: previous === null ? null : { schools: previous, record_uid: "r", source_uid: "s" }
  })

const group = (dn: string) =>
  decoded({ id: "id", dn, udm_object_type: "groups/group", object: { name: "g", users: [] } })

const names = (distribution: Distribution.Distribution) =>
  distribution.recipients.map(({ authority }) => authority as string)

describe("Distribution", () => {
  it("gives what was removed to everybody who has it, whatever the mapping says by now", () => {
    const removed = decoded({
      id: "id",
      dn: "uid=a,dc=example,dc=com",
      udm_object_type: "users/user",
      object: null,
      old_data: { schools: ["S1"], record_uid: "r", source_uid: "s" }
    })
    const to = Distribution.distribute(removed, facts({ S1: "North" }, [], ["South", "North"]))
    assert.deepStrictEqual(
      to.recipients.map(({ authority, because }) => [authority, because.map(Distribution.describeBecause)]),
      [
        ["North", ["former school S1"]],
        ["South", ["delivered before"]]
      ]
    )
    assert.deepStrictEqual(names(Distribution.distribute(user(["S1"]), facts({ S1: "North" }, [], ["South"]))), [
      "North"
    ])
  })

  it("gives a class that was moved to the authorities of both schools", () => {
    const dn = (school: string) => `cn=${school}-7a,cn=klassen,cn=schueler,cn=groups,ou=${school},dc=example,dc=com`
    const moved = decoded({
      id: "id",
      dn: dn("S2"),
      udm_object_type: "groups/group",
      object: { name: "S2-7a", users: [] },
      old_data: { users: [], dns: [dn("S1")] }
    })
    assert.deepStrictEqual(names(Distribution.distribute(moved, facts({ S1: "North", S2: "South" }))), [
      "South",
      "North"
    ])
  })

  it("gives exam accounts to nobody, by their place or by their roles", () => {
    const exam = (json: object) =>
      decoded({
        id: "id",
        dn: "uid=exam-a,cn=schueler,cn=users,ou=S1,dc=example,dc=com",
        udm_object_type: "users/user",
        options: ["default", "ucsschoolStudent"],
        object: { username: "exam-a", school: ["S1"], ucsschoolRole: ["exam_user:school:S1", "exam_user:exam:x"] },
        ...json
      })
    const place = { dn: "uid=exam-a,cn=examusers,ou=S1,dc=example,dc=com" }
    const pupil = { username: "a", school: ["S1"], ucsschoolRole: ["exam_user:school:S1", "student:school:S1"] }
    const removed = { ...place, object: null, old_data: { schools: ["S1"], record_uid: "r", source_uid: "s" } }
    for (const one of [exam({}), exam({ ...place, object: pupil }), exam(removed)]) {
      const { ignored, recipients } = Distribution.distribute(one, facts({ S1: "North" }, [], ["North"]))
      assert.deepStrictEqual([recipients.length, ignored.map(({ _tag }) => _tag)], [0, ["ExamAccount"]])
    }
    assert.deepStrictEqual(names(Distribution.distribute(exam({ object: pupil }), facts({ S1: "North" }))), ["North"])
  })

  it("gives a user to the authorities of all schools, whatever their case, each once and with every reason", () => {
    const { ignored, recipients } = Distribution.distribute(
      user(["gym", "REAL", "x"]),
      facts({ Gym: "North", real: "North" })
    )
    assert.deepStrictEqual<unknown>(recipients, [
      {
        authority: "North",
        because: [
          { _tag: "CurrentSchool", school: "gym" },
          { _tag: "CurrentSchool", school: "REAL" }
        ]
      }
    ])
    assert.deepStrictEqual(ignored, [{ _tag: "SchoolNotMapped", school: "x" }])
  })

  it("gives a user to the authority that was left, too, so that it can remove it", () => {
    const { recipients } = Distribution.distribute(user(["A"], ["a", "B"]), facts({ A: "North", B: "East" }))
    assert.deepStrictEqual<unknown>(recipients, [
      { authority: "North", because: [{ _tag: "CurrentSchool", school: "A" }] },
      { authority: "East", because: [{ _tag: "PreviousSchool", school: "B" }] }
    ])
  })

  it("gives items to authorities that are not active", () => {
    assert.deepStrictEqual(names(Distribution.distribute(user(["A"]), facts({ A: "South" }))), ["South"])
  })

  it("can't give a removed user to anybody without previous state, and says so", () => {
    const removed = decoded({ id: "u1", dn: "uid=a,dc=e", udm_object_type: "users/user", object: null })
    const distribution = Distribution.distribute(removed, facts({ A: "North" }))
    assert.deepStrictEqual(names(distribution), [])
    assert.deepStrictEqual(distribution.ignored, [{ _tag: "NoPreviousState", dn: "uid=a,dc=e", id: "u1" }])
  })

  it("gives school classes to the authority of their school, and other groups to nobody", () => {
    const at = (dn: string) => names(Distribution.distribute(group(dn), facts({ gym: "North" })))
    const base = "ou=Gym,dc=example,dc=com"
    assert.deepStrictEqual(at(`cn=Gym-10-b x,cn=klassen,cn=schueler,cn=groups,${base}`), ["North"])
    assert.deepStrictEqual(at(`CN=gym-1,CN=KLASSEN,cn=schueler,cn=groups,${base}`), ["North"])
    assert.deepStrictEqual(at(`cn=Gym-wg,cn=schueler,cn=groups,${base}`), [])
    assert.deepStrictEqual(at(`cn=Other-1,cn=klassen,cn=schueler,cn=groups,${base}`), [])
    assert.deepStrictEqual(at("cn=Gym-1,cn=klassen,cn=schueler,cn=groups,ou=Gym,dc=other"), [])
    assert.deepStrictEqual(at(`cn=Domain Users Gym,cn=groups,${base}`), [])
  })

  it("unites what plugins add, and lets authorities wait that are not configured, but not what can't be one's name", () => {
    const distribution = Distribution.distribute(
      user(["A"]),
      facts({ A: "Nobody" }, [
        { plugin: "p", authority: "East" },
        { plugin: "p", authority: "../x" }
      ])
    )
    assert.deepStrictEqual(names(distribution), ["Nobody", "East"])
    assert.deepStrictEqual(distribution.ignored, [
      { _tag: "UnknownAuthority", authority: "Nobody", named: "school A" },
      { _tag: "UnknownAuthority", authority: "../x", named: "plugin p" }
    ])
  })

  it("names every authority of a current or previous mapped school, no other, and each with a reason", () => {
    fc.assert(
      fc.property(Arbitraries.listenerFile, Arbitraries.schoolMapping, (file, mapping) => {
        const object = decoded(file)
        const { recipients } = Distribution.distribute(object, facts(mapping))
        assert.ok(recipients.every(({ because }) => because.length > 0))
        assert.strictEqual(new Set(names({ recipients, ignored: [] })).size, recipients.length)
        if (!ListenerObject.isUser(object)) return
        const schools = [
          ...(object._tag === "ChangedUser" ? object.schools : []),
          ...(object.previous === null ? [] : object.previous.schools)
        ]
        const { authorityOf } = SchoolMapping.make(mapping)
        const expected = schools.map(authorityOf).filter((name) => name !== undefined)
        assert.deepStrictEqual(
          new Set<unknown>(recipients.map(({ authority }) => authority)),
          new Set<unknown>(expected)
        )
      })
    )
  })

  it("does not care about the case of schools", () => {
    fc.assert(
      fc.property(Arbitraries.changedUserFile, Arbitraries.schoolMapping, (file, mapping) => {
        const other = {
          ...file,
          object: { ...file.object, school: file.object.school.map((name) => name.toUpperCase()) }
        }
        const of = (json: unknown) => new Set(names(Distribution.distribute(decoded(json), facts(mapping))))
        assert.deepStrictEqual(of(other), of(file))
      })
    )
  })

  it("sorts as Python does: by code point", () => {
    assert.deepStrictEqual(["b", "ä", "A", "😀", "｡"].sort(SchoolName.byCodePoint), ["A", "b", "ä", "｡", "😀"])
  })
})
