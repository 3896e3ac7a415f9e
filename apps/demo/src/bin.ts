// @effect-diagnostics nodeBuiltinImport:off
// This is the process: its arguments and its end.
/** `npm start`: the demonstration. Exit codes: 0 all delivered or told to stop, 1 something was not delivered, 2 wrong usage. */
import process from "node:process"
import { Command, Options, ValidationError } from "@effect/cli"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import * as SecondSignal from "@id-connector/server/process/SecondSignal"
import { version } from "@id-connector/server/Version"
import { Cause, Console, Effect } from "effect"
import * as Demo from "./Demo.js"

const once = Options.boolean("once").pipe(
  Options.withDescription("End after the summary: exit code 0 when everything was delivered, 1 when not.")
)

const command = Command.make("demo", { once }, ({ once }) => Demo.run(once)).pipe(
  Command.withDescription("Runs the connector for real between two simulated school authorities, with a small school.")
)

const run = Command.run(command, { name: "ID Connector demonstration", version, executable: "npm start --" })

const exitCode = (code: number) =>
  Effect.sync(() => {
    process.exitCode = code
  })

SecondSignal.install()

run(process.argv).pipe(
  // The usage error itself is printed already.
  Effect.catchIf(ValidationError.isValidationError, () => exitCode(2)),
  Effect.catchAllCause((cause) =>
    Cause.isInterruptedOnly(cause)
      ? Effect.failCause(cause)
      : Effect.zipRight(Console.error(Cause.pretty(cause)), exitCode(1))
  ),
  // @effect-diagnostics-next-line strictEffectProvide:off
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain({ disablePrettyLogger: true })
)
