import { assert, describe, it } from "@effect/vitest"
import * as Window from "@id-connector/core/OutQueue/Window"
import { FastCheck } from "effect"

const concurrency = FastCheck.integer({ min: 1, max: 32 })

describe("how many items are claimed at a time", () => {
  it("is what a fast target takes in 100 ms", () => {
    assert.strictEqual(Window.next(40, 4, 25, 50), 50)
    assert.strictEqual(Window.next(50, 4, 20, 50), 40)
  })

  it("is four per worker for a slow target: newer changes are merged into all others", () => {
    assert.strictEqual(Window.next(16, 4, 4, 850), 16)
    assert.strictEqual(Window.next(30, 4, 4, 850), 16)
  })

  it("changes gradually: one slow answer says not much", () => {
    assert.strictEqual(Window.next(60, 4, 1, 20_000), 30)
    assert.strictEqual(Window.next(16, 4, 100, 0), 32)
  })

  it("stays within its bounds, whatever happens", () => {
    FastCheck.assert(
      FastCheck.property(
        concurrency,
        FastCheck.nat(128),
        FastCheck.nat(1_000),
        FastCheck.integer({ min: -1, max: 1_000_000 }),
        (concurrency, more, ended, millis) => {
          const window = Math.min(Window.least(concurrency) + more, Window.most(concurrency))
          const next = Window.next(window, concurrency, ended, millis)
          assert.isAtLeast(next, Window.least(concurrency))
          assert.isAtMost(next, Window.most(concurrency))
          assert.isTrue(Number.isInteger(next))
        }
      )
    )
  })
})
