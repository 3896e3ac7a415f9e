import { assert, describe, it } from "@effect/vitest"
import { EventLoopYield } from "@id-connector/core/queue/EventLoopYield"
import * as OpenRequests from "@id-connector/server/process/OpenRequests"
import * as YieldToRequests from "@id-connector/server/process/YieldToRequests"
import { Deferred, Effect, Fiber, Layer, TestClock } from "effect"

/** The event loop turns often enough for everything that is due. */
const turns = Effect.promise(async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
})

const isDone = <A, E>(fiber: Fiber.RuntimeFiber<A, E>) => Effect.map(Fiber.poll(fiber), ({ _tag }) => _tag === "Some")

/** A pause that has begun, and the end of a request that was asked before. */
const yielding = Effect.gen(function* () {
  const end = yield* Deferred.make<void>()
  const { during } = yield* OpenRequests.OpenRequests
  const request = yield* Effect.fork(during(Deferred.await(end)))
  yield* Effect.yieldNow()
  const pause = yield* Effect.fork(yield* EventLoopYield)
  yield* turns
  return { pause, end: Effect.zipRight(Deferred.succeed(end, undefined), Fiber.join(request)) }
})

const fresh = () => Effect.provide(YieldToRequests.layer.pipe(Layer.provideMerge(OpenRequests.layer)))

describe("YieldToRequests", () => {
  it.effect("is over at once when nobody asks", () => Effect.flatMap(EventLoopYield, (pause) => pause).pipe(fresh()))

  it.effect("lasts until a request is answered", () =>
    Effect.gen(function* () {
      const { pause, end } = yield* yielding
      assert.isFalse(yield* isDone(pause))
      yield* end
      yield* turns
      assert.isTrue(yield* isDone(pause))
    }).pipe(fresh())
  )

  it.effect("lasts 20 milliseconds at most, however many ask", () =>
    Effect.gen(function* () {
      const { pause } = yield* yielding
      yield* TestClock.adjust(19)
      yield* turns
      assert.isFalse(yield* isDone(pause))
      yield* TestClock.adjust(1)
      yield* turns
      assert.isTrue(yield* isDone(pause))
    }).pipe(fresh())
  )

  it.effect("does not wait for a request that waits for something else", () =>
    Effect.gen(function* () {
      const { pause } = yield* yielding
      yield* TestClock.adjust(60)
      yield* turns
      assert.isTrue(yield* isDone(pause))
      const next = yield* Effect.fork(yield* EventLoopYield)
      yield* turns
      assert.isTrue(yield* isDone(next))
    }).pipe(fresh())
  )
})
