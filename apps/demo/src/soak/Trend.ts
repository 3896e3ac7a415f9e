/**
 * Whether a quantity that was looked at every few seconds grows: a line through noisy points that a few wild ones do not bend
 * (Theil and Sen), with limits for its slope (Kendall). Pure.
 */
import { Array, Order } from "effect"

export interface Point {
  /** Seconds since the beginning of the run. */
  readonly at: number
  readonly value: number
}

/** All points of one process, in their order. Points of different lives are never compared: a restart is neither growth nor its end. */
export type Life = ReadonlyArray<Point>

export interface Trend {
  /** What it grows by in an hour. */
  readonly slope: number
  /** Between these the slope is with a probability of 99 %; infinite where there are too few points to say so. */
  readonly low: number
  readonly high: number
  /** What it has grown by along the line, in all lives together. */
  readonly growth: number
}

/** Standard deviations to both sides that 99 % of a normal distribution lie between. */
const deviations = 2.576

/** A life of more points is looked at in so many pieces: each pair of them counts, and there are half a million pairs of a thousand. */
const mostPoints = 240

/** The slope of a line through several lives, without the first seconds of each; null when nothing is left to compare. */
export const of = (lives: ReadonlyArray<Life>, warmUp: number): Trend | null => {
  const warm = lives.map((life) => inPieces(withoutWarmUp(life, warmUp)))
  const slopes = Array.sort(warm.flatMap(slopesOf), Order.number)
  const slope = median(slopes)
  if (slope === null) return null
  const spread = deviations * Math.sqrt(warm.reduce((sum, life) => sum + variance(life), 0))
  const low = Math.floor((slopes.length - spread) / 2)
  const high = Math.ceil((slopes.length + spread) / 2)
  const seconds = warm.reduce((sum, life) => sum + ((life.at(-1)?.at ?? 0) - (life[0]?.at ?? 0)), 0)
  return {
    slope,
    low: slopes[low] ?? Number.NEGATIVE_INFINITY,
    high: slopes[high] ?? Number.POSITIVE_INFINITY,
    growth: (slope * seconds) / 3600
  }
}

/** What is left of a life once it has got going. */
export const withoutWarmUp = (life: Life, warmUp: number): Life => {
  const begin = (life[0]?.at ?? 0) + warmUp
  return life.filter(({ at }) => at >= begin)
}

/** The middle one, or the mean of both in the middle. */
export const median = (sorted: ReadonlyArray<number>): number | null => {
  const half = Math.floor(sorted.length / 2)
  const upper = sorted[half]
  const lower = sorted[half - 1]
  if (upper === undefined) return null
  return sorted.length % 2 === 1 || lower === undefined ? upper : (lower + upper) / 2
}

const inPieces = (life: Life): Life =>
  life.length <= mostPoints
    ? life
    : Array.chunksOf(life, Math.ceil(life.length / mostPoints)).map((piece) => ({
        at: piece.reduce((sum, { at }) => sum + at, 0) / piece.length,
        value:
          median(
            Array.sort(
              Array.map(piece, ({ value }) => value),
              Order.number
            )
          ) ?? 0
      }))

/** Of each pair of points, per hour. */
const slopesOf = (life: Life): ReadonlyArray<number> =>
  life.flatMap((from, index) =>
    life
      .slice(index + 1)
      .flatMap((to) => (to.at > from.at ? [((to.value - from.value) / (to.at - from.at)) * 3600] : []))
  )

/** Of the number of pairs that rise less the number of those that fall, if only chance decides; equal values are no chance. */
const variance = (life: Life): number => {
  const ties = new Map<number, number>()
  for (const { value } of life) ties.set(value, (ties.get(value) ?? 0) + 1)
  const term = (n: number) => (n * (n - 1) * (2 * n + 5)) / 18
  return [...ties.values()].reduce((left, equal) => left - term(equal), term(life.length))
}
