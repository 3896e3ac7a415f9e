import { assert, describe, it } from "@effect/vitest"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import type { PreviousUser } from "@id-connector/core/changes/PreviousState"
import * as Coalescing from "@id-connector/core/queue/Coalescing"
import type { DeliveryError } from "@id-connector/core/targets/DeliveryError"
import * as PasswordDigest from "@id-connector/kelvin/delivery/PasswordDigest"
import * as Builders from "@id-connector/testkit/data/Builders"
import { Effect, Either, Fiber, Redacted, TestClock } from "effect"
import { users, world } from "./World.js"

const { base, classDn: classOf } = Builders

const user = (name: string, properties: Record<string, unknown> = {}, previous: PreviousUser | null = null) =>
  Builders.user(name, { schools: ["A"], properties, previous })

const schoolClass = Builders.schoolClass

const held = (name: string, more: object = {}) => ({
  name,
  school: "A",
  firstname: `F-${name}`,
  lastname: `L-${name}`,
  record_uid: `rec-${name}`,
  source_uid: "S",
  ...more
})

const guardian = (name: string) => Builders.user(name, { schools: ["A"], kind: "legal_guardian" })

const tagOf = (error: DeliveryError) => error._tag

describe("Delivering users", () => {
  it.scoped("costs two requests for a change and one when nothing differs", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({ users: [held("anna", { lastname: "Old" })] })
      yield* deliver(user("ben"))
      simulator.clearLog()
      const first = yield* deliver(user("anna"))
      assert.deepStrictEqual([first.outcome, simulator.requests().length], ["modified", 2])
      simulator.clearLog()
      const second = yield* deliver(user("anna"))
      assert.deepStrictEqual([second.outcome, simulator.requests().length], ["unchanged", 1])
    })
  )

  it.scoped("sends only what differs", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({
        users: [held("anna", { email: "anna@x.de", udm_properties: { title: "Dr.", city: "Bremen" } })]
      })
      yield* deliver(user("anna", { firstname: "Anne", title: "Prof." }))
      const [anna] = simulator.state().users
      assert.deepStrictEqual(
        [anna?.firstname, anna?.lastname, anna?.email, anna?.udm_properties],
        ["Anne", "L-anna", "anna@x.de", { title: "Prof.", city: "Bremen" }]
      )
    })
  )

  it.scoped("clears what it delivered and leaves alone what it never did, each UDM property for itself", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({
        users: [held("anna", { email: "local@x.de", udm_properties: { title: "Local", city: "Bremen" } })]
      })
      const none = { mailPrimaryAddress: null, title: null, displayName: null }
      const first = yield* deliver(user("anna", none))
      assert.deepStrictEqual(
        [simulator.state().users[0]?.email, simulator.state().users[0]?.udm_properties],
        ["local@x.de", { title: "Local", city: "Bremen" }]
      )
      const given = yield* deliver(user("anna", { ...none, title: "Dr.", displayName: "Anna" }), {
        receipt: first.receipt
      })
      const cleared = yield* deliver(user("anna", { title: "", displayName: null }), { receipt: given.receipt })
      assert.deepStrictEqual(
        [cleared.outcome, simulator.state().users[0]?.email, simulator.state().users[0]?.udm_properties],
        ["modified", "local@x.de", { city: "Bremen" }]
      )
      const again = yield* deliver(user("anna", none), { receipt: cleared.receipt })
      assert.strictEqual(again.outcome, "unchanged")
    })
  )

  it.scoped("clears nothing after a delivery of an earlier version, of which only the digest is known", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({ users: [held("anna", { udm_properties: { title: "Dr." } })] })
      const old = { receipt: "0123456789abcdef" }
      const first = yield* deliver(user("anna", { title: null }), old)
      assert.deepStrictEqual(simulator.state().users[0]?.udm_properties.title, "Dr.")
      const second = yield* deliver(user("anna", { title: "Dr." }), { receipt: first.receipt })
      yield* deliver(user("anna", { title: null }), { receipt: second.receipt })
      assert.notProperty(simulator.state().users[0]?.udm_properties, "title")
    })
  )

  it.scoped("clears what a delivery without an answer may have given, once a newer change was merged into it", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({})
      const object = (title: string | null) =>
        Either.getOrThrow(ListenerObject.decode(user("anna", { title, mailPrimaryAddress: title && "a@x.de" })))
      simulator.fail({ method: "POST", path: "/users/", effect: { _tag: "DropAfter" } })
      assert.strictEqual(tagOf(yield* Effect.flip(deliver(user("anna", { title: "Dr." })))), "TargetUnavailable")
      assert.strictEqual(simulator.state().users[0]?.udm_properties.title, "Dr.")
      const merged = Coalescing.merge(Coalescing.single(object("Dr.")), Coalescing.single(object(null)))
      const { outcome } = yield* deliver(user("anna", { title: null }), merged)
      assert.strictEqual(outcome, "modified")
      assert.notProperty(simulator.state().users[0]?.udm_properties, "title")
    })
  )

  it.scoped("sends no null for a property that the target does not show any more", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({
        users: [held("anna")],
        udmProperties: { user: ["city"], school_class: [] }
      })
      const { outcome } = yield* deliver(user("anna", { lastname: "New", title: null }), {
        receipt: JSON.stringify({ given: ["title"] })
      })
      assert.deepStrictEqual([outcome, simulator.writes()], ["modified", ["PATCH /users/anna 200"]])
    })
  )

  it.scoped("takes classes and work groups along when a school is left, though they are not mapped", () =>
    Effect.gen(function* () {
      const { school_classes: _, ...mapping } = users
      const { deliver, simulator } = yield* world(
        {
          users: [held("tom", { schools: ["A", "B"], roles: ["teacher"], workgroups: { A: ["wg"], B: ["other"] } })],
          classes: [
            { name: "5a", school: "A", users: ["tom"] },
            { name: "7c", school: "B", users: ["tom"] }
          ]
        },
        { mapping: { users: mapping } }
      )
      yield* deliver({
        ...user("tom", { school: ["B"] }),
        options: ["default", "ucsschoolTeacher"],
        dn: `uid=tom,cn=lehrer,cn=users,ou=B,${base}`
      })
      const { classes, users: all } = simulator.state()
      assert.deepStrictEqual([all[0]?.school, all[0]?.schools, all[0]?.workgroups], ["B", ["B"], { B: ["other"] }])
      assert.deepStrictEqual(
        classes.map(({ name, users }) => [name, users]),
        [
          ["5a", []],
          ["7c", ["tom"]]
        ]
      )
    })
  )

  it.scoped("leaves a school that is not the primary one together with its classes", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({
        users: [held("tom", { schools: ["A", "B"] })],
        classes: [
          { name: "5a", school: "A", users: ["tom"] },
          { name: "7c", school: "B", users: ["tom"] }
        ]
      })
      yield* deliver(user("tom", { groups: [classOf("A", "5a"), classOf("B", "7c")] }))
      const { classes, users: all } = simulator.state()
      assert.deepStrictEqual(all[0]?.schools, ["A"])
      assert.deepStrictEqual(
        classes.map(({ users }) => users),
        [["tom"], []]
      )
    })
  )

  it.scoped("finds a user by the previous identity, then by those in between, then by the current one", () =>
    Effect.gen(function* () {
      const previous = (record_uid: string) => ({ schools: ["A"], record_uid, source_uid: "S" })
      const { deliver, simulator } = yield* world({ users: [held("x1"), held("x2"), held("x3")] })
      const change = (name: string, from: PreviousUser, aliases: ReadonlyArray<PreviousUser> = []) =>
        deliver(user(name, { ucsschoolRecordUID: `new-${name}` }, from), { aliases })
      yield* change("x1", previous("rec-x1"))
      yield* change("x2", previous("never-there"), [previous("rec-x2")])
      yield* change("x1", previous("rec-x1"))
      assert.deepStrictEqual(
        simulator.state().users.map(({ name, record_uid }) => [name, record_uid]),
        [
          ["x1", "new-x1"],
          ["x2", "new-x2"],
          ["x3", "rec-x3"]
        ]
      )
    })
  )

  it.scoped("is undone by nothing: a repeated creation changes the user that is there", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({})
      simulator.fail({ method: "POST", path: "/users/", effect: { _tag: "DropAfter" } })
      const cut = yield* Effect.flip(deliver(user("anna")))
      const again = yield* deliver(user("anna"))
      assert.deepStrictEqual([tagOf(cut), again.outcome], ["TargetUnavailable", "unchanged"])
      assert.strictEqual(simulator.state().users.length, 1)
    })
  )

  it.scoped("takes over its own user when the target says it exists, and nobody else's", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({ users: [held("taken", { record_uid: "another" })] })
      const refused = yield* Effect.flip(deliver(user("taken")))
      assert.strictEqual(tagOf(refused), "TargetRefused")
      assert.ok(refused.message.includes("School user exists."))
      simulator.fail({ method: "GET", path: "/users/", effect: { _tag: "Status", status: 200, body: [] } })
      simulator.addUser(held("own", { lastname: "Old" }))
      const own = yield* deliver(user("own"))
      assert.strictEqual(own.outcome, "modified")
    })
  )

  it.scoped("removes a user whose schools the target lacks, and asks for schools anew before", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({ users: [held("anna")] })
      const moved = user("anna", { school: ["C"] }, { schools: ["A"], record_uid: "rec-anna", source_uid: "S" })
      simulator.addSchool("C")
      yield* deliver(user("warm"))
      const kept = yield* deliver(moved)
      assert.strictEqual(kept.outcome, "modified")
      simulator.removeSchool("C")
      const removed = yield* deliver(user("anna", { school: ["D"] }))
      assert.deepStrictEqual(
        [removed.outcome, removed.detail],
        ["removed", "the target has none of the user's schools"]
      )
    })
  )

  const noSchools = (times = 2) =>
    ({ method: "GET", path: /^\/schools\/$/, times, effect: { _tag: "Status", status: 200, body: [] } }) as const

  it.scoped("removes nobody because the list of schools is empty or short for a moment", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({
        users: [held("anna"), held("tom", { schools: ["A", "B"], roles: ["teacher"] })],
        classes: [{ name: "7c", school: "B", users: ["tom"] }]
      })
      simulator.fail(noSchools())
      assert.strictEqual((yield* deliver(user("anna"))).outcome, "unchanged")
      simulator.clearFaults()
      simulator.fail({ ...noSchools(), effect: { _tag: "Status", status: 200, body: [{ name: "A" }] } })
      const teacher = Builders.user("tom", { schools: ["A", "B"], kind: "teacher" })
      yield* deliver({ ...teacher, object: { ...teacher.object, groups: [classOf("B", "7c")] } })
      const tom = simulator.state().users[1]
      assert.deepStrictEqual([tom?.schools, simulator.state().classes[0]?.users], [["A", "B"], ["tom"]])
    })
  )

  it.scoped("removes nobody while the target does not say clearly that it lacks the school", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({ users: [held("anna")] })
      const moved = user("anna", { school: ["D"] })
      for (const answer of [
        { status: 500 },
        { status: 400, body: { detail: "no" } },
        { status: 404, body: "<html>" },
        { status: 200, body: { name: "E" } }
      ]) {
        simulator.fail({ method: "GET", path: "/schools/D", effect: { _tag: "Status", ...answer } })
        assert.strictEqual(tagOf(yield* Effect.flip(deliver(moved))), "TargetFailed")
      }
      assert.deepStrictEqual(simulator.writes(), [])
      assert.strictEqual((yield* deliver(moved)).outcome, "removed")
    })
  )

  it.scoped("spares an account that belongs to another user of the source by now", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({
        users: [held("ben", { record_uid: "Rec-Anna" }), held("tom", { source_uid: "UCR" })]
      })
      const others = (sourceUid: string | null) => ({
        othersWith: (recordUid: string) =>
          Effect.succeed(/^rec-(anna|tom)$/i.test(recordUid) ? [sourceUid, "elsewhere"] : [])
      })
      const was = (name: string, source_uid: string | null) => ({
        schools: ["A"],
        record_uid: `rec-${name}`,
        source_uid
      })
      const gone = { ...user("anna", {}, was("anna", "S")), object: null }
      const spared = yield* deliver(gone, others("s"))
      assert.strictEqual(spared.outcome, "absent")
      assert.include(spared.detail, "ben belongs to another user")
      const left = yield* deliver(user("anna", { school: ["D"] }), others("S"))
      assert.strictEqual(left.outcome, "absent")
      const unnamed = yield* deliver({ ...user("tom", {}, was("tom", null)), object: null }, others(null))
      assert.strictEqual(unnamed.outcome, "absent")
      const back = yield* deliver(user("anna"), others("S"))
      assert.strictEqual(back.outcome, "modified")
      assert.notInclude(simulator.writes().join(), "DELETE")
      assert.strictEqual((yield* deliver(gone, others("other"))).outcome, "removed")
    })
  )

  it.scoped("removes by the previous identity, and is content when nobody is there", () =>
    Effect.gen(function* () {
      const { deliver } = yield* world({ users: [held("anna")] })
      const gone = { ...user("anna", {}, { schools: ["A"], record_uid: "rec-anna", source_uid: "S" }), object: null }
      assert.strictEqual((yield* deliver(gone)).outcome, "removed")
      assert.strictEqual((yield* deliver(gone)).outcome, "absent")
    })
  )

  it.scoped("says which account is in the way", () =>
    Effect.gen(function* () {
      const { deliver } = yield* world({ users: [held("anna", { record_uid: "other" })] })
      const error = yield* Effect.flip(deliver(user("anna")))
      assert.ok(error._tag === "TargetRefused" && error.isConflict)
      assert.match(error.message, /in the way: account anna, record_uid other, source_uid S/)
    })
  )

  it.scoped("gives up a user without record UID, and one that is not unique", () =>
    Effect.gen(function* () {
      const { deliver } = yield* world({
        users: [held("a", { record_uid: "same" }), held("b", { record_uid: "same" })]
      })
      const missing = yield* Effect.flip(deliver(user("anna", { ucsschoolRecordUID: null })))
      const several = yield* Effect.flip(deliver(user("a", { ucsschoolRecordUID: "same" })))
      assert.deepStrictEqual([tagOf(missing), tagOf(several)], ["ObjectUndeliverable", "ObjectUndeliverable"])
      assert.ok(several.message.includes("not unique") && several.message.includes("a, b"))
    })
  )

  it.scoped("does not take a wildcard in an identity for one", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({ users: [held("a", { record_uid: "r1" })] })
      yield* deliver(user("star", { ucsschoolRecordUID: "r*" }))
      assert.deepStrictEqual(
        simulator.state().users.map(({ record_uid }) => record_uid),
        ["r1", "r*"]
      )
    })
  )

  it.scoped("falls back to the source UID of UCR", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({})
      yield* deliver(user("anna", { ucsschoolSourceUID: null }))
      assert.strictEqual(simulator.state().users[0]?.source_uid, "UCR")
    })
  )

  it.scoped("delivers a ward without the guardians that are not there yet, and says which are missing", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({})
      yield* deliver(guardian("gerd"))
      const dn = (name: string) => `uid=${name},cn=sorgeberechtigte,cn=users,ou=A,${base}`
      const ward = user("wanda", { ucsschoolLegalGuardian: [dn("gerd"), dn("gabi")] })
      const error = yield* Effect.flip(deliver(ward))
      assert.ok(error._tag === "ReferencesUnknown")
      assert.deepStrictEqual([error.attribute, error.names], ["legal_guardians", ["gabi"]])
      yield* deliver(guardian("gabi"))
      assert.strictEqual((yield* deliver(ward)).outcome, "modified")
      assert.deepStrictEqual(simulator.state().users.find(({ name }) => name === "wanda")?.legal_guardians, [
        "gabi",
        "gerd"
      ])
    })
  )

  it.scoped("sets a random password once, for a new account", () =>
    Effect.gen(function* () {
      const mapping = { users: { ...users, password: "password" } }
      const { deliver, simulator } = yield* world({ users: [held("old")] }, { mapping })
      yield* deliver(user("new"))
      yield* deliver(user("old", { firstname: "Changed" }))
      assert.deepStrictEqual(
        simulator.state().users.map(({ name, password }) => [name, password]),
        [
          ["new", "set"],
          ["old", null]
        ]
      )
    })
  )

  it.scoped("sends password hashes when their digest is another than at the last delivery, and only then", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({}, { sync_password_hashes: true })
      const withHashes = (sambaPwdLastSet: number) => ({
        ...user("anna"),
        user_passwords: {
          userPassword: ["{crypt}x"],
          sambaNTPassword: "CAA1",
          krb5Key: ["AQL6AE0="],
          krb5KeyVersionNumber: 1,
          sambaPwdLastSet
        }
      })
      const created = yield* deliver(withHashes(1))
      const same = yield* deliver(withHashes(1), { receipt: created.receipt })
      const changed = yield* deliver(withHashes(2), { receipt: created.receipt })
      assert.deepStrictEqual(
        [created, same, changed].map(({ outcome }) => outcome),
        ["created", "unchanged", "modified"]
      )
      assert.deepStrictEqual(simulator.state().users[0]?.hashes, {
        user_password: ["{crypt}x"],
        samba_nt_password: "CAA1",
        krb_5_key: ["AQL6AE0="],
        krb5_key_version_number: 1,
        samba_pwd_last_set: 2
      })
      assert.ok(!String(created.receipt).includes("CAA1"))
      assert.strictEqual((yield* deliver(withHashes(2), { ...changed, sendAgain: true })).outcome, "modified")
    })
  )

  it.scoped("knows a digest of an earlier version, and sends no hashes again for it", () =>
    Effect.gen(function* () {
      const { deliver } = yield* world({ users: [held("anna")] }, { sync_password_hashes: true })
      const { of } = yield* PasswordDigest.PasswordDigest
      const old = yield* of(Redacted.make(Builders.passwordHashes), null)
      const change = { ...user("anna"), user_passwords: Builders.passwordHashes }
      const { outcome, receipt } = yield* deliver(change, { receipt: old })
      assert.strictEqual(outcome, "unchanged")
      assert.strictEqual((yield* deliver(change, { receipt })).outcome, "unchanged")
      assert.strictEqual((yield* deliver(change)).outcome, "modified")
    }).pipe(Effect.provide(PasswordDigest.layer(Redacted.make(new Uint8Array(32)))))
  )

  it.scoped("clears again what it had cleared, when the object is scheduled by hand", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({ users: [held("anna", { udm_properties: { title: "Dr." } })] })
      const receipt = JSON.stringify({ cleared: ["title"] })
      assert.strictEqual((yield* deliver(user("anna"), { receipt })).outcome, "unchanged")
      yield* deliver(user("anna"), { receipt, sendAgain: true })
      assert.notProperty(simulator.state().users[0]?.udm_properties, "title")
    })
  )
})

