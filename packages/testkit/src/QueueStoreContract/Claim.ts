/** What `QueueStore.claim` keeps. */
import { assert } from "@effect/vitest"
import { Clock, Effect, TestClock } from "effect"
import { arrival, group, north, plainHashes, previousUser, south, user } from "./Changes.js"
import { done, hashesOf, names, retryAt, type Test } from "./Steps.js"

export const claimContract = (test: Test): void => {
  test("Q1: gives out users before groups, each in the order of arrival, with all they came with", (queue) =>
    Effect.gen(function* () {
      const anna = user("U1", "anna", { previous: previousUser("anne"), hashes: plainHashes })
      yield* queue.accept([arrival("1", group("7a", ["uid=anna"])), arrival("2", anna), arrival("3", group("7b"))])
      yield* queue.accept([arrival("4", user("U0", "bert"))])
      const users = yield* queue.claim(north, 10)
      assert.deepStrictEqual(names(users), ["anna", "bert"])
      assert.deepStrictEqual<unknown>(users[0], {
        object: anna,
        aliases: [],
        recreate: false,
        id: users[0]?.id,
        authority: north,
        objectKey: "user:u1",
        file: "2",
        state: "in_flight",
        attempts: 0,
        availableAt: 0,
        lastError: null,
        receipt: null
      })
      assert.deepStrictEqual(hashesOf(users[0]), plainHashes)
      yield* done(queue, ...users)
      assert.deepStrictEqual(names(yield* queue.claim(north, 10)), ["School1-7a", "School1-7b"])
    }))

  test("Q2: gives out as many as asked for, at most", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([1, 2, 3].map((n) => arrival(`${n}`, user(`u${n}`, `user${n}`))))
      assert.deepStrictEqual(names(yield* queue.claim(north, 0)), [])
      assert.deepStrictEqual(names(yield* queue.claim(north, 2)), ["user1", "user2"])
      assert.deepStrictEqual(names(yield* queue.claim(north, 2)), ["user3"])
      assert.deepStrictEqual(names(yield* queue.claim(north, 2)), [])
    }))

  test("Q3: keeps groups back while a user is due or in flight, not while one waits for its time", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([
        arrival("1", group("7a")),
        arrival("2", user("u1", "anna")),
        arrival("3", user("u2", "bert"))
      ])
      const anna = yield* queue.claim(north, 1)
      const bert = yield* queue.claim(north, 1)
      assert.deepStrictEqual(names([...anna, ...bert]), ["anna", "bert"])
      assert.deepStrictEqual(names(yield* queue.claim(north, 1)), [])
      yield* done(queue, ...anna)
      assert.deepStrictEqual(names(yield* queue.claim(north, 1)), [])
      yield* retryAt(queue, 1000, ...bert)
      assert.deepStrictEqual(names(yield* queue.claim(north, 1)), ["School1-7a"])
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual(names(yield* queue.claim(north, 1)), ["bert"])
    }))

  test("Q4: never gives out an object that is in flight; what arrives meanwhile waits", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([arrival("1", user("u1", "anna"))])
      const first = yield* queue.claim(north, 10)
      yield* queue.accept([arrival("2", user("U1", "anne")), arrival("3", user("u2", "bert"))])
      assert.deepStrictEqual(names(yield* queue.claim(north, 10)), ["bert"])
      yield* done(queue, ...first)
      assert.deepStrictEqual(names(yield* queue.claim(north, 10)), ["anne"])
    }))

  test("Q5: serves each authority for itself, and each gets what it is a recipient of", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([
        arrival("1", user("u1", "anna"), { to: [north, south, north] }),
        arrival("2", user("u2", "bert"), { to: [south] }),
        arrival("3", user("u3", "carl"), { to: [] })
      ])
      assert.deepStrictEqual(names(yield* queue.claim(north, 10)), ["anna"])
      assert.deepStrictEqual(names(yield* queue.claim(south, 10)), ["anna", "bert"])
      assert.deepStrictEqual(yield* queue.takenOverNames, ["1", "2", "3"])
    }))

  test("Q6: gives an item that waits for its time not before it, and nextDue tells that time", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([arrival("1", user("u1", "anna")), arrival("2", user("u2", "bert"))])
      assert.isNull(yield* queue.nextDue(north))
      const [anna, bert] = yield* queue.claim(north, 10)
      const now = yield* Clock.currentTimeMillis
      yield* retryAt(queue, now + 1999.5, anna)
      yield* retryAt(queue, now + 1000, bert)
      assert.strictEqual(yield* queue.nextDue(north), now + 1000)
      assert.isNull(yield* queue.nextDue(south))
      yield* TestClock.adjust(999)
      assert.deepStrictEqual(names(yield* queue.claim(north, 10)), [])
      yield* TestClock.adjust(1)
      const again = yield* queue.claim(north, 10)
      assert.deepStrictEqual(names(again), ["bert"])
      assert.deepInclude(again[0], { attempts: 1, lastError: "not now", availableAt: now + 1000 })
      assert.strictEqual(yield* queue.nextDue(north), now + 2000)
      yield* TestClock.adjust(5000)
      assert.deepStrictEqual(names(yield* queue.claim(north, 10)), ["anna"])
      assert.isNull(yield* queue.nextDue(north))
    }))

  test("Q7: gives out users before groups also when hundreds become due at once", (queue) =>
    Effect.gen(function* () {
      const classes = Array.from({ length: 700 }, (_, n) => arrival(`${n}`, group(`${n}`)))
      yield* queue.accept([...classes, arrival("anna", user("u1", "anna")), arrival("bert", user("u2", "bert"))])
      yield* retryAt(queue, 2000, ...(yield* queue.claim(north, 10)))
      yield* retryAt(queue, 1000, ...(yield* queue.claim(north, 1000)))
      assert.deepStrictEqual(yield* queue.counts(north), { waiting: 702, inFlight: 0, dead: 0 })
      yield* TestClock.adjust(3000)
      const users = yield* queue.claim(north, 10)
      assert.deepStrictEqual(names(users), ["anna", "bert"])
      yield* done(queue, ...users)
      const drained = [...(yield* queue.claim(north, 600)), ...(yield* queue.claim(north, 600))]
      assert.strictEqual(new Set(names(drained)).size, 700)
      assert.isNull(yield* queue.nextDue(north))
    }))
}
