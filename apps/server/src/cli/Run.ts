// @effect-diagnostics nodeBuiltinImport:off
// This is the process: its arguments, its output and its end.
/** Runs a command as the process. Exit codes: 0 done or told to stop, 1 failed, 2 wrong usage. */
import process from "node:process"
import { CliConfig, type Command, CommandDescriptor } from "@effect/cli"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Console, Effect } from "effect"
import * as SecondSignal from "../process/SecondSignal.js"
import * as Terminal from "../process/Terminal.js"
import { version } from "../Version.js"
import type { CannotStart } from "./CannotStart.js"
import * as CommandLine from "./CommandLine.js"
import * as CommandShape from "./CommandShape.js"
import * as Completions from "./Completions.js"
import * as Help from "./Help.js"
import { WrongUse } from "./WrongUse.js"

const exitCode = (code: number) =>
  Effect.sync(() => {
    process.exitCode = code
  })

const complain = (lines: ReadonlyArray<string>, code: number) =>
  Effect.zipRight(
    Effect.sync(() => lines.length > 0 && process.stderr.write(`${lines.join("\n")}\n`)),
    exitCode(code)
  )

/** What the words of the command line mean, carried out. */
export const obey = <Name extends string, A>(
  command: Command.Command<Name, NodeContext.NodeContext, CannotStart | WrongUse, A>,
  words: ReadonlyArray<string>
): Effect.Effect<void, CannotStart | WrongUse, NodeContext.NodeContext> => {
  const root = CommandShape.of(command)
  const meaning = CommandLine.read(root, words)
  const page = ({ hasColour, width }: ReturnType<typeof Terminal.output>) => ({ hasColour, width })
  switch (meaning._tag) {
    case "Help":
      return Console.log(Help.render(meaning.shape, meaning.path, page(Terminal.output())))
    case "Version":
      return Console.log(version)
    case "Completions":
      return Console.log(Completions.script(root, meaning.shell))
    case "Incomplete":
      return new WrongUse({ lines: [Help.render(meaning.shape, meaning.path, page(Terminal.errors()))] })
    case "Wrong":
      return new WrongUse({ lines: meaning.lines })
    case "Run":
      return Effect.flatMap(
        Effect.mapError(
          CommandDescriptor.parse(command.descriptor, [root.name, ...words], config),
          ({ error }) => new WrongUse({ lines: [`${meaning.path.join(" ")}: ${CommandShape.textOf(error)}`] })
        ),
        (directive): Effect.Effect<void, CannotStart | WrongUse, NodeContext.NodeContext> =>
          directive._tag === "UserDefined"
            ? command.transform(command.handler(directive.value), directive.value)
            : Effect.void
      )
  }
}

const config = CliConfig.make({ isCaseSensitive: true })

export const run = <Name extends string, A>(
  command: Command.Command<Name, NodeContext.NodeContext, CannotStart | WrongUse, A>
): void => {
  SecondSignal.install()
  obey(command, process.argv.slice(2)).pipe(
    Effect.catchTags({
      CannotStart: ({ lines }) => complain(lines, 1),
      WrongUse: ({ lines }) => complain(lines, 2)
    }),
    Effect.catchAllCause((cause) =>
      Cause.isInterruptedOnly(cause) ? Effect.failCause(cause) : complain([`This is a bug: ${Cause.pretty(cause)}`], 1)
    ),
    // @effect-diagnostics-next-line strictEffectProvide:off
    Effect.provide(NodeContext.layer),
    NodeRuntime.runMain({ disablePrettyLogger: true })
  )
}
