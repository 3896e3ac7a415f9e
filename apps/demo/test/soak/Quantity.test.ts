import { assert, describe, it } from "@effect/vitest"
import * as Quantity from "../../src/soak/Quantity.js"

const bound: Quantity.Bound = { _tag: "Slope", perHour: 6, inAll: 10 }
const trend = { slope: 20, low: 15, high: 25, growth: 40 }

describe("Quantity.verdictOf", () => {
  it("is growth only when it is certainly fast, and more than a start makes of it", () => {
    assert.strictEqual(Quantity.verdictOf(bound, trend, 1), "grows")
    assert.strictEqual(Quantity.verdictOf(bound, { ...trend, low: 5 }, 1), "flat")
    assert.strictEqual(Quantity.verdictOf(bound, { ...trend, growth: 9 }, 1), "flat")
  })

  it("knows when too little was seen, and what is only shown", () => {
    assert.strictEqual(Quantity.verdictOf(bound, null, null), "too short")
    assert.strictEqual(Quantity.verdictOf(bound, { ...trend, low: Number.NEGATIVE_INFINITY }, 1), "too short")
    assert.strictEqual(Quantity.verdictOf(null, trend, 1), "shown")
  })

  it("lets what is emptied again and again go up to its ceiling", () => {
    assert.strictEqual(Quantity.verdictOf({ _tag: "Ceiling", most: 8 }, trend, 8), "flat")
    assert.strictEqual(Quantity.verdictOf({ _tag: "Ceiling", most: 8 }, trend, 8.1), "grows")
  })
})

describe("Quantity.judge", () => {
  /** An hour of samples, restarted after each quarter. */
  const samples = (valueOf: (at: number, inLife: number) => number): ReadonlyArray<Quantity.Sample> =>
    Array.from({ length: 720 }, (_, index) => {
      const value = valueOf(index * 5, (index * 5) % 900)
      return { at: index * 5, life: Math.floor((index * 5) / 900) + 1, values: { descriptors: value, files: value } }
    })
  const judged = (looked: ReadonlyArray<Quantity.Sample>, id: string) => {
    const found = Quantity.judge(looked, Quantity.warmUpOf(3600)).find(({ quantity }) => quantity.id === id)
    assert.ok(found)
    return found
  }

  it("finds a process that leaks, though each restart ends it", () => {
    const leaking = samples((_, inLife) => 40 + Math.floor(inLife / 60))
    assert.strictEqual(judged(leaking, "descriptors").verdict, "grows")
  })

  it("takes it for no leak that a process begins with more than the one before", () => {
    const rising = samples((at) => 40 + 10 * Math.floor(at / 900))
    assert.strictEqual(judged(rising, "descriptors").verdict, "flat")
  })

  it("looks at files over all restarts", () => {
    const rising = samples((at) => 40 + 10 * Math.floor(at / 900))
    assert.strictEqual(judged(rising, "files").verdict, "grows")
  })

  it("has a verdict for all quantities, also when nothing was seen", () => {
    const none = Quantity.judge([], Quantity.warmUpOf(120))
    assert.strictEqual(none.length, Quantity.all.length)
    assert.ok(none.every(({ verdict }) => verdict === "too short" || verdict === "shown"))
  })
})
