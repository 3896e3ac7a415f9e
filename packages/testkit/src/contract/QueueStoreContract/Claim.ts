/** What `QueueStore.claim` keeps. */
import { assert } from "@effect/vitest"
import type { QueueItem } from "@id-connector/core/queue/QueueStore"
import { Clock, Effect, TestClock } from "effect"
import { arrival, group, north, plainHashes, previousUser, removedUser, south, user } from "./Changes.js"
import { dead, done, hashesOf, hold, names, removed, retryAt, type Test } from "./Steps.js"

/** A user whose name was, and whose record UID is still of, `before`. */
const renamed = (id: string, name: string, before: string) =>
  user(id, name, {
    recordUid: `rec-${before}`,
    previous: { schools: ["School1"], record_uid: `rec-${before}`, source_uid: "S", username: before }
  })

export const claimContract = (test: Test): void => {
  test("Q1: gives out what is due, with all it came with", (queue) =>
    Effect.gen(function* () {
      const anna = user("U1", "anna", { previous: previousUser("anne"), hashes: plainHashes })
      yield* queue.accept([arrival("1", group("7a")), arrival("2", anna), arrival("3", group("7b"))])
      yield* queue.accept([arrival("4", user("U0", "bert"))])
      const items = yield* queue.claim(north, 10)
      assert.deepStrictEqual([...names(items)].sort(), ["School1-7a", "School1-7b", "anna", "bert"])
      assert.deepStrictEqual<unknown>(
        items.find(({ file }) => file === "2"),
        {
          object: anna,
          aliases: [],
          stepsAside: false,
          contested: new Set(),
          hadValues: [],
          sendAgain: false,
          id: items.find(({ file }) => file === "2")?.id,
          authority: north,
          objectKey: "user:u1",
          file: "2",
          state: "in_flight",
          attempts: 0,
          availableAt: 0,
          lastError: null,
          receipt: null,
          confirmed: false
        }
      )
      assert.deepStrictEqual(hashesOf(items.find(({ file }) => file === "2")), plainHashes)
    }))

  test("Q2: gives out as many as asked for, at most", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([1, 2, 3].map((n) => arrival(`${n}`, user(`u${n}`, `user${n}`))))
      assert.deepStrictEqual(names(yield* queue.claim(north, 0)), [])
      assert.deepStrictEqual(names(yield* queue.claim(north, 2)), ["user1", "user2"])
      assert.deepStrictEqual(names(yield* queue.claim(north, 2)), ["user3"])
      assert.deepStrictEqual(names(yield* queue.claim(north, 2)), [])
    }))

  test("Q3: lets a class wait for what is due of its own members until that was tried, and for nobody else", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([
        arrival("1", group("7a", ["uid=Anna,cn=users", "uid=bert,cn=users"])),
        arrival("2", group("7b", ["uid=carl,cn=users"])),
        arrival("3", user("u1", "anna")),
        arrival("4", user("u2", "bert")),
        arrival("5", user("u3", "dora"))
      ])
      const [classB, anna, bert] = yield* queue
        .claim(north, 3)
        .pipe(Effect.map(inOrderOf(["School1-7b", "anna", "bert"])))
      assert.deepStrictEqual(names([classB, anna, bert].filter((item) => item !== undefined)), [
        "School1-7b",
        "anna",
        "bert"
      ])
      yield* done(queue, anna)
      yield* queue.accept([arrival("6", user("u1", "anna"))])
      assert.deepStrictEqual(names(yield* queue.claim(north, 1)), ["dora"])
      yield* retryAt(queue, 1000, bert)
      // What came of anna later does not hold the class back any more.
      assert.deepStrictEqual([...names(yield* queue.claim(north, 2))].sort(), ["School1-7a", "anna"])
    }))

  test("Q35: delivers a class once more after a member that was tried in vain before it", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([
        arrival("1", user("u1", "anna")),
        arrival("2", user("u2", "bert")),
        arrival("3", group("7a", ["uid=anna,cn=users", "uid=bert,cn=users"]))
      ])
      const [anna, bert] = yield* queue.claim(north, 10)
      yield* retryAt(queue, 1000, anna, bert)
      const early = yield* queue.claim(north, 10)
      assert.deepStrictEqual(names(early), ["School1-7a"])
      yield* done(queue, ...early)
      const [first] = yield* queue.list(north, { state: "waiting", object: "School1-7a", limit: 1 })
      assert.match(first?.lastError ?? "", /delivered again/)
      yield* TestClock.adjust(1000)
      const users = yield* queue.claim(north, 10)
      assert.deepStrictEqual(names(users), ["anna", "bert"])
      yield* done(queue, users[0])
      assert.deepStrictEqual(names(yield* queue.claim(north, 10)), [])
      yield* dead(queue, users[1])
      const late = yield* queue.claim(north, 10)
      assert.deepStrictEqual(names(late), ["School1-7a"])
      yield* done(queue, ...late)
      assert.deepStrictEqual(yield* queue.counts(north), { waiting: 0, inFlight: 0, held: 0, dead: 1 })
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

  test("Q7: gives groups a quarter of the places while there are more users, and all that users leave", (queue) =>
    Effect.gen(function* () {
      const classes = Array.from({ length: 700 }, (_, n) => arrival(`${n}`, group(`${n}`)))
      const users = Array.from({ length: 8 }, (_, n) => arrival(`u${n}`, user(`u${n}`, `user${n}`)))
      yield* queue.accept([...classes, ...users])
      const kinds = (items: ReadonlyArray<QueueItem>) => {
        const groups = items.filter(({ object }) => object._tag === "ChangedGroup").length
        return { users: items.length - groups, groups }
      }
      const first = yield* queue.claim(north, 8)
      assert.deepStrictEqual(kinds(first), { users: 6, groups: 2 })
      assert.deepStrictEqual(names(yield* queue.claim(north, 1)), ["School1-2"])
      const rest = yield* queue.claim(north, 1000)
      assert.deepStrictEqual(kinds(rest), { users: 2, groups: 697 })
      yield* retryAt(queue, 1000, ...first, ...rest)
      yield* TestClock.adjust(3000)
      const drained = [...(yield* queue.claim(north, 600)), ...(yield* queue.claim(north, 600))]
      assert.strictEqual(new Set(names(drained)).size, 707)
      assert.isNull(yield* queue.nextDue(north))
    }))

  test("Q26: lets a user wait for the removal of another one with the same record UID or name until it is gone", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([
        arrival("1", removedUser("u1", "anna", { previous: previousUser("REC-A") })),
        arrival("2", removedUser("u2", "bert", { previous: previousUser("rec-b") }))
      ])
      yield* queue.accept([
        arrival("3", user("u3", "anna", { recordUid: "other" })),
        arrival("4", user("u4", "other", { recordUid: "rec-B" })),
        arrival("5", user("u5", "dora"))
      ])
      const removals = yield* queue.claim(north, 10)
      assert.deepStrictEqual(names(removals), ["anna", "bert", "dora"])
      yield* retryAt(queue, 1000, ...removals)
      assert.deepStrictEqual(names(yield* queue.claim(north, 10)), [])
      yield* TestClock.adjust(1000)
      yield* removed(queue, ...(yield* queue.claim(north, 1)))
      const [anna] = yield* queue.claim(north, 10).pipe(Effect.map((items) => items.filter(({ file }) => file === "3")))
      assert.strictEqual(anna?.object._tag, "ChangedUser")
    }))

  test("Q37: lets an older item wait for a newer one that frees what it needs, and finds that anew when it is retried", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([
        arrival("1", renamed("u2", "bert", "bert")),
        arrival("2", renamed("u1", "anja", "anna")),
        arrival("3", renamed("u2", "anna", "bert"))
      ])
      const first = yield* queue.claim(north, 10)
      assert.deepStrictEqual(names(first), ["anja"])
      yield* dead(queue, ...first)
      const second = yield* queue.claim(north, 10)
      assert.deepStrictEqual(
        second.map(({ contested, object }) => [object.id, [...contested]]),
        [["u2", ["name"]]]
      )
      yield* dead(queue, ...second)
      yield* queue.retry(north, { _tag: "InState", state: "dead", limit: 10 })
      const again = yield* queue.claim(north, 10)
      assert.deepStrictEqual(names(again), ["anja"])
      yield* done(queue, ...again)
      assert.deepStrictEqual(names(yield* queue.claim(north, 10)), ["anna"])
    }))

  test("Q38: lets one of those step aside that exchange what is theirs, and delivers it after the others", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([arrival("1", renamed("u1", "bert", "anna")), arrival("2", renamed("u2", "anna", "bert"))])
      const [aside, ...others] = yield* queue.claim(north, 10)
      assert.deepStrictEqual([aside?.object.id, aside?.stepsAside, others.length], ["u1", true, 0])
      if (aside !== undefined) yield* queue.settle([{ _tag: "SteppedAside", id: aside.id }])
      const second = yield* queue.claim(north, 10)
      assert.deepStrictEqual(
        second.map(({ object, stepsAside }) => [object.id, stepsAside]),
        [["u2", false]]
      )
      yield* done(queue, ...second)
      const [last] = yield* queue.claim(north, 10)
      assert.deepStrictEqual([last?.object.id, last?.stepsAside], ["u1", false])
      const previous = last?.object.previous
      assert.match(previous && "username" in previous ? (previous.username ?? "") : "", /^idc-/)
    }))

  test("Q39: lets classes go on while a member waits for a deletion that is held back", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([arrival("1", removedUser("u1", "anna", { previous: previousUser("old") }))])
      yield* hold(queue, ...(yield* queue.claim(north, 10)))
      yield* queue.accept([arrival("2", user("u2", "anna")), arrival("3", group("7a", ["uid=anna,cn=users"]))])
      const claimed = yield* queue.claim(north, 10)
      assert.deepStrictEqual(names(claimed), ["School1-7a"])
      yield* done(queue, ...claimed)
      yield* queue.retry(north, { _tag: "InState", state: "held", limit: 1 })
      yield* removed(queue, ...(yield* queue.claim(north, 10)))
      yield* done(queue, ...(yield* queue.claim(north, 10)))
      assert.deepStrictEqual(names(yield* queue.claim(north, 10)), ["School1-7a"], "once more, with the member")
    }))

  test("Q27: lets a user go on when what it waits for is given up", (queue) =>
    Effect.gen(function* () {
      yield* queue.accept([
        arrival("1", removedUser("u1", "anna", { previous: previousUser("rec-a") })),
        arrival("2", user("u2", "anna", { recordUid: "other" }))
      ])
      yield* dead(queue, ...(yield* queue.claim(north, 10)))
      assert.deepStrictEqual(
        (yield* queue.claim(north, 10)).map(({ file }) => file),
        ["2"]
      )
    }))

  test("Q28: drops a removal that is held or dead when a newer user goes on with its record UID", (queue) =>
    Effect.gen(function* () {
      const removal = (n: number) =>
        arrival(`${n}`, removedUser(`u${n}`, `x${n}`, { previous: previousUser(`rec${n}`) }))
      const anew = (n: number) => arrival(`anew ${n}`, user(`new${n}`, `y${n}`, { recordUid: `rec${n}` }))
      yield* queue.accept([removal(1), removal(2), removal(3), anew(3)])
      const [first, second, third] = yield* queue.claim(north, 10)
      yield* hold(queue, first, third)
      yield* dead(queue, second)
      assert.deepStrictEqual(yield* queue.counts(north), { waiting: 1, inFlight: 0, held: 1, dead: 1 })
      assert.deepStrictEqual(
        [...(yield* queue.countsOfAll)],
        [[north, { waiting: 1, inFlight: 0, held: 1, dead: 1, due: 1, oldest: "anew 3" }]]
      )
      yield* queue.accept([anew(1), anew(2)])
      assert.deepStrictEqual(yield* queue.counts(north), { waiting: 3, inFlight: 0, held: 0, dead: 0 })
      assert.deepStrictEqual(names(yield* queue.claim(north, 10)), ["y3", "y1", "y2"])
    }))
}

const inOrderOf =
  (order: ReadonlyArray<string>) =>
  (items: ReadonlyArray<QueueItem>): ReadonlyArray<QueueItem> =>
    order.flatMap((name) => items.filter((item) => names([item])[0] === name))
