/** The ratios of figures to limits that are recorded in the repository, and what it means when others are measured. */
import { Data, Schema } from "effect"
import { percent } from "./Measure.js"

/** What ratios were measured on. */
export const Machine = Schema.Struct({
  cpu: Schema.String,
  cores: Schema.Int.pipe(Schema.positive()),
  node: Schema.String
})
export type Machine = typeof Machine.Type

/** By the id of the measure. */
export const Ratios = Schema.Record({
  key: Schema.String,
  value: Schema.Number.pipe(Schema.finite(), Schema.positive())
})
export type Ratios = typeof Ratios.Type

/** The ratios of one run, as far as no later run measured them again. */
export const Recording = Schema.Struct({ date: Schema.String, machine: Machine, ratios: Ratios })
export type Recording = typeof Recording.Type

/** The oldest first. */
export const Baseline = Schema.Array(Recording)
export type Baseline = typeof Baseline.Type

/** By this part of the recorded ratio a measured one may be lower: a machine is never quiet. */
export const tolerance = 0.25

/** What becomes of a measured ratio. */
export type Verdict = Data.TaggedEnum<{
  Kept: { readonly recorded: number; readonly measured: number }
  Missed: { readonly recorded: number; readonly measured: number }
  NotRecorded: { readonly measured: number }
}>
export const Verdict = Data.taggedEnum<Verdict>()

/** A verdict for each measured ratio. What is recorded and was not measured does not matter. */
export const compare = (recorded: Baseline, measured: Ratios): ReadonlyMap<string, Verdict> => {
  const all = new Map(recorded.flatMap(({ ratios }) => Object.entries(ratios)))
  return new Map(
    Object.entries(measured).map(([id, ratio]): [string, Verdict] => {
      const before = all.get(id)
      if (before === undefined) return [id, Verdict.NotRecorded({ measured: ratio })]
      const both = { recorded: before, measured: ratio }
      return [id, ratio < before * (1 - tolerance) ? Verdict.Missed(both) : Verdict.Kept(both)]
    })
  )
}

/** Whether one of them is missed. */
export const isMissed = (verdicts: ReadonlyMap<string, Verdict>): boolean =>
  [...verdicts.values()].some(Verdict.$is("Missed"))

/** With the ratios of a new run, which replace those of the same measures. */
export const record = (baseline: Baseline, run: Recording): Baseline =>
  [
    ...baseline.map((each) => ({
      ...each,
      ratios: Object.fromEntries(Object.entries(each.ratios).filter(([id]) => !Object.hasOwn(run.ratios, id)))
    })),
    run
  ].filter(({ ratios }) => Object.keys(ratios).length > 0)

/** The sentence at the end of a run. */
export const describe = (verdicts: ReadonlyMap<string, Verdict>, name: (id: string) => string): string => {
  const missed: Array<string> = []
  const unknown: Array<string> = []
  for (const [id, verdict] of verdicts) {
    if (verdict._tag === "NotRecorded") unknown.push(`"${name(id)}"`)
    if (verdict._tag !== "Missed") continue
    const { measured, recorded } = verdict
    const less = Math.round((1 - measured / recorded) * 100)
    missed.push(`"${name(id)}" (${percent(measured)} of the limit instead of ${percent(recorded)}, ${less} % less)`)
  }
  const outcome =
    missed.length > 0
      ? [`Missed by more than ${tolerance * 100} %: ${missed.join(", ")}`]
      : verdicts.size > unknown.length
        ? [`No ratio is more than ${tolerance * 100} % below the recorded one`]
        : []
  const rest = unknown.length > 0 ? [`not recorded: ${unknown.join(", ")}`] : []
  const sentence = [...outcome, ...rest].join("; ") || "no ratio was measured"
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`
}
