// @effect-diagnostics globalTimers:off
import { assert, describe, it } from "@effect/vitest"
import { Turn } from "@id-connector/core/queue/Turn"
import * as OnePerTurn from "@id-connector/server/process/OnePerTurn"
import { Effect, Fiber, Layer } from "effect"

const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

const fresh = () => Effect.provide(OnePerTurn.turn.pipe(Layer.provideMerge(OnePerTurn.layer)))

describe("one piece of work per turn of the event loop", () => {
  it.effect("does the first at once and the others in their order", () =>
    Effect.gen(function* () {
      const onePerTurn = yield* OnePerTurn.OnePerTurn
      const done: Array<number> = []
      for (const each of [1, 2, 3]) onePerTurn(() => void done.push(each))
      assert.deepStrictEqual(done, [1])
      yield* turn
      assert.deepStrictEqual(done, [1, 2])
      yield* turn
      assert.deepStrictEqual(done, [1, 2, 3])
    }).pipe(fresh())
  )

  it.effect("does what comes later at once when nothing waits", () =>
    Effect.gen(function* () {
      const onePerTurn = yield* OnePerTurn.OnePerTurn
      const done: Array<number> = []
      onePerTurn(() => void done.push(1))
      yield* turn
      onePerTurn(() => void done.push(2))
      assert.deepStrictEqual(done, [1, 2])
    }).pipe(fresh())
  )

  it.effect("goes on after a piece that failed", () =>
    Effect.gen(function* () {
      const onePerTurn = yield* OnePerTurn.OnePerTurn
      const done: Array<number> = []
      assert.throws(() =>
        onePerTurn(() => {
          throw new Error("failed")
        })
      )
      onePerTurn(() => void done.push(2))
      yield* turn
      assert.deepStrictEqual(done, [2])
    }).pipe(fresh())
  )

  it.effect("lets what is ready go before what waits for its turn", () =>
    Effect.gen(function* () {
      const onePerTurn = yield* OnePerTurn.OnePerTurn
      const done: Array<string> = []
      for (const each of ["first", "second"]) onePerTurn(() => void done.push(each))
      const patient = yield* Effect.fork(Effect.map(Effect.flatten(Turn), () => done.push("patient")))
      yield* Fiber.join(patient)
      assert.deepStrictEqual(done, ["first", "second", "patient"])
    }).pipe(fresh())
  )
})
