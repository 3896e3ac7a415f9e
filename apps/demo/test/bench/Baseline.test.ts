import { assert, describe, it } from "@effect/vitest"
import { FastCheck, Schema } from "effect"
import * as Baseline from "../../src/bench/Baseline.js"

const { Kept, Missed, NotRecorded } = Baseline.Verdict

const machine: Baseline.Machine = { cpu: "a processor", cores: 2, node: "20.19.0" }

const recording = (ratios: Baseline.Ratios): Baseline.Recording => ({ date: "2026-02-01", machine, ratios })

const anyRatio = FastCheck.double({ min: 0.001, max: 2, noNaN: true })
// Few names, so that runs have some in common.
const anyId = FastCheck.constantFrom("accept", "claim", "creates", "unchanged", "toString")
const anyRatios = FastCheck.dictionary(anyId, anyRatio).map((ratios): Baseline.Ratios => ({ ...ratios }))
const anyRuns = FastCheck.array(anyRatios, { maxLength: 6 })

const recorded = (runs: ReadonlyArray<Baseline.Ratios>) =>
  runs.map(recording).reduce<Baseline.Baseline>((baseline, run) => Baseline.record(baseline, run), [])

const property = <A>(arbitrary: FastCheck.Arbitrary<A>, holds: (value: A) => void) =>
  FastCheck.assert(FastCheck.property(arbitrary, holds))

describe("Baseline.compare", () => {
  it("keeps what is a quarter less, misses what is a hair below, and says what is not recorded", () => {
    const verdicts = Baseline.compare([recording({ accept: 0.5, claim: 0.8 }), recording({ creates: 1 })], {
      accept: 0.375,
      creates: 0.7499,
      unchanged: 0.5
    })
    assert.deepStrictEqual(
      [...verdicts],
      [
        ["accept", Kept({ recorded: 0.5, measured: 0.375 })],
        ["creates", Missed({ recorded: 1, measured: 0.7499 })],
        ["unchanged", NotRecorded({ measured: 0.5 })]
      ]
    )
  })

  it("gives each measured ratio one verdict, and none to what is only recorded", () => {
    property(FastCheck.tuple(anyRuns, anyRatios), ([runs, measured]) => {
      assert.deepStrictEqual([...Baseline.compare(recorded(runs), measured).keys()], Object.keys(measured))
    })
  })

  it("keeps what is the same or better, and misses what is less than three quarters", () => {
    property(FastCheck.tuple(anyRuns, anyRatios, anyRatio), ([runs, measured, factor]) => {
      const after = Object.fromEntries(Object.entries(measured).map(([id, ratio]) => [id, ratio * factor]))
      const baseline = Baseline.record(recorded(runs), recording(measured))
      for (const [, verdict] of Baseline.compare(baseline, after)) {
        if (factor >= 0.7501) assert.strictEqual(verdict._tag, "Kept")
        if (factor <= 0.7499) assert.strictEqual(verdict._tag, "Missed")
      }
    })
  })

  it("lets no better ratio be missed where a worse one is kept", () => {
    property(FastCheck.tuple(anyRatio, anyRatio, anyRatio), ([before, one, other]) => {
      const verdict = (ratio: number) => Baseline.compare([recording({ accept: before })], { accept: ratio })
      const [worse, better] = one < other ? [one, other] : [other, one]
      assert.ok(Baseline.isMissed(verdict(worse)) || !Baseline.isMissed(verdict(better)))
    })
  })
})

describe("Baseline.record", () => {
  it("keeps the newest ratio of each measure, once, and no run without any", () => {
    property(anyRuns, (runs) => {
      const baseline = recorded(runs)
      const all = baseline.flatMap(({ ratios }) => Object.entries(ratios))
      assert.deepStrictEqual(new Map(all), new Map(runs.flatMap((run) => Object.entries(run))))
      assert.strictEqual(new Set(all.map(([id]) => id)).size, all.length)
      assert.ok(baseline.every(({ ratios }) => Object.keys(ratios).length > 0))
    })
  })

  it("leaves the date and the machine of what was not measured again", () => {
    const first = recording({ accept: 0.4, claim: 0.8 })
    const second = { date: "2026-03-01", machine: { ...machine, cores: 8 }, ratios: { claim: 0.9 } }
    assert.deepStrictEqual(Baseline.record([first], second), [recording({ accept: 0.4 }), second])
  })

  it("survives its file", () => {
    const Text = Schema.parseJson(Baseline.Baseline)
    property(anyRuns, (runs) => {
      const baseline = recorded(runs)
      assert.deepStrictEqual(Schema.decodeSync(Text)(Schema.encodeSync(Text)(baseline)), baseline)
    })
  })
})

describe("Baseline.describe", () => {
  const baseline = [recording({ accept: 0.4, claim: 0.8 })]
  const describeRun = (ratios: Baseline.Ratios) => Baseline.describe(Baseline.compare(baseline, ratios), (id) => id)

  it("says that all is well", () => {
    assert.strictEqual(describeRun({ accept: 0.35, claim: 0.9 }), "No ratio is more than 25 % below the recorded one.")
  })

  it("says what is missed, and by how much", () => {
    assert.strictEqual(
      describeRun({ accept: 0.2, claim: 0.4 }),
      'Missed by more than 25 %: "accept" (20.0 % of the limit instead of 40.0 %, 50 % less), "claim" (40.0 % of the limit instead of 80.0 %, 50 % less).'
    )
  })

  it("says what is not recorded, alone or beside the rest", () => {
    assert.strictEqual(describeRun({ creates: 0.2 }), 'Not recorded: "creates".')
    assert.strictEqual(
      describeRun({ accept: 0.4, creates: 0.2, unchanged: 0.2 }),
      'No ratio is more than 25 % below the recorded one; not recorded: "creates", "unchanged".'
    )
    assert.strictEqual(describeRun({}), "No ratio was measured.")
  })
})
