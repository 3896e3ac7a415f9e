/** The executable `id-connector`. */
import "./process/HeapSettings.js"
import { Command } from "@effect/cli"
import { Console } from "effect"
import * as Authority from "./cli/Authority.js"
import * as CheckConfig from "./cli/CheckConfig.js"
import * as CommandShape from "./cli/CommandShape.js"
import * as History from "./cli/History.js"
import * as Mapping from "./cli/Mapping.js"
import * as OutQueueRestore from "./cli/OutQueueRestore.js"
import * as PluginsCommand from "./cli/PluginsCommand.js"
import * as Preview from "./cli/Preview.js"
import * as Queue from "./cli/Queue.js"
import * as Repl from "./cli/Repl.js"
import { run } from "./cli/Run.js"
import * as Serve from "./cli/Serve.js"
import * as Simulate from "./cli/Simulate.js"
import * as Trash from "./cli/Trash.js"
import * as Upgrade from "./cli/Upgrade.js"
import { version } from "./Version.js"

const printVersion = Command.make("version", {}, () => Console.log(version)).pipe(
  Command.withDescription(CommandShape.describe("Prints the version.", { example: "id-connector version" }))
)

const idConnector = Command.make("id-connector").pipe(
  Command.withDescription("Brings users and school classes of the state's directory to the school authorities."),
  Command.withSubcommands([
    Serve.command,
    // Those that ask a running connector.
    Queue.command,
    Authority.command,
    Mapping.command,
    Preview.command,
    History.why,
    History.history,
    History.audit,
    // Those that need none.
    CheckConfig.command,
    PluginsCommand.command,
    Simulate.command,
    Trash.command,
    OutQueueRestore.command,
    Upgrade.command,
    Repl.command,
    printVersion
  ])
)

run(idConnector)
