/** The executable `id-connector`. */
import "./process/HeapSettings.js"
import { Command } from "@effect/cli"
import { Console } from "effect"
import * as OutQueueRestore from "./cli/OutQueueRestore.js"
import { run } from "./cli/Run.js"
import * as Serve from "./cli/Serve.js"
import { version } from "./Version.js"

const printVersion = Command.make("version", {}, () => Console.log(version)).pipe(
  Command.withDescription("Prints the version.")
)

const idConnector = Command.make("id-connector").pipe(
  Command.withDescription("Brings users and school classes of the state's directory to the school authorities."),
  Command.withSubcommands([Serve.command, OutQueueRestore.command, printVersion])
)

run(idConnector, "id-connector")
