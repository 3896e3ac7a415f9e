// @effect-diagnostics nodeBuiltinImport:off
// Log lines go to the process's standard output.
/** `id-connector serve`: runs the connector until it is told to stop. */
import process from "node:process"
import { Command, HelpDoc, Span } from "@effect/cli"
import { Array as Arr, Effect, Layer, Logger, Schema } from "effect"
import * as Ucr from "../files/Ucr.js"
import * as HttpApp from "../http/HttpApp.js"
import * as Logging from "../log/Logging.js"
import * as Main from "../Main.js"
import * as SecureRandom from "../process/SecureRandom.js"
import * as Settings from "../Settings.js"
import { version } from "../Version.js"

/** The service did not start. Each line says what is wrong, where, and what to do. */
export class CannotStart extends Schema.TaggedError<CannotStart>()("CannotStart", {
  lines: Schema.Array(Schema.String)
}) {}

const help = HelpDoc.blocks([
  HelpDoc.p(
    "Runs the connector: takes changes over from the in queue and delivers them to the school authorities, until SIGTERM or SIGINT."
  ),
  HelpDoc.p("It is configured by environment variables:"),
  HelpDoc.descriptionList(
    Arr.map(Settings.variables, ({ defaultsTo, meaning, name }) => [
      Span.text(name),
      HelpDoc.p(`${meaning} (default ${defaultsTo})`)
    ])
  )
])

/** Nobody collects spans yet: making them would cost a tenth of the time of a delivery. */
const untraced = Layer.merge(Layer.setTracerEnabled(false), Logger.remove(Logger.tracerLogger))

const serve = Effect.gen(function* () {
  const settings = yield* Settings.load
  // Whoever read the output may go away: the log file has the lines, too, and the queues go on.
  process.stdout.on("error", () => undefined)
  const Log = Logging.layer(settings.logDirectory, (text) => process.stdout.write(text)).pipe(
    Layer.provideMerge(Ucr.layer(settings.ucrFile))
  )
  const Started = Layer.scopedDiscard(
    Effect.logInfo(`The ID Connector ${version} runs.`, {
      directory: settings.appDir,
      inQueue: settings.listenerDirectory
    })
  )
  return yield* Layer.launch(
    Started.pipe(
      Layer.provideMerge(HttpApp.layer(settings.http, `${settings.appDir}/conf/tokens.secret`)),
      Layer.provideMerge(Main.layer(settings)),
      Layer.provideMerge(Log),
      Layer.provide([SecureRandom.layer, untraced])
    )
  )
}).pipe(Effect.mapError((error) => new CannotStart({ lines: error.message.split("\n") })))

export const command = Command.make("serve", {}, () => serve).pipe(Command.withDescription(help))
