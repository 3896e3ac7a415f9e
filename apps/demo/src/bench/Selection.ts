/** Which parts are measured, in full or in short. */
import { Effect, Either, Schema } from "effect"
import * as Accept from "./Accept.js"
import * as Api from "./Api.js"
import * as Backlog from "./Backlog.js"
import * as Deliveries from "./Deliveries.js"
import * as History from "./History.js"
import * as MappingHarness from "./MappingHarness.js"
import type { Measure } from "./Measure.js"
import type * as Storage from "./Storage.js"
import type { TooLong } from "./Wait.js"

/** A part that was asked for is not there. */
export class UnknownPart extends Schema.TaggedError<UnknownPart>()("UnknownPart", {
  name: Schema.String,
  known: Schema.Array(Schema.String)
}) {
  override get message() {
    return `There is nothing called "${this.name}" to measure in this form; there are: ${this.known.join(", ")}. See npm run bench -- --help.`
  }
}

export interface Part {
  readonly name: string
  readonly measure: Effect.Effect<ReadonlyArray<Measure>, TooLong | Storage.Failure>
}

const all = <E>(...measures: ReadonlyArray<Effect.Effect<ReadonlyArray<Measure>, E>>) =>
  Effect.map(
    Effect.forEach(measures, (measure) => measure),
    (each) => each.flat()
  )

const both = (millis: number) => ({ read: millis, write: millis })

const changes = (users: number, latency: Deliveries.Step["latency"], times: number): ReadonlyArray<Deliveries.Step> =>
  (["creates", "modifies", "unchanged"] as const).map((kind) => ({ kind, users, latency, times }))

const delivering = (concurrency: number | null, steps: ReadonlyArray<Deliveries.Step>) =>
  Deliveries.measure({ before: Deliveries.warm, concurrency, steps })

/** About 35 minutes, of which the history takes a quarter of an hour. */
export const full: ReadonlyArray<Part> = [
  {
    name: "accept",
    measure: all(
      Accept.measure({
        before: 20_000,
        sizes: [
          { files: 1_000, times: 7 },
          { files: 10_000, times: 3 },
          { files: 100_000, times: 1 }
        ]
      }),
      Accept.measureAnswers(20_000, 40_000)
    )
  },
  {
    name: "deliver",
    measure: all(
      delivering(null, changes(4_000, both(0), 3)),
      delivering(null, changes(1_000, both(20), 3)),
      delivering(16, changes(2_000, both(20), 3)),
      delivering(null, changes(200, both(200), 1)),
      delivering(null, [{ kind: "unchanged", users: 2_000, latency: { read: 20, write: 850 }, times: 1 }])
    )
  },
  { name: "mixed", measure: delivering(null, [{ kind: "mixed", users: 2_000, latency: both(20), times: 1 }]) },
  { name: "api", measure: Api.measure(2_400) },
  { name: "backlog", measure: Backlog.measure(1_000_000) },
  { name: "history", measure: History.measure(10_000_000) },
  { name: "harness", measure: MappingHarness.measure(50, 1_000) }
]

/** What matters, in less than two minutes with the build, each measure several times. */
export const short: ReadonlyArray<Part> = [
  { name: "accept", measure: Accept.measure({ before: 5_000, sizes: [{ files: 2_000, times: 7 }] }) },
  {
    name: "deliver",
    measure: Deliveries.measure({
      before: 4_000,
      concurrency: null,
      steps: [
        { kind: "creates", users: 600, latency: both(0), times: 5 },
        { kind: "unchanged", users: 600, latency: both(0), times: 5 },
        { kind: "creates", users: 120, latency: both(20), times: 5 }
      ]
    })
  },
  { name: "backlog", measure: Backlog.measureStorage(50_000) }
]

/** The named parts, or all of them when none is named, in the order of `parts`. */
export const select = (
  parts: ReadonlyArray<Part>,
  names: ReadonlyArray<string>
): Either.Either<ReadonlyArray<Part>, UnknownPart> => {
  const known = parts.map(({ name }) => name)
  const unknown = names.find((name) => !known.includes(name))
  return unknown === undefined
    ? Either.right(parts.filter(({ name }) => names.length === 0 || names.includes(name)))
    : Either.left(new UnknownPart({ name: unknown, known }))
}
