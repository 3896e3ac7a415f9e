import { assert, describe, it } from "@effect/vitest"
import * as KelvinToken from "@id-connector/kelvin/client/KelvinToken"
import { Effect, Encoding, Fiber, Redacted, TestClock } from "effect"

/** As the server makes them: `sub` is an object. */
const jwt = (claims: object) =>
  Redacted.make(["{}", JSON.stringify(claims), "signature"].map(Encoding.encodeBase64Url).join("."))

/** A token cache above a login that counts, and answers with what `next` gives. */
const counted = (next: (logIns: number) => Effect.Effect<Redacted.Redacted<string>, string>) =>
  Effect.gen(function* () {
    const count = { logIns: 0 }
    const token = yield* KelvinToken.make(Effect.suspend(() => next(++count.logIns)))
    return { ...token, count }
  })

const sub = { username: "Administrator", kelvin_admin: true, schools: [], roles: [] }

describe("KelvinToken", () => {
  it.effect("is kept, and renewed 30 seconds before its end", () =>
    Effect.gen(function* () {
      const token = yield* counted((logIns) => Effect.succeed(jwt({ sub, exp: logIns * 3_600 })))
      const first = yield* token.get
      yield* TestClock.adjust("3569 seconds")
      assert.strictEqual(yield* token.get, first)
      yield* TestClock.adjust("1 second")
      assert.notStrictEqual(yield* token.get, first)
      assert.strictEqual(token.count.logIns, 2)
    })
  )

  it.effect("is renewed every few minutes when it does not say when it ends", () =>
    Effect.gen(function* () {
      for (const text of ["opaque", "a.b.c", "a.%%%.c", `a.${Encoding.encodeBase64Url('{"exp":"soon"}')}.c`]) {
        const token = yield* counted(() => Effect.succeed(Redacted.make(text)))
        yield* token.get
        yield* TestClock.adjust("4 minutes")
        yield* token.get
        assert.strictEqual(token.count.logIns, 1)
        yield* TestClock.adjust("1 minute")
        yield* token.get
        assert.strictEqual(token.count.logIns, 2)
      }
    })
  )

  it.effect("is used for a while even if it ended long ago by our clock, or ends soon", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(10_000_000)
      for (const exp of [5_000, 10_020]) {
        const token = yield* counted(() => Effect.succeed(jwt({ sub, exp })))
        yield* token.get
        yield* TestClock.adjust("9 seconds")
        yield* token.get
        assert.strictEqual(token.count.logIns, 1, `exp ${exp}`)
        yield* TestClock.setTime(10_000_000)
      }
    })
  )

  it.effect("comes from one login for all who ask meanwhile", () =>
    Effect.gen(function* () {
      const token = yield* counted(() => Effect.as(Effect.sleep("1 second"), jwt({ sub, exp: 3_600 })))
      const users = yield* Effect.fork(
        Effect.all(
          Array.from({ length: 20 }, () => token.get),
          { concurrency: 20 }
        )
      )
      yield* TestClock.adjust("1 second")
      assert.strictEqual(new Set(yield* Fiber.join(users)).size, 1)
      assert.strictEqual(token.count.logIns, 1)
    })
  )

  it.effect("sends a wrong password once for all who ask meanwhile, and again for the next", () =>
    Effect.gen(function* () {
      const wrong = Effect.zipRight(Effect.sleep("1 second"), Effect.fail("wrong password"))
      const token = yield* counted(() => wrong)
      const all = Effect.all(
        Array.from({ length: 20 }, () => Effect.flip(token.get)),
        { concurrency: 20 }
      )
      const users = yield* Effect.fork(all)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(new Set(yield* Fiber.join(users)), new Set(["wrong password"]))
      assert.strictEqual(token.count.logIns, 1)
      const next = yield* Effect.fork(Effect.flip(token.get))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(next)
      assert.strictEqual(token.count.logIns, 2)
    })
  )

  it.effect("is fetched by the next in line when the one who fetched it is interrupted", () =>
    Effect.gen(function* () {
      const token = yield* counted((logIns) => (logIns === 1 ? Effect.never : Effect.succeed(jwt({ sub, exp: 3_600 }))))
      const first = yield* Effect.fork(token.get)
      yield* Effect.yieldNow()
      const second = yield* Effect.fork(token.get)
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(first)
      yield* Fiber.join(second)
      assert.strictEqual(token.count.logIns, 2)
    })
  )

  it.effect("is forgotten when it was refused, unless another one has taken its place", () =>
    Effect.gen(function* () {
      const token = yield* counted((logIns) => Effect.succeed(jwt({ sub, exp: 3_600, logIns })))
      const first = yield* token.get
      yield* token.invalidate(first)
      const second = yield* token.get
      assert.notStrictEqual(Redacted.value(second), Redacted.value(first))
      yield* token.invalidate(first)
      assert.strictEqual(yield* token.get, second)
      assert.strictEqual(token.count.logIns, 2)
    })
  )
})
