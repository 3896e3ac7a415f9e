/** What is looked at while the connector runs for long, how much of it may grow, and what is said about it. Pure. */
import { Array, Order } from "effect"
import * as Trend from "./Trend.js"

export type Bound =
  /** It grows when it certainly grows faster than `perHour`, and has grown by more than `inAll`: what noise and a start make of it. */
  | { readonly _tag: "Slope"; readonly perHour: number; readonly inAll: number }
  /** It goes up and is emptied again, by design: never beyond this. */
  | { readonly _tag: "Ceiling"; readonly most: number }

export interface Quantity {
  /** Names it in a sample. */
  readonly id: string
  /** For people. */
  readonly name: string
  readonly unit: "MiB" | ""
  /** Begins anew with each process, as memory does, or outlives it, as a file does. */
  readonly belongsTo: "process" | "run"
  /** Null for what is only shown. */
  readonly bound: Bound | null
}

/** What was seen at one moment. */
export interface Sample {
  /** Seconds since the beginning of the run. */
  readonly at: number
  /** Counts the processes, from 1. */
  readonly life: number
  /** By id of the quantity; null where it could not be read. */
  readonly values: { readonly [id: string]: number | null }
}

/**
 * `perHour` is what would use up within a week what a host usually has for it: 1 GiB of memory, 1 GiB of disk, 1,024 descriptors.
 * `inAll` is above what is seen of a healthy connector while it gets going and breathes. So a short run finds what leaks much, and
 * the longer a run, the less has to leak to be found.
 */
const slope = (inAll: number): Bound => ({ _tag: "Slope", perHour: 1024 / (7 * 24), inAll })

const ceiling = (most: number): Bound => ({ _tag: "Ceiling", most })

export const all: ReadonlyArray<Quantity> = [
  // V8 has three rooms of 32 MiB for young objects, and takes them only as they fill.
  process("memory", "resident memory", "MiB", slope(96)),
  process("heap", "heap in use, after a collection", "MiB", slope(6)),
  process("external", "memory of buffers, after a collection", "MiB", slope(6)),
  process("descriptors", "file descriptors", "", slope(8)),
  process("threads", "threads", "", slope(2)),
  process("handles", "handles and timers", "", slope(12)),
  ofRun("database", "database", "MiB", slope(2)),
  // Emptied every 30 seconds, and started anew at 16,000 pages: `Checkpoints` of the server.
  ofRun("wal", "its write-ahead log", "MiB", ceiling(80)),
  // Two of them, each renamed at 256 KiB, and one older one of each. Between two looks a little more is written.
  ofRun("logs", "log files, rotated ones included", "MiB", ceiling(4)),
  ofRun("files", "files below data/, without the in queue", "", slope(20)),
  ofRun("inQueue", "files in the in queue", "", slope(500)),
  ofRun("items", "items in the out queues", "", slope(500)),
  process("deliveries", "deliveries per second", "", null),
  process("processor", "processors at work", "", null),
  process("answer", "milliseconds for GET /queues", "", null)
]

function process(id: string, name: string, unit: Quantity["unit"], bound: Bound | null): Quantity {
  return { id, name, unit, belongsTo: "process", bound }
}

function ofRun(id: string, name: string, unit: Quantity["unit"], bound: Bound): Quantity {
  return { id, name, unit, belongsTo: "run", bound }
}

export type Verdict =
  | "flat"
  /** Beyond its bound. */
  | "grows"
  /** Not enough was seen to say so. */
  | "too short"
  /** It has no bound. */
  | "shown"

export interface Judgement {
  readonly quantity: Quantity
  /** The middle of the first and of the last tenth, once it had got going. */
  readonly start: number | null
  readonly end: number | null
  /** Of the whole run. */
  readonly most: number | null
  readonly trend: Trend.Trend | null
  readonly verdict: Verdict
}

/** How long something gets going, in seconds: it is left out. */
export interface WarmUp {
  /** Of each process. */
  readonly process: number
  /** Of what outlives them. */
  readonly run: number
}

/** A twelfth of the run for each process, three minutes at most; a fifth for what outlives it, twenty minutes at most. */
export const warmUpOf = (seconds: number): WarmUp => ({
  process: Math.min(seconds / 12, 180),
  run: Math.min(seconds / 5, 1200)
})

/** For all quantities, what became of each. */
export const judge = (samples: ReadonlyArray<Sample>, warmUp: WarmUp): ReadonlyArray<Judgement> =>
  all.map((quantity) => {
    const lives = livesOf(quantity, samples)
    const out = warmUp[quantity.belongsTo]
    const trend = Trend.of(lives, out)
    const warm = lives.flatMap((life) => Trend.withoutWarmUp(life, out)).map(({ value }) => value)
    const tenth = Math.max(1, Math.ceil(warm.length / 10))
    const values = lives.flat().map(({ value }) => value)
    const most = values.length === 0 ? null : values.reduce((most, value) => Math.max(most, value))
    return {
      quantity,
      start: middle(warm.slice(0, tenth)),
      end: middle(warm.slice(-tenth)),
      most,
      trend,
      verdict: verdictOf(quantity.bound, trend, most)
    }
  })

export const verdictOf = (bound: Bound | null, trend: Trend.Trend | null, most: number | null): Verdict => {
  switch (bound?._tag) {
    case undefined:
      return "shown"
    case "Ceiling":
      return most === null ? "too short" : most > bound.most ? "grows" : "flat"
    case "Slope":
      if (trend === null || trend.low === Number.NEGATIVE_INFINITY) return "too short"
      return trend.low > bound.perHour && trend.growth > bound.inAll ? "grows" : "flat"
  }
}

const middle = (values: ReadonlyArray<number>) => Trend.median(Array.sort(values, Order.number))

const livesOf = ({ belongsTo, id }: Quantity, samples: ReadonlyArray<Sample>): ReadonlyArray<Trend.Life> => {
  const lives = new Map<number, Array<Trend.Point>>()
  for (const { at, life, values } of samples) {
    const value = values[id]
    if (value === undefined || value === null) continue
    const key = belongsTo === "run" ? 0 : life
    const points = lives.get(key) ?? []
    points.push({ at, value })
    lives.set(key, points)
  }
  return [...lives.values()]
}
