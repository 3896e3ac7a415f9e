/** What `QueueStore.accept` and the other methods about files keep. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { arrival, north, previousUser, removedUser, south, user } from "./Changes.js"
import { dead, done, names, previousOf, release, retryAt, type Test } from "./Steps.js"

export const acceptContract = (test: Test): void => {
  test("Q8: coalesces what waits for one object: newest state, oldest previous state, its place kept", (queue) =>
    Effect.gen(function* () {
      const was = (uid: string) => ({ previous: previousUser(uid) })
      yield* queue.accept([arrival("1", user("u1", "b", was("a"))), arrival("2", user("u2", "other"))])
      yield* queue.accept([arrival("3", user("u1", "c", was("b"))), arrival("4", user("u1", "d", was("c")))])
      const items = yield* queue.claim(north, 10)
      assert.deepStrictEqual(names(items), ["d", "other"])
      assert.deepInclude(items[0], { file: "4", aliases: [previousUser("b"), previousUser("c")] })
      assert.deepStrictEqual(items[0]?.object.previous, previousUser("a"))
    }))

  test("Q8: keeps which properties had a value in between and have none any more, also over a failed delivery", (queue) =>
    Effect.gen(function* () {
      const titled = { properties: { title: "Dr." } }
      yield* queue.accept([arrival("1", user("u1", "anna", titled)), arrival("2", user("u1", "anna"))])
      yield* queue.accept([arrival("3", user("u2", "bert", titled))])
      const [anna, bert] = yield* queue.claim(north, 10)
      assert.deepStrictEqual([anna?.hadValues, bert?.hadValues], [["title"], []])
      yield* queue.accept([arrival("4", user("u2", "bert"))])
      yield* retryAt(queue, 0, anna)
      yield* release(queue, bert)
      assert.deepStrictEqual(
        (yield* queue.claim(north, 10)).map(({ hadValues }) => hadValues),
        [["title"], ["title"]]
      )
      yield* queue.recover
      assert.deepStrictEqual(
        (yield* queue.list(north, { limit: 10 })).map(({ hadValues }) => hadValues),
        [["title"], ["title"]]
      )
    }))

  test("Q8: keeps that an object was scheduled by hand until it is delivered, whatever is merged", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([arrival("1", user("u1", "anna"), { sendAgain: true }), arrival("2", user("u2", "bert"))])
      const [anna, bert] = yield* queue.claim(north, 10)
      assert.deepStrictEqual([anna?.sendAgain, bert?.sendAgain], [true, false])
      yield* queue.accept([arrival("3", user("u1", "anne")), arrival("4", user("u2", "berta"), { sendAgain: true })])
      yield* release(queue, anna)
      yield* done(queue, bert)
      const again = yield* queue.claim(north, 10)
      assert.deepStrictEqual(
        again.map(({ sendAgain }) => sendAgain),
        [true, true]
      )
      yield* queue.accept([arrival("5", user("u1", "anna"))])
      yield* done(queue, ...again)
      assert.deepStrictEqual(
        (yield* queue.claim(north, 10)).map(({ sendAgain }) => sendAgain),
        [false]
      )
    }))

  test("Q9: takes a removal back that was not delivered, and removes what was removed last", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([arrival("1", removedUser("u1", "anna")), arrival("2", user("u2", "bert"))])
      yield* queue.accept([arrival("3", user("u1", "anna")), arrival("4", removedUser("u2", "bert"))])
      const items = yield* queue.claim(north, 10)
      assert.deepStrictEqual(
        items.map(({ object }) => object._tag),
        ["ChangedUser", "RemovedUser"]
      )
    }))

  test("Q10: revives a dead item, and makes one due that waits for its time, both as if never tried", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([arrival("1", user("u1", "anna")), arrival("2", user("u2", "bert"))])
      const [anna, bert] = yield* queue.claim(north, 10)
      yield* dead(queue, anna)
      yield* retryAt(queue, 1000, bert)
      assert.deepStrictEqual(yield* queue.counts(north), { waiting: 1, inFlight: 0, held: 0, dead: 1 })
      yield* queue.accept([arrival("3", user("u2", "berta")), arrival("4", user("u1", "anne"))])
      assert.deepStrictEqual(yield* queue.counts(north), { waiting: 2, inFlight: 0, held: 0, dead: 0 })
      const items = yield* queue.claim(north, 10)
      assert.deepStrictEqual(names(items), ["anne", "berta"])
      assert.deepStrictEqual(
        items.map(({ id }) => id),
        [anna?.id, bert?.id]
      )
      for (const item of items) assert.deepInclude(item, { attempts: 0, availableAt: 0, lastError: null })
    }))

  test("Q45: takes over what may be deleted without asking, until something newer arrives", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([
        { ...arrival("1", user("u1", "anna")), confirmed: true },
        { ...arrival("2", user("u2", "bert")), confirmed: true },
        arrival("3", user("u3", "carl"))
      ])
      yield* queue.accept([arrival("4", user("u2", "bert"))])
      const items = yield* queue.list(north, { limit: 10 })
      assert.deepStrictEqual(
        items.map(({ confirmed }) => confirmed),
        [true, false, false]
      )
    }))

  test("Q11: leaves out a file that was taken over, with all it would bring, until it is forgotten", (queue) =>
    Effect.gen(function* () {
      const anna = arrival("1", user("u1", "anna"))
      const remember = { _tag: "State", state: previousUser("late") } as const
      const late = arrival("1", user("u1", "late"), { to: [south], remember })
      yield* queue.accept([anna, late])
      yield* done(queue, ...(yield* queue.claim(north, 10)))
      yield* queue.accept([late])
      assert.deepStrictEqual(yield* queue.counts(north), { waiting: 0, inFlight: 0, held: 0, dead: 0 })
      assert.deepStrictEqual(yield* queue.counts(south), { waiting: 0, inFlight: 0, held: 0, dead: 0 })
      assert.deepStrictEqual(yield* previousOf("u1"), previousUser("unset"))
      yield* queue.forget(["1", "unknown"])
      assert.deepStrictEqual(yield* queue.takenOverNames, [])
      yield* queue.accept([late])
      assert.deepStrictEqual(names(yield* queue.claim(south, 10)), ["late"])
      assert.deepStrictEqual(yield* previousOf("u1"), previousUser("late"))
    }))

  test("Q12: takes the same name with another content for another change", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([arrival("1", user("u1", "anna"), { digest: "a" })])
      yield* queue.accept([
        arrival("1", user("u2", "bert"), { digest: "b", fate: "trash" }),
        arrival("2", user("u3", "carl"))
      ])
      assert.deepStrictEqual(names(yield* queue.claim(north, 10)), ["anna", "bert", "carl"])
      const asked = [
        { name: "1", digest: "b" },
        { name: "2", digest: "x" },
        { name: "3", digest: "3" }
      ]
      assert.deepStrictEqual([...(yield* queue.takenOver(asked))], [["1", "trash"]])
      assert.deepStrictEqual([...(yield* queue.takenOver([{ name: "1", digest: "a" }]))], [])
      assert.deepStrictEqual([...(yield* queue.takenOverNames)].sort(), ["1", "2"])
    }))

  test("Q13: takes a batch of any size, none included", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([])
      yield* queue.accept(Array.from({ length: 3000 }, (_, n) => arrival(`${n}`, user(`u${n}`, `user${n}`))))
      yield* queue.accept(Array.from({ length: 3000 }, (_, n) => arrival(`again ${n}`, user(`u${n}`, `new${n}`))))
      assert.deepStrictEqual(yield* queue.counts(north), { waiting: 3000, inFlight: 0, held: 0, dead: 0 })
      assert.strictEqual(yield* queue.due(north), 3000)
      assert.deepStrictEqual(names(yield* queue.claim(north, 2)), ["new0", "new1"])
      assert.strictEqual((yield* queue.takenOverNames).length, 6000)
    }))
}
