// @effect-diagnostics nodeBuiltinImport:off
// This is the process: its arguments and its end.
/**
 * `npm run bench`: how fast `id-connector serve` takes changes over and delivers them, each figure beside a limit measured in
 * the same run, and their ratio beside the recorded one. Exit codes: 0 no recorded ratio is missed, 1 one is, or nothing could
 * be measured, 2 wrong usage.
 */
import process from "node:process"
import { Args, Command, Options } from "@effect/cli"
import * as SecondSignal from "@id-connector/server/process/SecondSignal"
import { version } from "@id-connector/server/Version"
import { Console, Effect } from "effect"
import * as Executable from "../Executable.js"
import * as Baseline from "./Baseline.js"
import * as BaselineFile from "./BaselineFile.js"
import * as Measure from "./Measure.js"
import * as Selection from "./Selection.js"
import * as Table from "./Table.js"

const names = (parts: ReadonlyArray<Selection.Part>) => parts.map(({ name }) => name).join(", ")

/** A miss counts when it was one each time. */
const mostRepetitions = 2

const isShort = Options.boolean("short").pipe(
  Options.withDescription("The measures that matter, smaller and several times each: less than two minutes.")
)

const isRecording = Options.boolean("record").pipe(
  Options.withDescription("Writes the ratios of this run to bench/baseline.json, instead of comparing with it.")
)

const partNames = Args.text({ name: "part" }).pipe(
  Args.withDescription(
    `What to measure, by default everything: ${names(Selection.full)}; with --short: ${names(Selection.short)}.`
  ),
  Args.repeated
)

const command = Command.make("bench", { isShort, isRecording, partNames }, (asked) =>
  Effect.gen(function* () {
    const parts = yield* Selection.select(asked.isShort ? Selection.short : Selection.full, asked.partNames)
    // Known now, not after a quarter of an hour.
    const baseline = yield* BaselineFile.read
    const isMissed = (measures: ReadonlyArray<Measure.Measure>) =>
      !asked.isRecording && Baseline.isMissed(Baseline.compare(baseline, Measure.ratios(measures)))
    const measures: Array<Measure.Measure> = []
    for (const { measure, name } of parts) {
      yield* Console.error(`Measuring ${name} ...`)
      let runs = yield* measure
      for (let again = 0; again < mostRepetitions && isMissed(runs); again++) {
        yield* Console.error(`Measuring ${name} again: a recorded ratio was missed ...`)
        runs = Measure.better(runs, yield* measure)
      }
      measures.push(...runs)
    }
    const ratios = Measure.ratios(measures)
    const verdicts = Baseline.compare(baseline, ratios)
    yield* Console.log(Table.render(measures, verdicts))
    if (asked.isRecording) {
      yield* BaselineFile.record(ratios)
      return yield* Console.log(`\nRecorded ${Object.keys(ratios).length} ratios in bench/baseline.json.`)
    }
    const nameOf = (id: string) => measures.find((measure) => measure.id === id)?.name ?? id
    yield* Console.log(`\n${Baseline.describe(verdicts, nameOf)}`)
    if (Baseline.isMissed(verdicts)) yield* Executable.exitCode(1)
  })
).pipe(
  Command.withDescription(
    "Measures how fast the connector takes changes over and delivers them. Beside each figure stands a limit that was measured in the same run, such as bare requests to the same target, and the ratio of the two, which says little about the machine and much about the connector. What misses a ratio recorded in bench/baseline.json by more than 25 % is measured again, twice at most, and its best run counts; ends with 1 when it is missed each time."
  )
)

SecondSignal.install()

Executable.run(
  Command.run(command, { name: "ID Connector benchmarks", version, executable: "npm run bench --" })(process.argv).pipe(
    Effect.catchTag("UnknownPart", ({ message }) => Effect.zipRight(Console.error(message), Executable.exitCode(2))),
    Effect.catchTag("TooLong", "UnusableBaseline", ({ message }) =>
      Effect.zipRight(Console.error(message), Executable.exitCode(1))
    )
  )
)
