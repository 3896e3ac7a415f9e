/** What was measured, beside the limit that was seen in the same run. */
import { Array, Order } from "effect"
import type { Elapsed } from "./Stopwatch.js"

/** What the machine would do at best, measured in the same run with as little as possible in between. */
export interface Limit {
  /** For people: what it is, with its figure. */
  readonly name: string
  /** The share of it that is reached: 1 is all of it, and more is better. */
  readonly ratio: number
}

export interface Measure {
  /** Names the measure in `bench/baseline.json`, with all that its ratio depends on. */
  readonly id: string
  /** For people. */
  readonly name: string
  readonly figure: string
  /** Null for what has no limit of its own, such as memory. */
  readonly limit: Limit | null
}

const byRatio = Order.mapInput(Order.number, ({ limit }: Measure) => limit?.ratio ?? 0)

/** Of several runs of one measure that with the median ratio; of an even number of them the lower one. */
export const median = (runs: Array.NonEmptyReadonlyArray<Measure>): Measure => {
  const sorted = Array.sort(runs, byRatio)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? runs[0]
}

/**
 * Each measure by its better run. A ratio is low when something else ran beside the connector for a second, which says nothing of
 * it; what became slower is low every time.
 */
export const better = (runs: ReadonlyArray<Measure>, again: ReadonlyArray<Measure>): ReadonlyArray<Measure> =>
  runs.map((run) => {
    const other = again.find(({ id }) => id === run.id)
    return other !== undefined && byRatio(run, other) < 0 ? other : run
  })

/** By id, of those that have a limit, with three digits: more would only be noise. */
export const ratios = (measures: ReadonlyArray<Measure>): { readonly [id: string]: number } =>
  Object.fromEntries(
    measures.flatMap(({ id, limit }) => (limit === null ? [] : [[id, Number(limit.ratio.toPrecision(3))]]))
  )

/** For people. */
export const number = (count: number): string => count.toLocaleString("en")

export const perSecond = (count: number, millis: number): string => `${number(Math.round((count / millis) * 1000))}/s`

/** For people: so many on the wall and, beside it, in processor time. */
export const rates = (count: number, { millis, processor }: Elapsed): string =>
  `${perSecond(count, millis)} (${perSecond(count, processor)} of processor time)`

export const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`
