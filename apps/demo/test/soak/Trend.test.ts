import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as Year from "../../src/faults/Year.js"
import * as Trend from "../../src/soak/Trend.js"

/** Seconds between two samples. */
const every = 5

interface Shape {
  readonly seed: number
  /** Per hour. */
  readonly leak: number
  /** To both sides. */
  readonly noise: number
  /** Samples of each life. */
  readonly lives: ReadonlyArray<number>
  /** Where each life begins: lower or higher than the one before. */
  readonly levels: ReadonlyArray<number>
}

const livesOf = ({ leak, levels, lives, noise, seed }: Shape): ReadonlyArray<Trend.Life> => {
  const random = Year.generator(seed)
  let at = 0
  return lives.map((length, life) =>
    Array.from({ length }, (_, index) => {
      at += every
      const grown = (leak * index * every) / 3600
      return { at, value: (levels[life] ?? 100) + grown + (random() * 2 - 1) * noise }
    })
  )
}

const shapes = FastCheck.record({
  seed: FastCheck.integer({ min: 1, max: 1_000_000 }),
  noise: FastCheck.double({ min: 0, max: 8, noNaN: true }),
  lives: FastCheck.array(FastCheck.integer({ min: 1, max: 60 }), { maxLength: 4 }),
  levels: FastCheck.array(FastCheck.double({ min: 50, max: 500, noNaN: true }), { minLength: 5, maxLength: 5 })
})

/** Half an hour in one life after the others. */
const long = 360

const trendOf = (shape: Shape) => {
  const trend = Trend.of(livesOf({ ...shape, lives: [...shape.lives, long] }), 0)
  assert.ok(trend)
  return trend
}

describe("Trend.of", () => {
  it("finds a leak within noise, and how large it is", () => {
    FastCheck.assert(
      FastCheck.property(shapes, FastCheck.double({ min: 40, max: 1_000, noNaN: true }), (shape, leak) => {
        const { high, low, slope } = trendOf({ ...shape, leak })
        assert.ok(low > 0, `${low}`)
        assert.ok(low <= slope && slope <= high)
        assert.ok(Math.abs(slope - leak) < 12, `${slope} instead of ${leak}`)
      }),
      { numRuns: 25 }
    )
  })

  it("finds none in flat noise, whatever level a restart brings it to", () => {
    FastCheck.assert(
      FastCheck.property(shapes, (shape) => {
        const { high, low } = trendOf({ ...shape, leak: 0 })
        // One in a hundred times chance goes further than the limits, and never far.
        assert.ok(low < 6 && high > -6, `${low} to ${high}`)
      }),
      { numRuns: 25 }
    )
  })

  it("is not bent by a few wild points", () => {
    FastCheck.assert(
      FastCheck.property(shapes, FastCheck.double({ min: 100, max: 10_000, noNaN: true }), (shape, wild) => {
        const points = livesOf({ ...shape, leak: 0, noise: 1, lives: [long] })[0] ?? []
        const bent = points.map((point, index) => (index % 37 === 36 ? { ...point, value: point.value + wild } : point))
        assert.ok(Math.abs(Trend.of([bent], 0)?.slope ?? Number.NaN) < 6)
      }),
      { numRuns: 10 }
    )
  })

  it("leaves out how each life gets going", () => {
    const going = (from: number) =>
      Array.from({ length: 100 }, (_, index) => ({ at: from + index, value: Math.min(index, 30) * 10 }))
    assert.deepStrictEqual(Trend.of([going(0), going(1_000)], 30), { slope: 0, low: 0, high: 0, growth: 0 })
    assert.ok((Trend.of([going(0), going(1_000)], 0)?.slope ?? 0) > 0)
  })

  it("says how much has grown in all lives together", () => {
    const life = (from: number) => Array.from({ length: 61 }, (_, index) => ({ at: from + index * 60, value: index }))
    const trend = Trend.of([life(0), life(10_000)], 0)
    assert.closeTo(trend?.slope ?? 0, 60, 1e-6)
    assert.closeTo(trend?.growth ?? 0, 120, 1e-6)
  })

  it("is sure of nothing when there are few points, and says nothing when there are none", () => {
    assert.strictEqual(Trend.of([], 0), null)
    assert.strictEqual(Trend.of([[{ at: 0, value: 1 }], [{ at: 5, value: 9 }]], 0), null)
    const two = [
      { at: 0, value: 1 },
      { at: 5, value: 9 }
    ]
    assert.strictEqual(Trend.of([two], 0)?.low, Number.NEGATIVE_INFINITY)
  })

  it("looks at the thousands of points of a long run in pieces", () => {
    const life = Array.from({ length: 20_000 }, (_, index) => ({
      at: index * 5,
      value: (index * 5) / 360 + (index % 7)
    }))
    assert.closeTo(Trend.of([life], 0)?.slope ?? 0, 10, 0.2)
  })
})
