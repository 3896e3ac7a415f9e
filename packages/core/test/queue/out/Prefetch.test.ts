import { assert, describe, it } from "@effect/vitest"
import * as Prefetch from "@id-connector/core/queue/out/Prefetch"
import { FastCheck } from "effect"

const concurrency = FastCheck.integer({ min: 1, max: 32 })

describe("how many items are claimed at a time", () => {
  it("is what a fast target takes in 100 ms", () => {
    assert.strictEqual(Prefetch.next(40, 4, 25, 50), 50)
    assert.strictEqual(Prefetch.next(50, 4, 20, 50), 40)
  })

  it("is four per worker for a slow target: newer changes are merged into all others", () => {
    assert.strictEqual(Prefetch.next(16, 4, 4, 850), 16)
    assert.strictEqual(Prefetch.next(30, 4, 4, 850), 16)
  })

  it("changes gradually: one slow answer says not much", () => {
    assert.strictEqual(Prefetch.next(60, 4, 1, 20_000), 30)
    assert.strictEqual(Prefetch.next(16, 4, 100, 0), 32)
  })

  it("stays within its bounds, whatever happens", () => {
    FastCheck.assert(
      FastCheck.property(
        concurrency,
        FastCheck.nat(128),
        FastCheck.nat(1_000),
        FastCheck.integer({ min: -1, max: 1_000_000 }),
        (concurrency, more, ended, millis) => {
          const window = Math.min(Prefetch.least(concurrency) + more, Prefetch.most(concurrency))
          const next = Prefetch.next(window, concurrency, ended, millis)
          assert.isAtLeast(next, Prefetch.least(concurrency))
          assert.isAtMost(next, Prefetch.most(concurrency))
          assert.isTrue(Number.isInteger(next))
        }
      )
    )
  })
})
