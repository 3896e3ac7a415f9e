// @effect-diagnostics nodeBuiltinImport:off
// This is the process: its arguments, its output and its end.
/** Runs a command as the process. Exit codes: 0 done or told to stop, 1 failed, 2 wrong usage. */
import process from "node:process"
import { Command, ValidationError } from "@effect/cli"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Effect } from "effect"
import * as SecondSignal from "../process/SecondSignal.js"
import { version } from "../Version.js"
import type { CannotStart } from "./Serve.js"

const exitCode = (code: number) =>
  Effect.sync(() => {
    process.exitCode = code
  })

const complain = (lines: ReadonlyArray<string>) =>
  Effect.zipRight(
    Effect.sync(() => process.stderr.write(`${lines.join("\n")}\n`)),
    exitCode(1)
  )

export const run = <Name extends string, A>(
  command: Command.Command<Name, NodeContext.NodeContext, CannotStart, A>,
  executable: string
): void => {
  SecondSignal.install()
  Command.run(command, { name: "ID Connector", version, executable })(process.argv).pipe(
    // The usage error itself is printed already.
    Effect.catchIf(ValidationError.isValidationError, () => exitCode(2)),
    Effect.catchTag("CannotStart", ({ lines }) => complain(lines)),
    Effect.catchAllCause((cause) =>
      Cause.isInterruptedOnly(cause) ? Effect.failCause(cause) : complain([`This is a bug: ${Cause.pretty(cause)}`])
    ),
    // @effect-diagnostics-next-line strictEffectProvide:off
    Effect.provide(NodeContext.layer),
    NodeRuntime.runMain({ disablePrettyLogger: true })
  )
}
