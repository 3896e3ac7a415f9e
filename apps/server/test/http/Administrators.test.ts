import { assert, describe, it } from "@effect/vitest"
import { Directory, DirectoryError } from "@id-connector/core/directory/Directory"
import * as DirectoryContent from "@id-connector/core/directory/DirectoryContent"
import * as AdministratorsLayer from "@id-connector/server/http/Administrators"
import { Administrators } from "@id-connector/server/http/Administrators"
import * as Turns from "@id-connector/server/http/Turns"
import { Effect, Either, Fiber, Layer, Redacted, Schema, TestClock } from "effect"

const content = (isDisabled: boolean) =>
  DirectoryContent.directory(
    Schema.decodeUnknownSync(DirectoryContent.DirectoryContent)({
      users: [{ uid: "admin", dn: "uid=admin", password: "s3cr3t", disabled: isDisabled }],
      groups: [{ cn: "ucsschool-id-connector-admins", uniqueMember: ["uid=admin"] }]
    })
  )

/** A directory that answers, hangs or fails. */
const directory = () => {
  let state: "answers" | "hangs" | "fails" = "answers"
  let isDisabled = false
  const now = <A>(answer: (of: ReturnType<typeof content>) => Effect.Effect<A, DirectoryError>) =>
    Effect.suspend(() =>
      state === "answers"
        ? answer(content(isDisabled))
        : state === "hangs"
          ? Effect.never
          : Effect.fail(new DirectoryError({ operation: "user", detail: "down" }))
    )
  const layer = Layer.succeed(Directory, {
    ...content(false),
    user: (name) => now((of) => of.user(name)),
    admins: now((of) => of.admins),
    readers: now((of) => of.readers),
    isPassword: (dn, password) => now((of) => of.isPassword(dn, password))
  })
  return {
    administrators: AdministratorsLayer.layer.pipe(Layer.provide(layer)),
    is: (next: typeof state) =>
      Effect.sync(() => {
        state = next
      }),
    disable: Effect.sync(() => {
      isDisabled = true
    })
  }
}

describe("Whoever was allowed a moment ago", () => {
  it.effect("does not wait for a directory that hangs or fails, whatever log-ins of others do", () => {
    const { administrators, is } = directory()
    return Effect.gen(function* () {
      const { roleOf, logIn } = yield* Administrators
      assert.deepStrictEqual(
        yield* logIn("admin", Redacted.make("s3cr3t")),
        Either.right({ username: "admin", role: "administrator" })
      )
      yield* is("hangs")
      yield* TestClock.adjust("11 seconds")
      const turn = yield* Turns.make({ atOnce: 16, atOnceOfEach: 4 })
      yield* Effect.forEach(
        Array(100).keys(),
        (index) => Effect.fork(turn("a", logIn(`nobody${index}`, Redacted.make("x")))),
        { discard: true }
      )
      const asked = yield* Effect.fork(roleOf("admin"))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(asked), "administrator")
      // Those who come while it hangs do not even wait a second.
      const next = yield* Effect.fork(roleOf("admin"))
      yield* TestClock.adjust(0)
      assert.strictEqual(yield* Fiber.join(next), "administrator")
      yield* TestClock.adjust("5 minutes")
      const tooLate = yield* Effect.fork(Effect.flip(roleOf("admin")))
      yield* TestClock.adjust("10 seconds")
      assert.instanceOf(yield* Fiber.join(tooLate), DirectoryError)
    }).pipe(Effect.provide(administrators), Effect.scoped)
  })

  it.effect("is not any more when the directory says so", () => {
    const { administrators, disable, is } = directory()
    return Effect.gen(function* () {
      const { roleOf } = yield* Administrators
      assert.strictEqual(yield* roleOf("admin"), "administrator")
      yield* is("fails")
      yield* TestClock.adjust("11 seconds")
      assert.strictEqual(yield* roleOf("admin"), "administrator")
      yield* disable
      yield* is("answers")
      yield* TestClock.adjust("1 second")
      assert.isNull(yield* roleOf("admin"))
      yield* is("fails")
      yield* TestClock.adjust("11 seconds")
      assert.instanceOf(yield* Effect.flip(roleOf("admin")), DirectoryError)
      yield* is("answers")
      yield* TestClock.adjust("1 second")
      assert.isNull(yield* roleOf("admin"))
    }).pipe(Effect.provide(administrators), Effect.scoped)
  })
})

describe("Turns", () => {
  it.effect("keep a client who asks for much from keeping others waiting", () =>
    Effect.gen(function* () {
      const turn = yield* Turns.make({ atOnce: 16, atOnceOfEach: 4 })
      let atWork = 0
      const work = Effect.suspend(() => {
        atWork += 1
        return Effect.never
      })
      yield* Effect.forEach(Array(100).keys(), () => Effect.fork(turn("a", work)), { discard: true })
      yield* TestClock.adjust(0)
      assert.strictEqual(atWork, 4)
      assert.strictEqual(yield* turn("b", Effect.succeed(1)), 1)
    }).pipe(Effect.scoped)
  )
})