describe("Delivering classes", () => {
  it.scoped("delivers a class with the members the target knows, and says which are missing", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({ users: [held("a"), held("b")] })
      const change = schoolClass("A", "5a", ["a", "b", "c", "d"])
      const created = yield* Effect.flip(deliver(change))
      assert.ok(created._tag === "ReferencesUnknown")
      assert.deepStrictEqual([...created.names].sort(), ["c", "d"])
      simulator.clearLog()
      const again = yield* Effect.flip(deliver(change))
      assert.deepStrictEqual([tagOf(again), simulator.writes()], ["ReferencesUnknown", ["PATCH /classes/A/5a 404"]])
      simulator.addUser(held("c"))
      simulator.addUser(held("d"))
      assert.strictEqual((yield* deliver(change)).outcome, "modified")
      assert.deepStrictEqual(simulator.state().classes[0]?.users, ["a", "b", "c", "d"])
    })
  )

  it.scoped(
    "finds the unknown among very many members with few requests, and asks for nobody again who is a member",
    () =>
      Effect.gen(function* () {
        const names = Array.from({ length: 400 }, (_, n) => `p${n}`)
        const { deliver, simulator } = yield* world({ users: names.map((name) => held(name)) })
        const change = schoolClass("A", "5a", [...names, "gone"])
        const first = yield* Effect.flip(deliver(change))
        assert.ok(first._tag === "ReferencesUnknown" && first.names.join() === "gone")
        assert.isBelow(simulator.requests().length, 10)
        simulator.clearLog()
        yield* Effect.flip(deliver(change))
        assert.isBelow(simulator.requests().length, 6)
        simulator.clearLog()
        const strangers = Array.from({ length: 100 }, (_, n) => `stranger${n}`)
        const many = yield* Effect.flip(deliver(schoolClass("A", "6a", [...names, ...strangers])))
        assert.ok(many._tag === "ReferencesUnknown" && many.names.length === 100)
        assert.isBelow(simulator.requests().length, 12)
      })
  )

  it.scoped("clears a description and a UDM property that it delivered, and creates classes without nulls", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world(
        {},
        { mapping: { users, school_classes: { ...Builders.classesMapping, mailAddress: "mailAddress" } } }
      )
      const none = { description: null, mailAddress: "" }
      const full = yield* deliver(schoolClass("A", "5a", [], { description: "d", mailAddress: "5a@x.de" }))
      const first = simulator.state().classes[0]
      assert.deepStrictEqual([first?.description, first?.udm_properties], ["d", { mailAddress: "5a@x.de" }])
      const { receipt } = yield* deliver(schoolClass("A", "5a", [], none), full)
      const cleared = simulator.state().classes[0]
      assert.deepStrictEqual([cleared?.description, cleared?.udm_properties.mailAddress ?? null], [null, null])
      assert.strictEqual((yield* deliver(schoolClass("A", "5a", [], none), { receipt })).outcome, "unchanged")
      yield* deliver(schoolClass("A", "5b", [], none), full)
      const created = simulator.state().classes[1]
      assert.deepStrictEqual([created?.description, created?.udm_properties], [null, {}])
    })
  )

  it.scoped("delivers a class of a school that is missing in the list for a moment", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({})
      const empty = { _tag: "Status", status: 200, body: [] } as const
      simulator.fail({ method: "GET", path: /^\/schools\/$/, times: 2, effect: empty })
      assert.strictEqual((yield* deliver(schoolClass("A", "5a"))).outcome, "created")
      assert.strictEqual((yield* deliver(schoolClass("D", "5a"))).outcome, "ignored")
      simulator.fail({ method: "GET", path: "/schools/D", effect: { _tag: "Status", status: 500 } })
      assert.strictEqual(tagOf(yield* Effect.flip(deliver(schoolClass("D", "5a")))), "TargetFailed")
    })
  )

  it.scoped("keeps what is not mapped or null, and sends nothing when nothing differs", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({
        users: [held("a")],
        classes: [{ name: "5a", school: "A", description: "theirs", users: ["a"] }]
      })
      const delivered = yield* deliver(schoolClass("A", "5a", ["a"], { description: null }))
      assert.deepStrictEqual([delivered.outcome, simulator.writes()], ["unchanged", []])
      assert.strictEqual(simulator.state().classes[0]?.description, "theirs")
    })
  )

  it.scoped("removes a class, and is content when it is not there", () =>
    Effect.gen(function* () {
      const { deliver } = yield* world({ classes: [{ name: "5a", school: "A" }] })
      const gone = Builders.removedClass("A", "5a")
      assert.strictEqual((yield* deliver(gone)).outcome, "removed")
      assert.strictEqual((yield* deliver(gone)).outcome, "absent")
    })
  )

  it.scoped("ignores classes when the mapping has none for them", () =>
    Effect.gen(function* () {
      const { deliver } = yield* world({}, { mapping: { users } })
      const delivered = yield* deliver(schoolClass("A", "5a", []))
      assert.deepStrictEqual([delivered.outcome, delivered.detail], ["ignored", 'the mapping has no "school_classes"'])
    })
  )
})

