/** What `PreviousStateStore` keeps. */
import { assert } from "@effect/vitest"
import { PreviousStateStore } from "@id-connector/core/queue/PreviousStateStore"
import type { Remember } from "@id-connector/core/queue/QueueStore"
import { Effect, TestClock } from "effect"
import { arrival, group, previousUser, removedUser, user } from "./Changes.js"
import { previousOf, type Test } from "./Steps.js"

const state = (recordUid: string) => ({ remember: { _tag: "State", state: previousUser(recordUid) } as const })
const expireAt = (at: number): { readonly remember: Remember } => ({ remember: { _tag: "ExpireAt", at } })

export const previousStatesContract = (test: Test): void => {
  test("Q22: remembers the last state of each object, whatever the case of its id", (queue) =>
    Effect.gen(function* () {
      const members = { users: ["uid=anna"] }
      yield* queue.accept([
        arrival("1", user("U1", "a"), state("a")),
        arrival("2", user("u1", "b"), state("b")),
        arrival("3", group("7a"), { to: [], remember: { _tag: "State", state: members } })
      ])
      const states = yield* (yield* PreviousStateStore).get(["U1", "entry-7A", "u2"])
      assert.deepStrictEqual(Object.fromEntries(states), { u1: previousUser("b"), "entry-7a": members })
      yield* queue.accept([arrival("4", user("u1", "c"), state("c"))])
      assert.deepStrictEqual(yield* previousOf("u1"), previousUser("c"))
    }))

  test("Q50: forgets what is remembered of one object, when it is asked to", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([arrival("1", user("u1", "a"), state("a")), arrival("2", user("u2", "b"), state("b"))])
      const states = yield* PreviousStateStore
      assert.strictEqual((yield* states.get(["u1", "u2"])).size, 2)
      yield* states.forget("U1")
      assert.deepStrictEqual([...(yield* states.get(["u1", "u2"])).keys()], ["u2"])
    }))

  test("Q50: forgets a member of all groups, and nothing else of them", (queue) =>
    Effect.gen(function* () {
      const states = yield* PreviousStateStore
      const dn = (name: string) => `uid=${name},cn=users,dc=example`
      const members = (id: string, ...names: ReadonlyArray<string>) =>
        arrival(id, group(id), {
          to: [],
          remember: { _tag: "State", state: { users: names.map(dn), dns: [dn("anna")] } }
        })
      yield* queue.accept([members("7a", "Anna", "annabell"), members("7b", "bert"), members("7c", "MÜLLER", "anna")])
      yield* queue.accept([arrival("u", user("u1", "anna"), state("anna"))])
      assert.strictEqual(yield* states.forgetMember("ANNA"), 2)
      assert.strictEqual(yield* states.forgetMember("müller"), 1)
      assert.strictEqual(yield* states.forgetMember("nobody"), 0)
      assert.deepStrictEqual(Object.fromEntries(yield* states.get(["entry-7a", "entry-7b", "entry-7c", "u1"])), {
        "entry-7a": { users: [dn("annabell")], dns: [dn("anna")] },
        "entry-7b": { users: [dn("bert")], dns: [dn("anna")] },
        "entry-7c": { users: [], dns: [dn("anna")] },
        u1: previousUser("anna")
      })
    }))

  test("Q23: forgets a state when its time has come, unless the object comes back before", (queue) =>
    Effect.gen(function* () {
      const states = yield* PreviousStateStore
      yield* queue.accept([
        arrival("1", user("u1", "a"), state("a")),
        arrival("2", user("u2", "b"), state("b")),
        arrival("3", user("u3", "c"), state("c"))
      ])
      yield* queue.accept([1, 2, 3].map((n) => arrival(`gone ${n}`, removedUser(`U${n}`, "x"), expireAt(1000))))
      yield* queue.accept([arrival("4", removedUser("u4", "x"), expireAt(1000))])
      assert.strictEqual((yield* states.get(["u1", "u2", "u3", "u4"])).size, 3)
      yield* queue.accept([arrival("5", user("u3", "c"), state("back"))])
      yield* TestClock.adjust(999)
      assert.strictEqual(yield* states.purge, 0)
      assert.deepStrictEqual(yield* previousOf("u1"), previousUser("a"))
      yield* TestClock.adjust(1)
      assert.deepStrictEqual([...(yield* states.get(["u1", "u2", "u3"])).keys()], ["u3"])
      yield* queue.accept([arrival("6", removedUser("u1", "x"), expireAt(5000))])
      assert.isUndefined(yield* previousOf("u1"))
      assert.strictEqual(yield* states.purge, 2)
      assert.strictEqual(yield* states.purge, 0)
      assert.deepStrictEqual(yield* previousOf("u3"), previousUser("back"))
    }))

  test("Q24: takes the changes of one batch one after the other", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([
        arrival("1", user("u1", "a"), state("a")),
        arrival("2", removedUser("u1", "a"), expireAt(1000)),
        arrival("3", removedUser("u2", "b"), expireAt(1000)),
        arrival("4", user("u2", "b"), state("b"))
      ])
      yield* TestClock.adjust(1000)
      assert.isUndefined(yield* previousOf("u1"))
      assert.deepStrictEqual(yield* previousOf("u2"), previousUser("b"))
    }))

  test("Q43: adopts what another storage remembers, where nothing is remembered yet", (queue) =>
    Effect.gen(function* () {
      const states = yield* PreviousStateStore
      yield* queue.accept([arrival("1", user("u1", "new"), state("new"))])
      const adopted = [
        { id: "U1", state: previousUser("old"), expiresAt: null },
        { id: "U2", state: previousUser("b"), expiresAt: null },
        { id: "u3", state: { users: ["uid=anna"] }, expiresAt: 1000.4 }
      ]
      yield* states.adopt(adopted)
      yield* states.adopt([...adopted, { id: "u2", state: previousUser("later"), expiresAt: null }])
      assert.deepStrictEqual(Object.fromEntries(yield* states.get(["u1", "u2", "u3"])), {
        u1: previousUser("new"),
        u2: previousUser("b"),
        u3: { users: ["uid=anna"] }
      })
      yield* TestClock.adjust(1001)
      assert.deepStrictEqual([...(yield* states.get(["u1", "u2", "u3"])).keys()], ["u1", "u2"])
      yield* queue.accept([arrival("2", user("u2", "c"), state("c"))])
      assert.deepStrictEqual(yield* previousOf("u2"), previousUser("c"))
    }))
}
