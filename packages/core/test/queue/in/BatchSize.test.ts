import { assert, describe, it } from "@effect/vitest"
import * as BatchSize from "@id-connector/core/queue/in/BatchSize"
import { FastCheck } from "effect"

const size = FastCheck.integer({ min: BatchSize.least / 32, max: BatchSize.most / 32 }).map((steps) => steps * 32)

describe("the size of a batch", () => {
  it("shrinks on a slow machine, until a batch takes 12 ms", () => {
    assert.strictEqual(BatchSize.next(256, 256, 24), 128)
    assert.strictEqual(BatchSize.next(128, 128, 12), 128)
  })

  it("grows again when batchs take less", () => {
    assert.strictEqual(BatchSize.next(128, 128, 9), 160)
  })

  it("changes little at once: one slow batch says not much", () => {
    assert.strictEqual(BatchSize.next(256, 256, 10_000), 128)
    assert.strictEqual(BatchSize.next(64, 64, 0), 128)
  })

  it("is not made smaller by few files that were taken over in time", () => {
    FastCheck.assert(
      FastCheck.property(
        size,
        FastCheck.integer({ min: 0, max: 63 }),
        FastCheck.integer({ min: 0, max: 12 }),
        (before, files, millis) => {
          assert.isAtLeast(BatchSize.next(before, files, millis), before)
        }
      )
    )
  })

  it("stays within its bounds, whatever happens", () => {
    FastCheck.assert(
      FastCheck.property(size, FastCheck.nat(256), FastCheck.nat(), (before, files, millis) => {
        const next = BatchSize.next(before, files, millis)
        assert.isAtLeast(next, BatchSize.least)
        assert.isAtMost(next, BatchSize.most)
        assert.strictEqual(next % 32, 0)
      })
    )
  })
})