describe("The target as a whole", () => {
  it.scoped("logs in once for many, again when the token was revoked, and before it ends", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({ tokenTtl: 3600 })
      const logIns = () => simulator.requests().filter(({ path }) => path === "/token").length
      yield* Effect.forEach(["a", "b", "c"], (name) => deliver(user(name)), { concurrency: "unbounded" })
      assert.strictEqual(logIns(), 1)
      simulator.revokeTokens()
      yield* deliver(user("d"))
      assert.strictEqual(logIns(), 2)
      yield* TestClock.adjust("3569 seconds")
      yield* deliver(user("e"))
      assert.strictEqual(logIns(), 2)
      yield* TestClock.adjust("2 seconds")
      yield* deliver(user("f"))
      assert.strictEqual(logIns(), 3)
    })
  )

  it.scoped("tells wrong credentials from a server that is down, and shows no password", () =>
    Effect.gen(function* () {
      const { deliver, ping, simulator } = yield* world({
        accounts: [{ username: "Administrator", password: "other" }]
      })
      const wrong = yield* Effect.flip(ping)
      assert.strictEqual(tagOf(wrong), "CredentialsRefused")
      assert.ok(wrong.message.includes("Incorrect username or password") && !wrong.message.includes("univention"))
      simulator.setPassword("Administrator", "univention")
      const rights = yield* Effect.flip(deliver(user("a")))
      assert.strictEqual(tagOf(rights), "CredentialsRefused")
    })
  )

  it.scoped("waits as long as the target asks", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({})
      simulator.fail({
        method: "POST",
        path: "/users/",
        effect: { _tag: "Status", status: 503, body: "<html>down</html>", headers: { "retry-after": "17" } }
      })
      const error = yield* Effect.flip(deliver(user("a")))
      assert.ok(error._tag === "TargetUnavailable")
      assert.deepStrictEqual([error.retryAfter, error.detail], [17_000, "status 503: down"])
    })
  )

  it.scoped("gives up on an answer after 20 seconds, on a creation after 30", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world({})
      yield* deliver(user("warm"))
      simulator.fail({ method: "GET", path: "/users/", effect: { _tag: "Hang" } })
      const reading = yield* Effect.fork(Effect.flip(deliver(user("a"))))
      yield* TestClock.adjust("20 seconds")
      const read = yield* Fiber.join(reading)
      assert.ok(read.message.includes("within 20 seconds"))
      simulator.fail({ method: "POST", path: "/users/", effect: { _tag: "Hang" } })
      const creating = yield* Effect.fork(Effect.flip(deliver(user("b"))))
      yield* Effect.yieldNow().pipe(Effect.repeatN(200))
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      yield* TestClock.adjust("30 seconds")
      const created = yield* Fiber.join(creating)
      assert.ok(created.message.includes("within 30 seconds"))
    })
  )

  it.scoped("keeps the evidence of what was refused, without secrets", () =>
    Effect.gen(function* () {
      const { deliver } = yield* world({}, { mapping: { users: { ...users, password: "password" } } })
      const error = yield* Effect.flip(deliver(user("much.too.long.a.name")))
      assert.ok(error._tag === "TargetRefused")
      assert.strictEqual(error.evidence.status, 400)
      assert.ok(JSON.stringify(error.evidence.body).includes('"password":"**********"'))
    })
  )
})
