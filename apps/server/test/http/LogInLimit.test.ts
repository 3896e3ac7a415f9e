import { assert, describe, it } from "@effect/vitest"
import * as LogInLimit from "@id-connector/server/http/LogInLimit"
import { Deferred, Effect, Fiber, TestClock } from "effect"

/** Tests that count how often they are asked. */
const tester = (limit: LogInLimit.LogInLimit) => {
  let tested = 0
  const attempt = (user: string, address: string, isRight: boolean) =>
    Effect.map(
      limit.attempt(
        user,
        address,
        Effect.zipRight(
          Effect.yieldNow(),
          Effect.sync(() => {
            tested += 1
            return isRight ? user : null
          })
        )
      ),
      ({ _tag }) => _tag
    )
  return { attempt, tested: () => tested }
}

const times = <A, E, R>(count: number, effect: (index: number) => Effect.Effect<A, E, R>, concurrency = 1) =>
  Effect.forEach(Array.from({ length: count }).keys(), effect, { concurrency })

describe("LogInLimit", () => {
  it.effect("tests no more of many attempts at the same time than may fail", () =>
    Effect.gen(function* () {
      const { attempt, tested } = tester(LogInLimit.make())
      const results = yield* times(400, () => attempt("anna", "a", false), 400)
      assert.deepStrictEqual([tested(), results.filter((tag) => tag === "Wait").length], [10, 390])
      assert.strictEqual(yield* attempt("anna", "a", true), "Wait")
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual(yield* attempt("anna", "a", true), "Right")
    })
  )

  it.effect("refuses nobody of many who have the right password, at the same time", () =>
    Effect.gen(function* () {
      const { attempt } = tester(LogInLimit.make())
      const results = yield* times(400, () => attempt("anna", "a", true), 400)
      assert.deepStrictEqual([...new Set(results)], ["Right"])
    })
  )

  it.effect("shuts out nobody by what others fail with at the same address", () =>
    Effect.gen(function* () {
      const { attempt } = tester(LogInLimit.make())
      yield* times(400, () => attempt("anna", "a", false), 400)
      yield* times(400, (index) => attempt(`nobody${index}`, "a", false), 400)
      assert.strictEqual(yield* attempt("bert", "a", false), "Wait")
      assert.strictEqual(yield* attempt("bert", "a", true), "Right")
      yield* times(3, () => attempt("bert", "a", false))
      assert.strictEqual(yield* attempt("bert", "a", true), "Wait")
      assert.strictEqual(yield* attempt("bert", "b", true), "Right")
    })
  )

  it.effect("shuts out nobody by what others fail with elsewhere, and lets them try less there", () =>
    Effect.gen(function* () {
      const { attempt, tested } = tester(LogInLimit.make())
      yield* times(100, (address) => times(20, () => attempt("anna", `bad${address}`, false)), 100)
      assert.isBelow(tested(), 5 * 10 + 100 * 10 + 1)
      const before = tested()
      yield* times(100, (address) => times(20, () => attempt("anna", `worse${address}`, false)))
      assert.strictEqual(tested() - before, 300)
      assert.strictEqual(yield* attempt("anna", "her own", false), "Wait")
      assert.strictEqual(yield* attempt("anna", "her own", true), "Right")
    })
  )

  it.effect("counts no attempt that could not be tested, nor one that was given up", () =>
    Effect.gen(function* () {
      const limit = LogInLimit.make()
      const { attempt } = tester(limit)
      yield* times(100, () => Effect.flip(limit.attempt("anna", "a", Effect.fail("down"))), 100)
      const hanging = yield* times(30, () => Effect.fork(limit.attempt("anna", "a", Effect.never)))
      yield* TestClock.adjust("1 second")
      yield* Effect.forEach(hanging, Fiber.interrupt)
      assert.strictEqual(yield* attempt("anna", "a", true), "Right")
    })
  )

  it.effect("lets the eleventh wait until one of ten is decided", () =>
    Effect.gen(function* () {
      const limit = LogInLimit.make()
      const gate = yield* Deferred.make<string | null>()
      const ten = yield* times(10, () => Effect.fork(limit.attempt("anna", "a", Deferred.await(gate))))
      yield* TestClock.adjust("1 second")
      const next = yield* Effect.fork(limit.attempt("anna", "a", Effect.succeed("right")))
      yield* TestClock.adjust("1 second")
      assert.isNull(yield* Fiber.poll(next).pipe(Effect.map((exit) => (exit._tag === "None" ? null : exit))))
      yield* Deferred.succeed(gate, "right")
      yield* Fiber.joinAll(ten)
      assert.strictEqual((yield* Fiber.join(next))._tag, "Right")
    })
  )

  it.effect("forgets a user's failures at an address with the right password", () =>
    Effect.gen(function* () {
      const { attempt } = tester(LogInLimit.make())
      for (let round = 0; round < 3; round++) {
        yield* times(9, () => attempt("anna", "a", false))
        assert.strictEqual(yield* attempt("anna", "a", true), "Right")
      }
    })
  )
})
