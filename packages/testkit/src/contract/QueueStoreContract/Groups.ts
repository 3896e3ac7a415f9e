/** What `QueueStore` keeps of causes: what is dead or held, by why it is. */
import { assert } from "@effect/vitest"
import * as Cause from "@id-connector/core/queue/Cause"
import type { QueueItem, QueueStoreShape } from "@id-connector/core/queue/QueueStore"
import { Effect, TestClock } from "effect"
import { arrival, group, north, removedUser, south, user } from "./Changes.js"
import { names, type Test } from "./Steps.js"

/** Gives items up, each with what is wrong. */
const giveUp = (
  queue: QueueStoreShape,
  at: number,
  items: ReadonlyArray<QueueItem>,
  error: (item: QueueItem) => string
) =>
  queue.settle(
    items.map((item) => ({ _tag: "Dead", id: item.id, attempt: { at, error: error(item), evidence: null } }))
  )

const refused = (item: QueueItem) => `The user '${names([item])[0]}' has no record UID (4711).`
const refusedCause = Cause.of("The user 'x' has no record UID (1).")
const other = "something else"

/** Dead letters: three with one cause at North, one with another, one with the first at South; one held at North. */
const filled = (queue: QueueStoreShape) =>
  Effect.gen(function* () {
    yield* queue.accept([
      ...[1, 2, 3, 4].map((n) => arrival(`${n}`, user(`u${n}`, `user${n}`))),
      arrival("5", user("u5", "user5"), { to: [south] }),
      arrival("6", removedUser("u6", "user6"))
    ])
    const [first, second, third, fourth, sixth] = yield* queue.claim(north, 10)
    const fifth = yield* queue.claim(south, 10)
    const some = (...items: ReadonlyArray<QueueItem | undefined>) => items.filter((item) => item !== undefined)
    yield* giveUp(queue, 10, some(first), refused)
    yield* giveUp(queue, 30, some(third), refused)
    yield* giveUp(queue, 20, some(second, ...fifth), refused)
    yield* giveUp(queue, 40, some(fourth), () => other)
    yield* TestClock.adjust(50)
    yield* queue.settle(some(sixth).map(({ id }) => ({ _tag: "Hold", id, reason: "51 deletions" })))
    return { first: first?.id, fourth: fourth?.id, fifth: fifth[0]?.id, sixth: sixth?.id }
  })

export const groupsContract = (test: Test): void => {
  test("Q52: groups what is dead or held by its cause, the most items first", (queue) =>
    Effect.gen(function* () {
      const { fifth, first, fourth, sixth } = yield* filled(queue)
      const ofNorth = [
        { authority: north, cause: refusedCause, items: 3, first: 10, last: 30, sample: first },
        { authority: north, cause: other, items: 1, first: 40, last: 40, sample: fourth }
      ]
      const ofSouth = { authority: south, cause: refusedCause, items: 1, first: 20, last: 20, sample: fifth }
      assert.deepStrictEqual<unknown>(yield* queue.groups("dead", { authority: north, limit: 9 }), ofNorth)
      assert.deepStrictEqual<unknown>(yield* queue.groups("dead", { authority: north, limit: 1 }), ofNorth.slice(0, 1))
      assert.deepStrictEqual<unknown>(yield* queue.groups("dead", { authority: south, limit: 9 }), [ofSouth])
      assert.deepStrictEqual<unknown>(yield* queue.groups("dead", { limit: 9 }), [ofNorth[0], ofSouth, ofNorth[1]])
      assert.deepStrictEqual<unknown>(yield* queue.groups("dead", { limit: 1 }), [ofNorth[0], ofSouth])
      assert.deepStrictEqual<unknown>(yield* queue.groups("held", { limit: 9 }), [
        { authority: north, cause: "… deletions", items: 1, first: 50, last: 50, sample: sixth }
      ])
      yield* queue.deleteAuthority(south)
      assert.deepStrictEqual<unknown>(yield* queue.groups("dead", { limit: 9 }), ofNorth)
    }))

  test("Q53: has in no group what was retried, discarded, or replaced by something newer", (queue) =>
    Effect.gen(function* () {
      yield* filled(queue)
      const counts = Effect.map(queue.groups("dead", { authority: north, limit: 9 }), (all) =>
        all.map(({ items }) => items)
      )
      const [one, two, three] = yield* queue.ids(north, { state: "dead", limit: 9 })
      yield* queue.retry(north, { _tag: "Ids", ids: one === undefined ? [] : [one] })
      assert.deepStrictEqual(yield* counts, [2, 1])
      yield* queue.discard(north, { _tag: "Ids", ids: two === undefined ? [] : [two] })
      assert.deepStrictEqual(yield* counts, [1, 1])
      yield* queue.accept([arrival("new", user("u3", "user3"))])
      assert.deepStrictEqual(yield* counts, [1])
      assert.deepStrictEqual(names(yield* queue.list(north, { cause: refusedCause, limit: 9 })), [])
      assert.isDefined(three)
      // What dies anew is found under its new cause.
      yield* giveUp(queue, 60, yield* queue.claim(north, 9), () => other)
      assert.deepStrictEqual(yield* counts, [3])
    }))

  test("Q54: finds items by their cause, with or without an object, page by page", (queue) =>
    Effect.gen(function* () {
      yield* filled(queue)
      const all = yield* queue.ids(north, { state: "dead", cause: refusedCause, limit: 9 })
      assert.deepStrictEqual(names(yield* queue.list(north, { cause: refusedCause, limit: 9 })), [
        "user1",
        "user2",
        "user3"
      ])
      const after = all[0]
      assert.deepStrictEqual(
        yield* queue.ids(north, { cause: refusedCause, limit: 1, ...(after === undefined ? {} : { after }) }),
        all.slice(1, 2)
      )
      assert.deepStrictEqual(yield* queue.ids(north, { state: "held", cause: refusedCause, limit: 9 }), [])
      const ofUser2 = (cause: string) => queue.list(north, { object: "user2", cause, limit: 9 })
      assert.deepStrictEqual(names(yield* ofUser2(refusedCause)), ["user2"])
      assert.deepStrictEqual(yield* ofUser2(other), [])
    }))

  test("Q55: does nothing to selected items that are in another state by now", (queue) =>
    Effect.gen(function* () {
      yield* filled(queue)
      const ids = yield* queue.ids(north, { limit: 99 })
      yield* queue.retry(north, { _tag: "Ids", ids: ids.slice(0, 1) })
      assert.strictEqual(yield* queue.discard(north, { _tag: "Ids", ids, state: "dead" }), 3)
      assert.strictEqual(yield* queue.retry(north, { _tag: "Ids", ids, state: "dead" }), 0)
      assert.strictEqual(yield* queue.retry(north, { _tag: "Ids", ids, state: "held" }), 1)
      assert.deepStrictEqual(yield* queue.counts(north), { waiting: 2, inFlight: 0, held: 0, dead: 0 })
    }))

  test("Q56: finds the items of an object by its name as items show it", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([
        arrival("1", user("u1", "Änna")),
        arrival("2", group("1a")),
        arrival("3", user("u2", "School1-1a"))
      ])
      const found = (object: string) => Effect.map(queue.list(north, { object, limit: 9 }), names)
      assert.deepStrictEqual(yield* found("user Änna"), ["Änna"])
      assert.deepStrictEqual(yield* found(" USER ÄNNA"), ["Änna"])
      assert.deepStrictEqual(yield* found("group änna"), [])
      assert.deepStrictEqual(yield* found("group School1-1a"), ["School1-1a"])
      assert.lengthOf(yield* found("School1-1a"), 2)
    }))
}
