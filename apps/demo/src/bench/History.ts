/** What a long provisioning log costs those who ask, and the connector. */
import { Effect } from "effect"
import * as FilledHistory from "./FilledHistory.js"
import { type Measure, number, rates } from "./Measure.js"
import * as Requests from "./Requests.js"
import * as Stopwatch from "./Stopwatch.js"
import * as World from "./World.js"

const few = 10_000
const times = 300

/** The questions of an administrator, by what their ids end in. */
const questions = (history: FilledHistory.FilledHistory) =>
  ({
    person: (nth: number) => `/v1/objects/user/${history.person(nth * 31)}`,
    name: (nth: number) => `/v1/history?name=${history.person(nth * 37)}`,
    dead: (nth: number) => `/v1/history?school_authority=${history.authority(nth)}&outcome=dead`,
    unchanged: (nth: number) => `/v1/history?school_authority=${history.authority(nth)}&outcome=unchanged`,
    newest: () => "/v1/history"
  }) as const

const names = {
  person: "a person's page",
  name: "50 entries of a person",
  dead: "50 dead letters of an authority",
  unchanged: "50 of an authority and outcome",
  newest: "the newest 50"
} as const

/** A connector on a history, asked everything. */
const asked = (entries: number) =>
  Effect.gen(function* () {
    const world = yield* World.make(0)
    const history = yield* FilledHistory.make(yield* world.file("history.db"), entries)
    const [starting, connector] = yield* Stopwatch.timed(world.serve)
    const api = yield* connector.api
    const answers: Record<string, ReadonlyArray<number>> = {}
    for (const [name, path] of Object.entries(questions(history))) {
      answers[name] = yield* Requests.times(
        api,
        Array.from({ length: times }, (_, nth) => path(nth))
      )
    }
    const memory = yield* connector.peakMiB
    yield* connector.end
    return { history, starting, answers, memory }
  }).pipe(Effect.scoped)

/** With few entries first, which is the limit, then with so many. */
export const measure = (entries: number) =>
  Effect.gen(function* () {
    const short = yield* asked(few)
    const long = yield* asked(entries)
    const id = (what: string) => `history.${what}.${entries}`
    const of = `${number(entries)} entries`
    const compared = (what: string, name: string, figure: string, shortly: string, ratio: number): Measure => ({
      id: id(what),
      name: `${name}, ${of}`,
      figure,
      limit: { name: `with ${number(few)} ${shortly}`, ratio }
    })
    const middle = (all: ReadonlyArray<number> = []) => [...all].sort((a, b) => a - b)[all.length >> 1] ?? 0
    const measures: ReadonlyArray<Measure> = [
      { id: id("fill"), name: `filling the history, ${of}`, figure: rates(entries, long.history.filling), limit: null },
      ...Object.entries(names).map(([what, name]) =>
        compared(
          what,
          name,
          Requests.describe(long.answers[what] ?? []),
          `median ${middle(short.answers[what]).toFixed(1)} ms`,
          middle(short.answers[what]) / middle(long.answers[what])
        )
      ),
      compared(
        "start",
        "start",
        `${Math.round(long.starting.millis)} ms`,
        `${Math.round(short.starting.millis)} ms`,
        short.starting.millis / long.starting.millis
      ),
      compared(
        "memory",
        "peak memory",
        `${Math.round(long.memory)} MiB`,
        `${Math.round(short.memory)} MiB`,
        short.memory / long.memory
      )
    ]
    return measures
  })
