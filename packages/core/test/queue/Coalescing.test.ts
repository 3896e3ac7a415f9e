import { assert, describe, it } from "@effect/vitest"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import type { PreviousUser } from "@id-connector/core/changes/PreviousState"
import * as Coalescing from "@id-connector/core/queue/Coalescing"
import { Either, FastCheck, Order } from "effect"

const was = (recordUid: string): PreviousUser => ({ schools: ["School1"], record_uid: recordUid, source_uid: "TESTID" })

const decoded = (json: unknown): ListenerObject.ListenerObject => Either.getOrThrow(ListenerObject.decode(json))

const user = (username: string, previous: PreviousUser | null, properties: object = {}) =>
  decoded({
    id: "u1",
    dn: `uid=${username},ou=School1`,
    udm_object_type: "users/user",
    options: ["default", "ucsschoolStudent"],
    object: { username, school: ["School1"], ...properties },
    old_data: previous
  })

const removed = (previous: PreviousUser | null) =>
  decoded({ id: "u1", dn: "uid=x,ou=School1", udm_object_type: "users/user", object: null, old_data: previous })

const group = (members: ReadonlyArray<string>, previous: ReadonlyArray<string> | null) =>
  decoded({
    id: "g1",
    dn: "cn=School1-7a,ou=School1",
    udm_object_type: "groups/group",
    object: { name: "School1-7a", users: members },
    old_data: previous === null ? null : { users: previous }
  })

const all = (...objects: ReadonlyArray<ListenerObject.ListenerObject>): Coalescing.DesiredState =>
  objects.map((object) => Coalescing.single(object)).reduce((older, newer) => Coalescing.merge(older, newer))

describe("Coalescing.merge", () => {
  it("takes the newest state and the oldest previous state; what was in between are aliases", () => {
    const desired = all(user("b", was("a")), user("c", was("b")), user("d", was("c")))
    assert.deepStrictEqual(desired, {
      object: user("d", was("a")),
      aliases: [was("b"), was("c")],
      hadValues: [],
      sendAgain: false
    })
  })

  it("takes the newer previous state where the older change had none", () => {
    assert.deepStrictEqual(all(user("a", null), user("b", was("a"))), {
      object: user("b", was("a")),
      aliases: [],
      hadValues: [],
      sendAgain: false
    })
  })

  it("names no identity twice, and not the previous one again", () => {
    const desired = all(user("b", was("a")), user("a", was("b")), user("b", was("a")), user("c", was("b")))
    assert.deepStrictEqual(desired.aliases, [was("b")])
  })

  it("takes a removal back that was not delivered: the account is found and changed", () => {
    assert.deepStrictEqual(all(removed(was("a")), user("b", null)), {
      object: user("b", was("a")),
      aliases: [],
      hadValues: [],
      sendAgain: false
    })
  })

  it("keeps every DN that a group may have at the target, oldest first", () => {
    const named = (dn: string, dns: ReadonlyArray<string>) =>
      decoded({
        id: "g1",
        dn,
        udm_object_type: "groups/group",
        object: { name: "School1-7a", users: [] },
        old_data: { users: [], dns }
      })
    const desired = all(named("cn=6a", ["cn=5a"]), named("cn=7a", ["cn=6a"]))
    assert.deepStrictEqual(desired.object.previous, { users: [], dns: ["cn=5a", "cn=6a"] })
  })

  it("removes what was removed last, under the oldest previous state", () => {
    assert.deepStrictEqual(all(user("b", was("a")), removed(was("b"))), {
      object: removed(was("a")),
      aliases: [was("b")],
      hadValues: ["school", "username"],
      sendAgain: false
    })
  })

  it("sends again what was scheduled, whichever of the changes it was", () => {
    const [scheduled, other] = [Coalescing.single(user("a", null), true), Coalescing.single(user("b", null))]
    assert.isTrue(Coalescing.merge(scheduled, other).sendAgain)
    assert.isTrue(Coalescing.merge(other, scheduled).sendAgain)
    assert.isFalse(Coalescing.merge(other, other).sendAgain)
  })

  it("keeps the oldest members of a group, which has no aliases", () => {
    assert.deepStrictEqual(all(group(["b"], ["a"]), group(["c"], ["b"])), {
      object: group(["c"], ["a"]),
      aliases: [],
      hadValues: [],
      sendAgain: false
    })
  })

  it("remembers which properties had a value in between and have none in the end, over a removal, too", () => {
    const title = user("a", was("a"), { title: "Dr.", city: "Bremen", phone: ["1"] })
    const without = user("a", was("a"), { title: "", city: "Kiel", phone: [] })
    assert.deepStrictEqual(all(title, without).hadValues, ["phone", "title"])
    assert.deepStrictEqual(all(title, removed(was("a")), without).hadValues, ["phone", "title"])
    assert.deepStrictEqual(all(title, without, title).hadValues, [])
    assert.deepStrictEqual(all(without, title, without).hadValues, ["phone", "title"])
  })

  const Previous = FastCheck.option(FastCheck.constantFrom("a", "b", "c").map(was))
  const DesiredState: FastCheck.Arbitrary<Coalescing.DesiredState> = FastCheck.array(
    FastCheck.oneof(
      FastCheck.tuple(
        FastCheck.constantFrom("a", "b", "c"),
        Previous,
        FastCheck.constantFrom({}, { title: "Dr." })
      ).map((parts) => user(...parts)),
      Previous.map(removed)
    ),
    { minLength: 1, maxLength: 3 }
  ).map((objects) => all(...objects))

  /** Aliases are a set: their order may differ. */
  const comparable = (desired: Coalescing.DesiredState) => ({
    ...desired,
    aliases: desired.aliases.map(({ record_uid }) => record_uid ?? "").sort(Order.string)
  })

  it.prop(
    "does not depend on which of three changes were merged first",
    [DesiredState, DesiredState, DesiredState],
    ([a, b, c]) => {
      assert.deepStrictEqual(
        comparable(Coalescing.merge(Coalescing.merge(a, b), c)),
        comparable(Coalescing.merge(a, Coalescing.merge(b, c)))
      )
    }
  )

  it.prop("delivers the newest state", [DesiredState, DesiredState], ([older, newer]) => {
    const { object } = Coalescing.merge(older, newer)
    assert.deepStrictEqual({ ...object, previous: null }, { ...newer.object, previous: null })
  })

  it.prop("forgets no identity that the target may hold", [DesiredState, DesiredState], ([older, newer]) => {
    const identities = (desired: Coalescing.DesiredState) =>
      new Set([desired.object.previous, ...desired.aliases].filter((one) => one !== null))
    const merged = [...identities(Coalescing.merge(older, newer))].map((one) => JSON.stringify(one))
    for (const desired of [older, newer]) {
      for (const one of identities(desired)) assert.include(merged, JSON.stringify(one))
    }
    assert.strictEqual(new Set(merged).size, merged.length)
  })

  it.prop("keeps the oldest previous state", [DesiredState, DesiredState], ([older, newer]) => {
    const { object } = Coalescing.merge(older, newer)
    assert.deepStrictEqual(object.previous, older.object.previous ?? newer.object.previous)
  })
})
