// @effect-diagnostics nodeBuiltinImport:off
/** `npm run faults`: see `FaultRun`. Ends with 1 when the end is not the one of the undisturbed run, or the history has not exactly one entry for everything. */
import process from "node:process"
import { Command, Options } from "@effect/cli"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import * as FaultRun from "./FaultRun.js"
import * as Rig from "./Rig.js"

const number = (name: string, fallback: number, description: string) =>
  Options.integer(name).pipe(Options.withDefault(fallback), Options.withDescription(description))

const command = Command.make(
  "faults",
  {
    users: number("users", 5_000, "users of the year"),
    classes: number("classes", 150, "school classes"),
    kills: number("kills", 20, "how often the connector is killed with SIGKILL"),
    seed: number("seed", 1, "another seed is another year")
  },
  (options) =>
    Effect.gen(function* () {
      const outcome = yield* FaultRun.run({ ...options, executable: Rig.built, progress: Console.log })
      for (const { classes, faults, longestPause, name, requests, users } of outcome.targets) {
        yield* Console.log(
          `${name.padEnd(6)} ${users} users, ${classes} classes, ${requests} requests, ${faults} of them met a fault, longest pause ${longestPause.toFixed(1)} s`
        )
      }
      yield* Console.log(`undisturbed ${outcome.calm.toFixed(1)} s, with faults ${outcome.rough.toFixed(1)} s`)
      yield* Console.log(`dead letters: ${outcome.deadLetters.length}`)
      for (const line of outcome.deadLetters.slice(0, 20)) yield* Console.log(`  ${line}`)
      yield* Console.log(`differences from the undisturbed run: ${outcome.differences.length}`)
      for (const line of outcome.differences.slice(0, 50)) yield* Console.log(`  ${line}`)
      yield* Console.log(`missing in the history, or there twice: ${outcome.unwritten.length}`)
      for (const line of outcome.unwritten.slice(0, 50)) yield* Console.log(`  ${line}`)
      if (outcome.differences.length + outcome.unwritten.length > 0) {
        yield* Effect.sync(() => {
          process.exitCode = 1
        })
      }
    })
).pipe(
  Command.withDescription(
    "Delivers the same changes twice, the second time with failing targets and a connector that is killed, and compares the ends."
  )
)

Command.run(command, { name: "Fault run", version: "1" })(process.argv).pipe(
  // @effect-diagnostics-next-line strictEffectProvide:off
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain
)
