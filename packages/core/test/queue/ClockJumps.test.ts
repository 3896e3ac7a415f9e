import { assert, describe, it } from "@effect/vitest"
import * as ClockJumps from "@id-connector/core/queue/ClockJumps"
import * as MonotonicClock from "@id-connector/core/queue/MonotonicClock"

const days = 86_400_000

describe("A clock that is set", () => {
  it("is told from time that passes, and from small corrections", () => {
    const before = { clock: 1_000_000, monotonic: 5_000 }
    const later = (clock: number) => ({ clock: before.clock + 60_000 + clock, monotonic: before.monotonic + 60_000 })
    assert.strictEqual(ClockJumps.jump(before, later(0)), 0)
    assert.strictEqual(ClockJumps.jump(before, later(1_500)), 0)
    assert.strictEqual(ClockJumps.jump(before, later(-30 * days)), -30 * days)
    assert.strictEqual(ClockJumps.jump(before, later(3_600_000)), 3_600_000)
  })

  it("shows moments of the other clock as this one has them", () => {
    const now = { clock: 9_000, monotonic: 4_000 }
    assert.strictEqual(MonotonicClock.toClock(4_500, now), 9_500)
    assert.strictEqual(MonotonicClock.fromClock(9_500, now), 4_500)
  })
})
