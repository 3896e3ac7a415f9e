import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as Measure from "../../src/bench/Measure.js"

const reaching = (ratio: number): Measure.Measure => ({
  id: "accept",
  name: "accepting",
  figure: `${ratio}`,
  limit: { name: "reading", ratio }
})

describe("Measure.median", () => {
  it("is one of the runs, with as many above as below", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.double({ min: 0.1, max: 1, noNaN: true }),
        FastCheck.array(FastCheck.double({ min: 0.1, max: 1, noNaN: true })),
        (first, more) => {
          const runs = [first, ...more].map(reaching)
          const [run = reaching(first), ...rest] = runs
          const median = Measure.median([run, ...rest])
          assert.ok(runs.includes(median))
          const ratio = median.limit?.ratio ?? 0
          const below = runs.filter(({ limit }) => (limit?.ratio ?? 0) < ratio).length
          const above = runs.filter(({ limit }) => (limit?.ratio ?? 0) > ratio).length
          assert.ok(below <= runs.length / 2 && above <= runs.length / 2)
        }
      )
    )
  })
})

describe("Measure.better", () => {
  const memory: Measure.Measure = { id: "memory", name: "peak memory", figure: "100 MiB", limit: null }

  it("takes the other run where it came nearer to its limit, and the first otherwise", () => {
    assert.deepStrictEqual(Measure.better([reaching(0.1), memory], [reaching(0.2), memory]), [reaching(0.2), memory])
    assert.deepStrictEqual(Measure.better([reaching(0.2)], [reaching(0.1)]), [reaching(0.2)])
    assert.deepStrictEqual(Measure.better([reaching(0.2)], []), [reaching(0.2)])
  })
})

describe("Measure.ratios", () => {
  it("has three digits of what has a limit, and nothing of what has none", () => {
    const memory: Measure.Measure = { id: "memory", name: "peak memory", figure: "100 MiB", limit: null }
    assert.deepStrictEqual(Measure.ratios([reaching(0.123456), memory]), { accept: 0.123 })
  })
})
