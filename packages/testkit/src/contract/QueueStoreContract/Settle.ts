/** What `QueueStore.settle` and `recover` keep, and what can be looked at. */
import { assert } from "@effect/vitest"
import { attemptsKept, type ClaimedItem, ItemId, type QueueItem } from "@id-connector/core/queue/QueueStore"
import { Clock, Effect, Option, TestClock } from "effect"
import { arrival, group, north, previousUser, removedUser, south, user } from "./Changes.js"
import { attempt, dead, done, doneWith, hold, names, release, removed, retryAt, retryFor, type Test } from "./Steps.js"

export const settleContract = (test: Test): void => {
  test("Q36: remembers which queues somebody has paused", (queue) =>
    Effect.gen(function* () {
      assert.deepStrictEqual([...(yield* queue.paused)], [])
      yield* queue.setPaused(north, true)
      yield* queue.setPaused(north, true)
      yield* queue.setPaused(south, true)
      yield* queue.setPaused(south, false)
      assert.deepStrictEqual([...(yield* queue.paused)], [north])
    }))

  test("Q14: Done ends an item, and the next one of the object brings the receipt along", (queue) =>
    Effect.gen(function* () {
      const both = { to: [north, south] }
      yield* queue.accept([arrival("1", user("u1", "anna"), both), arrival("2", user("u2", "bert"), both)])
      yield* doneWith(queue, "first", ...(yield* queue.claim(north, 10)))
      yield* done(queue, ...(yield* queue.claim(south, 10)))
      yield* queue.accept([arrival("3", user("u1", "anne"), both)])
      const again = yield* queue.claim(north, 10)
      assert.deepStrictEqual(
        again.map(({ receipt }) => receipt),
        ["first"]
      )
      assert.deepStrictEqual(
        (yield* queue.claim(south, 10)).map(({ receipt }) => receipt),
        [null]
      )
      yield* doneWith(queue, "second", ...again)
      yield* queue.accept([arrival("4", user("u1", "ann"))])
      assert.deepStrictEqual(
        (yield* queue.list(north, { limit: 9 })).map(({ receipt }) => receipt),
        ["second"]
      )
      yield* done(queue, ...(yield* queue.claim(north, 10)))
      yield* queue.accept([arrival("5", user("u1", "anna")), arrival("6", user("u2", "bert"))])
      assert.deepStrictEqual(
        (yield* queue.claim(north, 10)).map(({ receipt }) => receipt),
        [null, "first"]
      )
    }))

  test("Q14: knows which other objects were delivered under a record UID, until they are removed or get another", (queue) =>
    Effect.gen(function* () {
      const deliver = (id: string, recordUid: string, sourceUid: string | null = "S") =>
        Effect.gen(function* () {
          yield* queue.accept([arrival(`${id} ${recordUid} ${sourceUid}`, user(id, id), { to: [north, south] })])
          const account = { recordUid, sourceUid }
          for (const authority of [north, south]) {
            for (const { id } of yield* queue.claim(authority, 10)) {
              const result = authority === north ? "present" : "absent"
              yield* queue.settle([{ _tag: "Done", id, receipt: null, result, account }])
            }
          }
        })
      const others = (recordUid: string, id: string) => queue.othersWith(north, recordUid, `user:${id}`)
      yield* deliver("u1", "R-Ä1")
      assert.deepStrictEqual(yield* others("r-ä1", "u1"), [])
      yield* deliver("u2", "r-ä1", null)
      yield* deliver("u3", "r-2")
      assert.deepStrictEqual(yield* others("R-ä1", "u1"), [null])
      assert.deepStrictEqual(yield* others("R-ä1", "u2"), ["S"])
      assert.deepStrictEqual([...(yield* others("R-ä1", "u3"))].sort(), ["S", null])
      assert.deepStrictEqual(yield* queue.othersWith(south, "r-ä1", "user:u3"), [])
      yield* deliver("u2", "r-2")
      assert.deepStrictEqual(yield* others("r-ä1", "u1"), [])
      yield* queue.accept([arrival("gone", removedUser("u1", "u1"))])
      yield* removed(queue, ...(yield* queue.claim(north, 10)))
      assert.deepStrictEqual(yield* others("r-ä1", "u2"), [])
    }))

  test("Q15: Release lets an item wait as before, at its place", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([arrival("1", user("u1", "anna")), arrival("2", user("u2", "bert"))])
      const before = yield* queue.claim(north, 1)
      yield* retryAt(queue, 1000, ...before)
      yield* TestClock.adjust(1000)
      const first = yield* queue.claim(north, 1)
      yield* release(queue, ...first)
      assert.deepStrictEqual(yield* queue.claim(north, 1), first)
      assert.deepInclude(first[0], { attempts: 1, lastError: "not now", availableAt: 1000 })
    }))

  test("Q16: Dead keeps an item with the reason and gives it out no more, and others go on", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([
        arrival("1", user("u1", "anna")),
        arrival("2", user("u2", "bert")),
        arrival("3", group("7a"))
      ])
      yield* dead(queue, ...(yield* queue.claim(north, 1)))
      assert.deepStrictEqual([...names(yield* queue.claim(north, 10))].sort(), ["School1-7a", "bert"])
      const [letter, ...others] = yield* queue.list(north, { state: "dead", limit: 10 })
      assert.deepStrictEqual(others, [])
      assert.deepInclude(letter, { file: "1", state: "dead", attempts: 1, lastError: "never" })
    }))

  test("Q17: merges what was not delivered with what arrived meanwhile; then Release and Dead start anew", (queue) =>
    Effect.gen(function* () {
      for (const [digest, end] of [
        ["release", release],
        ["dead", dead]
      ] as const) {
        yield* queue.accept([
          arrival("a", user("u1", "b", { previous: previousUser("a") }), { digest }),
          arrival("b", user("u2", "other"), { digest })
        ])
        const [first, other] = yield* queue.claim(north, 10)
        const newer = user("u1", "c", { previous: previousUser("b") })
        yield* queue.accept([arrival("c", newer, { digest })])
        yield* end(queue, first)
        yield* release(queue, other)
        const items = yield* queue.claim(north, 10)
        assert.deepStrictEqual(names(items), ["c", "other"])
        assert.deepInclude(items[0], { file: "c", attempts: 0, lastError: null, aliases: [previousUser("b")] })
        assert.deepStrictEqual(items[0]?.object.previous, previousUser("a"))
        yield* done(queue, ...items)
      }
    }))

  test("Q18: merges it on RetryAt, too, and still waits for that time", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([arrival("1", user("u1", "b", { previous: previousUser("a") }))])
      const first = yield* queue.claim(north, 10)
      yield* queue.accept([arrival("2", user("u1", "c", { previous: previousUser("b") }))])
      yield* retryAt(queue, 1000, ...first)
      assert.deepStrictEqual(yield* queue.counts(north), { waiting: 1, inFlight: 0, held: 0, dead: 0 })
      assert.strictEqual(yield* queue.due(north), 0)
      assert.deepStrictEqual(names(yield* queue.claim(north, 10)), [])
      yield* TestClock.adjust(1000)
      const [item] = yield* queue.claim(north, 10)
      assert.deepInclude(item, { file: "2", attempts: 1, lastError: "not now", aliases: [previousUser("b")] })
      assert.deepStrictEqual(item?.object.previous, previousUser("a"))
    }))

  test("Q19: ignores ids that are unknown, not in flight, or settled before", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([arrival("1", user("u1", "anna")), arrival("2", user("u2", "bert"))])
      const claimed = yield* queue.claim(north, 1)
      const listed = yield* queue.list(north, { limit: 10 })
      yield* queue.settle([])
      yield* queue.settle([{ _tag: "Done", id: ItemId.make(4711), receipt: null, result: "present" }])
      yield* done(queue, ...listed.slice(1))
      assert.deepStrictEqual(yield* queue.list(north, { limit: 10 }), listed)
      yield* retryAt(queue, 1000, ...claimed, ...claimed)
      yield* dead(queue, ...claimed)
      const [anna] = yield* queue.list(north, { limit: 10 })
      assert.deepInclude(anna, { state: "waiting", attempts: 1 })
    }))

  test("Q20: recover lets everything in flight wait as before", (queue) =>
    Effect.gen(function* () {
      const both = { to: [north, south] }
      yield* queue.accept([arrival("1", user("u1", "anna"), both), arrival("2", user("u2", "bert"), both)])
      const claimed = yield* queue.claim(north, 10)
      yield* queue.claim(south, 1)
      yield* queue.accept([arrival("3", user("u2", "berta"))])
      assert.strictEqual(yield* queue.recover, 3)
      assert.strictEqual(yield* queue.recover, 0)
      const again = yield* queue.claim(north, 10)
      assert.deepStrictEqual(again[0], claimed[0])
      assert.deepStrictEqual(names(again), ["anna", "berta"])
      assert.deepStrictEqual(names(yield* queue.claim(south, 10)), ["anna", "bert"])
    }))

  test("Q21: lists items in the order of their ids, page by page, all or those in one state", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([1, 2, 3, 4, 5].map((n) => arrival(`${n}`, user(`u${n}`, `user${n}`))))
      const [first, second, third] = yield* queue.claim(north, 3)
      yield* dead(queue, first)
      yield* retryAt(queue, 1000, second)
      const all = yield* queue.list(north, { limit: 10 })
      assert.deepStrictEqual(
        all.map(({ state }) => state),
        ["dead", "waiting", "in_flight", "waiting", "waiting"]
      )
      assert.deepStrictEqual(yield* queue.list(south, { limit: 10 }), [])
      const waiting = yield* queue.list(north, { state: "waiting", limit: 2 })
      assert.deepStrictEqual(names(waiting), ["user2", "user4"])
      const after = waiting[1]?.id ?? ItemId.make(0)
      assert.deepStrictEqual(names(yield* queue.list(north, { state: "waiting", after, limit: 2 })), ["user5"])
      assert.deepStrictEqual(
        yield* queue.list(north, { state: "in_flight", limit: 10 }),
        third === undefined ? [] : [asListed(third)]
      )
      assert.deepStrictEqual(names(yield* queue.list(north, { state: "dead", limit: 10 })), ["user1"])
      assert.deepStrictEqual(yield* queue.counts(north), { waiting: 3, inFlight: 1, held: 0, dead: 1 })
    }))

  test("Q29: shows the failed attempts of an item with their evidence, the newest of them, until something newer comes", (queue) =>
    Effect.gen(function* () {
      const historyOf = (item: QueueItem | undefined) =>
        Effect.map(
          queue.show(north, item?.id ?? ItemId.make(1)),
          Option.map(({ attempts }) => attempts.map(({ error }) => error))
        )
      yield* queue.accept([arrival("1", user("u1", "anna"))])
      const [anna] = yield* queue.claim(north, 1)
      yield* retryAt(queue, 0, anna)
      yield* dead(queue, ...(yield* queue.claim(north, 1)))
      assert.deepStrictEqual(Option.getOrNull(yield* queue.show(north, anna?.id ?? ItemId.make(1)))?.attempts, [
        attempt("not now"),
        attempt("never")
      ])
      assert.isTrue(Option.isNone(yield* queue.show(south, anna?.id ?? ItemId.make(1))))
      assert.isTrue(Option.isNone(yield* queue.show(north, ItemId.make(4711))))
      yield* queue.accept([arrival("2", user("u1", "anna"))])
      assert.deepStrictEqual(yield* historyOf(anna), Option.some([]))
      for (let n = 0; n < attemptsKept + 5; n++) yield* retryAt(queue, 0, ...(yield* queue.claim(north, 1)))
      assert.strictEqual(Option.getOrNull(yield* historyOf(anna))?.length, attemptsKept)
    }))

  test("Q30: makes an item due as soon as a user was delivered that it refers to", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([
        arrival("1", group("7a")),
        arrival("2", user("u1", "anna")),
        arrival("3", user("u2", "bert"))
      ])
      const [anna, bert, klass] = yield* queue.claim(north, 10)
      yield* retryFor(["Anna", "carl"])(queue, 1_000_000, klass)
      yield* done(queue, bert)
      assert.deepStrictEqual(yield* queue.claim(north, 10), [])
      yield* done(queue, anna)
      const [again] = yield* queue.claim(north, 10)
      assert.strictEqual(again?.id, klass?.id)
      assert.strictEqual(again?.attempts, 1)
    }))

  test("Q31: tries again what is selected, as if never tried, and holds what was confirmed for confirmed", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([1, 2, 3, 4].map((n) => arrival(`${n}`, user(`u${n}`, `user${n}`))))
      const [first, second, third] = yield* queue.claim(north, 4)
      yield* dead(queue, first)
      yield* hold(queue, second)
      yield* retryAt(queue, 1000, third)
      const all = yield* queue.list(north, { limit: 9 })
      const ids = all.map(({ id }) => id)
      assert.strictEqual(yield* queue.retry(south, { _tag: "Ids", ids }), 0)
      assert.strictEqual(yield* queue.retry(north, { _tag: "InState", state: "dead", limit: 5 }), 1)
      assert.strictEqual(yield* queue.retry(north, { _tag: "Ids", ids }), 2)
      const again = yield* queue.claim(north, 9)
      assert.deepStrictEqual(
        again.map(({ attempts, confirmed, lastError }) => ({ attempts, confirmed, lastError })),
        [false, true, false].map((confirmed) => ({ attempts: 0, confirmed, lastError: null }))
      )
      yield* hold(queue, again[1])
      yield* queue.accept([arrival("5", user("u2", "user2"))])
      assert.isFalse((yield* queue.claim(north, 9))[0]?.confirmed)
    }))

  test("Q32: discards what is selected, but nothing in flight, and lets others go on that waited for it", (queue) =>
    Effect.gen(function* () {
      const removal = removedUser("u1", "anna", { previous: previousUser("a") })
      yield* queue.accept([arrival("1", removal), arrival("2", user("u2", "anna", { recordUid: "other" }))])
      const ids = (yield* queue.list(north, { limit: 9 })).map(({ id }) => id)
      const claimed = yield* queue.claim(north, 9)
      assert.strictEqual(yield* queue.discard(north, { _tag: "Ids", ids: ids.slice(0, 1) }), 0)
      yield* hold(queue, ...claimed)
      assert.deepStrictEqual(yield* queue.claim(north, 9), [])
      assert.strictEqual(yield* queue.discard(south, { _tag: "Ids", ids }), 0)
      assert.strictEqual(yield* queue.discard(north, { _tag: "InState", state: "held", limit: 5 }), 1)
      assert.deepStrictEqual(names(yield* queue.claim(north, 9)), ["anna"])
      assert.deepStrictEqual(yield* queue.counts(north), { waiting: 0, inFlight: 1, held: 0, dead: 0 })
    }))

  test("Q33: finds the items of an object by its name, its id or its key", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([
        arrival("1", user("U1", "Anna")),
        arrival("2", user("u2", "bert")),
        arrival("3", group("7a"))
      ])
      for (const object of ["ANNA", "u1", "user:u1"]) {
        assert.deepStrictEqual(names(yield* queue.list(north, { object, limit: 9 })), ["Anna"])
      }
      assert.deepStrictEqual(names(yield* queue.list(north, { object: "school1-7A", limit: 9 })), ["School1-7a"])
      assert.deepStrictEqual(yield* queue.list(north, { object: "anna", state: "dead", limit: 9 }), [])
      assert.deepStrictEqual(yield* queue.list(south, { object: "anna", limit: 9 }), [])
    }))

  test("Q52: removes requests and answers that are old, some at a time, and keeps the errors", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([arrival("1", user("u1", "anna")), arrival("2", user("u2", "bert"))])
      yield* dead(queue, ...(yield* queue.claim(north, 9)))
      assert.strictEqual(yield* queue.ageEvidence(7, 9), 0)
      assert.strictEqual(yield* queue.ageEvidence(8, 1), 1)
      assert.strictEqual(yield* queue.ageEvidence(8, 9), 1)
      assert.strictEqual(yield* queue.ageEvidence(8, 9), 0)
      const [item] = yield* queue.list(north, { limit: 1 })
      const shown = Option.getOrNull(yield* queue.show(north, item?.id ?? ItemId.make(1)))
      assert.deepStrictEqual(shown?.attempts, [{ at: 7, error: "never", evidence: null }])
    }))

  test("Q51: knows who holds an object", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([arrival("1", user("u1", "anna"), { to: [south, north] })])
      assert.deepStrictEqual(yield* queue.holders("user:u1"), [])
      for (const authority of [south, north]) yield* done(queue, ...(yield* queue.claim(authority, 9)))
      assert.deepStrictEqual(yield* queue.holders("user:u1"), [north, south])
      yield* queue.accept([arrival("2", user("u1", "anna"), { to: [south] })])
      assert.deepStrictEqual(yield* queue.holders("user:u1"), [north, south])
      yield* removed(queue, ...(yield* queue.claim(south, 9)))
      assert.deepStrictEqual(yield* queue.holders("user:u1"), [north])
      yield* queue.deleteAuthority(north)
      assert.deepStrictEqual(yield* queue.holders("user:u1"), [])
      assert.deepStrictEqual((yield* queue.concerned(["user:u1"])).get("user:u1") ?? [], [])
    }))

  test("Q41: an authority made anew under a deleted one's name has nothing of it, and that is cleared bit by bit", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([1, 2, 3, 4].map((n) => arrival(`${n}`, user(`u${n}`, `user${n}`))))
      const [first, second, third] = yield* queue.claim(north, 3)
      yield* doneWith(queue, "receipt", first)
      yield* dead(queue, second)
      yield* queue.setPaused(north, true)
      assert.deepStrictEqual([...(yield* queue.authorities)], [north])
      yield* queue.deleteAuthority(north)
      const none = { waiting: 0, inFlight: 0, held: 0, dead: 0 }
      assert.deepStrictEqual(yield* queue.counts(north), none)
      assert.deepStrictEqual(
        [yield* queue.holding(north), [...(yield* queue.paused)], [...(yield* queue.authorities)]],
        [0, [], []]
      )
      assert.isNull(yield* queue.receipt(north, "user:u1"))
      yield* queue.accept([arrival("5", user("u1", "anew"))])
      const anew = yield* queue.claim(north, 9)
      assert.deepStrictEqual(
        anew.map(({ authority, object, receipt }) => [authority, object.id, receipt]),
        [[north, "u1", null]]
      )
      const [deleted] = yield* queue.deleted
      assert.strictEqual(deleted?.authority, north)
      if (deleted === undefined) return
      // What was at work ends as it would have.
      yield* release(queue, third)
      for (const state of ["waiting", "dead"] as const) {
        const items = yield* queue.list(deleted.id, { state, limit: 9 })
        assert.strictEqual(items.length, state === "dead" ? 1 : 2)
        assert.strictEqual(yield* queue.clearDeleted(deleted.id, 1), state === "waiting" ? 1 : 0)
        yield* queue.discard(deleted.id, { _tag: "Ids", ids: items.map(({ id }) => id) })
      }
      assert.lengthOf(yield* queue.deleted, 1)
      assert.strictEqual(yield* queue.clearDeleted(deleted.id, 1), 0)
      assert.deepStrictEqual([...(yield* queue.deleted)], [])
      assert.deepStrictEqual(yield* queue.counts(north), { ...none, inFlight: 1 })
      yield* queue.deleteAuthority(north)
      yield* done(queue, ...anew)
      assert.deepStrictEqual(yield* queue.counts(north), none)
      assert.strictEqual(yield* queue.holding(north), 0)
    }))

  test("Q42: makes what waits for a time follow a clock that was set, and nothing wait longer than anything may", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([1, 2].map((n) => arrival(`${n}`, user(`u${n}`, `user${n}`))))
      const now = yield* Clock.currentTimeMillis
      const [first, second] = yield* queue.claim(north, 2)
      yield* retryAt(queue, now + 10_000, first)
      yield* retryAt(queue, now + 90_000_000, second)
      assert.strictEqual(yield* queue.shiftDue(0, now + 80_000_000), 1)
      assert.strictEqual(yield* queue.shiftDue(-4_000, now + 80_000_000), 2)
      assert.strictEqual(yield* queue.nextDue(north), now + 6_000)
      yield* TestClock.adjust("6 seconds")
      assert.deepStrictEqual(names(yield* queue.claim(north, 2)), ["user1"])
      assert.strictEqual(yield* queue.nextDue(north), now + 79_996_000)
    }))

  test("Q44: counts the users of schools that were delivered to an authority, some at a time, and not those of a deleted one", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([1, 2, 3].map((n) => arrival(`${n}`, user(`u${n}`, `user${n}`))))
      const [first, second] = yield* queue.claim(north, 2)
      yield* done(queue, first, second)
      const places = [
        { school: "SCHOOL1", authority: north },
        { school: "School1", authority: south },
        { school: "Other", authority: north }
      ]
      const counted = Effect.gen(function* () {
        let sums = [0, 0, 0]
        let after: number | null = 0
        while (after !== null) {
          const some: { readonly counts: ReadonlyArray<number>; readonly next: number | null } =
            yield* queue.countDelivered(places, after, 2)
          sums = sums.map((sum, index) => sum + (some.counts[index] ?? 0))
          after = some.next
        }
        return sums
      })
      assert.deepStrictEqual(yield* counted, [2, 0, 0])
      yield* queue.deleteAuthority(north)
      assert.deepStrictEqual(yield* counted, [0, 0, 0])
    }))

  test("Q34: knows how many objects the target holds, and when it lost some", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([1, 2, 3].map((n) => arrival(`${n}`, user(`u${n}`, `user${n}`))))
      yield* done(queue, ...(yield* queue.claim(north, 3)))
      assert.strictEqual(yield* queue.holding(north), 3)
      assert.strictEqual(yield* queue.holding(south), 0)
      yield* TestClock.adjust(1000)
      yield* queue.accept([1, 2].map((n) => arrival(`gone ${n}`, removedUser(`u${n}`, `user${n}`))))
      yield* removed(queue, ...(yield* queue.claim(north, 3)))
      assert.strictEqual(yield* queue.holding(north), 1)
      assert.deepStrictEqual(yield* queue.removals(north, 1000), [{ at: 1000, count: 2 }])
      assert.deepStrictEqual(yield* queue.removals(north, 1001), [])
      assert.deepStrictEqual(yield* queue.removals(south, 0), [])
    }))
}

/** A list does not say who else has what an item needs. */
const asListed = ({ contested: _, ...item }: ClaimedItem): QueueItem => item
