// @effect-diagnostics nodeBuiltinImport:off
// This is the process: its arguments and its end.
/** `npm start`: the demonstration. Exit codes: 0 all delivered or told to stop, 1 something was not delivered, 2 wrong usage. */
import process from "node:process"
import { Command, Options } from "@effect/cli"
import * as SecondSignal from "@id-connector/server/process/SecondSignal"
import { version } from "@id-connector/server/Version"
import * as Demo from "./Demo.js"
import * as Executable from "./Executable.js"

const once = Options.boolean("once").pipe(
  Options.withDescription("End after the summary: exit code 0 when everything was delivered, 1 when not.")
)

const command = Command.make("demo", { once }, ({ once }) => Demo.run(once)).pipe(
  Command.withDescription("Runs the connector for real between two simulated school authorities, with a small school.")
)

const run = Command.run(command, { name: "ID Connector demonstration", version, executable: "npm start --" })

SecondSignal.install()

Executable.run(run(process.argv))
