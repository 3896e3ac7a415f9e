// @effect-diagnostics nodeBuiltinImport:off
// This is the process: its arguments and its end.
/**
 * `npm run soak`: see `SoakRun`. Exit codes: 0 nothing grows and nothing is lost, 1 something does or is, 2 wrong usage. Ctrl-C ends it
 * with the table so far, and what follows from it.
 */
import process from "node:process"
import { Command, Options } from "@effect/cli"
import { version } from "@id-connector/server/Version"
import { Clock, Console, Effect, Option, Ref } from "effect"
import * as Executable from "../Executable.js"
import * as Quantity from "./Quantity.js"
import * as Report from "./Report.js"
import * as SoakRun from "./SoakRun.js"

const positive = (name: string, fallback: number, description: string) =>
  Options.float(name).pipe(
    Options.filterMap(
      Option.liftPredicate((value: number) => value > 0),
      `--${name} has to be more than 0.`
    ),
    Options.withDefault(fallback),
    Options.withDescription(description)
  )

/** Whoever is interrupted ends with 0, whatever was seen. */
const endNow = (report: Report.Report) =>
  Effect.sync((): void => {
    process.exit(Report.isGood(report) ? 0 : 1)
  })

const command = Command.make(
  "soak",
  {
    minutes: positive("minutes", 30, "how long changes go on; the last ones are waited for besides"),
    rate: positive("rate", 5, "changes per second, each of one to three listener files"),
    users: Options.integer("users").pipe(
      Options.withDefault(600),
      Options.withDescription("people of the state, who come, change, move and leave all the time")
    ),
    seed: Options.integer("seed").pipe(Options.withDefault(1), Options.withDescription("another seed is another run")),
    isJson: Options.boolean("json").pipe(
      Options.withDescription("writes one JSON object, all samples included, instead of the table")
    )
  },
  ({ isJson, minutes, ...options }) =>
    Effect.gen(function* () {
      const start = yield* Clock.currentTimeMillis
      const seen = yield* Ref.make(SoakRun.nothingSeen)
      const seconds = minutes * 60
      const tell = (isEarly: boolean) =>
        Effect.gen(function* () {
          const soFar = yield* Ref.get(seen)
          const report: Report.Report = {
            minutes: ((yield* Clock.currentTimeMillis) - start) / 60_000,
            judgements: Quantity.judge(
              soFar.samples,
              Quantity.warmUpOf(isEarly ? (soFar.samples.at(-1)?.at ?? 0) : seconds)
            ),
            seen: soFar,
            isEarly
          }
          yield* Console.log(isJson ? Report.toJson(report) : Report.render(report))
          return report
        })
      yield* SoakRun.run({ ...options, seconds, progress: Console.error }, seen).pipe(
        Effect.onInterrupt(() => Effect.flatMap(tell(true), endNow))
      )
      if (!Report.isGood(yield* tell(false))) yield* Executable.exitCode(1)
    })
).pipe(
  Command.withDescription(
    "Runs the connector for long: users and classes of three school authorities change all the time, targets fail, an administrator asks and changes things, the connector is restarted and killed. Memory, descriptors, threads, database and logs are looked at every few seconds. Ends with a table, and with 1 when one of them certainly grows beyond its bound, or when the targets do not hold what the source says in the end. Ctrl-C ends it early, with the table so far."
  )
)

Executable.run(
  Command.run(command, { name: "ID Connector soak run", version, executable: "npm run soak --" })(process.argv)
)
