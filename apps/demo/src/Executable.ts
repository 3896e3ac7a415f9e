// @effect-diagnostics nodeBuiltinImport:off
// This is the process: its end.
/** How the executables of this package end. */
import process from "node:process"
import { ValidationError } from "@effect/cli"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Cause, Console, Effect } from "effect"

export const exitCode = (code: number): Effect.Effect<void> =>
  Effect.sync(() => {
    process.exitCode = code
  })

/** Runs a command as the process. Exit codes: what it sets itself, 1 where it fails, which is printed, 2 wrong usage. */
export const run = <E>(command: Effect.Effect<void, E, NodeContext.NodeContext>): void =>
  command.pipe(
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
