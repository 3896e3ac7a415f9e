// @effect-diagnostics nodeBuiltinImport:off
// Log lines go to the process's standard output.
/** `id-connector serve`: runs the connector until it is told to stop. */
import process from "node:process"
import { Command, HelpDoc, Span } from "@effect/cli"
import { Array as Arr, Effect, Layer, Logger } from "effect"
import * as KeyFile from "../files/KeyFile.js"
import * as StartCheck from "../files/StartCheck.js"
import * as Ucr from "../files/Ucr.js"
import * as Logging from "../log/Logging.js"
import * as StandardOutput from "../log/StandardOutput.js"
import * as SecureRandom from "../process/SecureRandom.js"
import * as TrustedCertificates from "../process/TrustedCertificates.js"
import * as Settings from "../Settings.js"
import { version } from "../Version.js"
import { CannotStart } from "./CannotStart.js"
import * as StartAndStop from "./StartAndStop.js"

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
  ),
  HelpDoc.p("Example: IDC_APP_DIR=/srv/idc IDC_DIRECTORY=file:/srv/idc.json id-connector serve")
])

/** Effect's own spans are not made: they would cost a tenth of the time of a delivery. What is followed, `Tracing` is told. */
const untraced = Layer.merge(Layer.setTracerEnabled(false), Logger.remove(Logger.tracerLogger))

const tokensSecret = ({ appDir }: Settings.Settings) => `${appDir}/conf/tokens.secret`

const serve = Effect.gen(function* () {
  const settings = yield* Settings.load
  // The other commands need nothing of it, and are not to wait until it is loaded.
  const [Main, HttpApp, ApiServer, MetricsServer, Missing] = yield* Effect.promise(() =>
    Promise.all([
      import("../Main.js"),
      import("../http/HttpApp.js"),
      import("../http/ApiServer.js"),
      import("../http/MetricsServer.js"),
      import("../http/Missing.js")
    ])
  )
  const { openTelemetry = null, trust = TrustedCertificates.unset } = settings
  const unusable =
    trust.own === null ? null : TrustedCertificates.problemOf({ file: trust.own, setting: "IDC_CA_FILE" })
  if (unusable !== null) return yield* unusable
  const telemetry =
    openTelemetry === null
      ? null
      : yield* Effect.flatMap(
          Effect.promise(() => import("../monitoring/OpenTelemetry.js")),
          ({ make }) => make(openTelemetry, trust)
        )
  const Log = Logging.layer(
    settings.logDirectory,
    StandardOutput.make(process.stdout),
    settings.logFormat,
    telemetry?.logged
  ).pipe(Layer.provideMerge(Ucr.layer(settings.ucrFile)))
  const left =
    trust.system === null ? null : TrustedCertificates.problemOf({ file: trust.system, setting: "SSL_CERT_FILE" })
  const unknown = [...(yield* Settings.unknownVariables), ...(left === null ? [] : [`${left.message} It is left out.`])]
  // All that can keep the service from running is found out before the queues start: a start that fails delivers nothing.
  const Checked = Layer.mergeAll(
    ApiServer.listening(settings.http),
    MetricsServer.listening(settings.metrics ?? null),
    Layer.effectDiscard(KeyFile.loadOrCreate(tokensSecret(settings)))
  ).pipe(Layer.provideMerge(Layer.effectDiscard(StartCheck.directories(settings))))
  const Started = Layer.scopedDiscard(
    Effect.forEach(unknown, (text) => Effect.logWarning(text), { discard: true }).pipe(
      Effect.zipRight(
        Effect.logInfo(`The ID Connector ${version} runs.`, {
          directory: settings.appDir,
          inQueue: settings.listenerDirectory
        })
      ),
      Effect.zipRight(StartAndStop.duringStop)
    )
  )
  const missing = settings.directory._tag === "None" ? [Settings.directoryMissing] : []
  return yield* Layer.launch(
    Started.pipe(
      Layer.provideMerge(
        Layer.mergeAll(
          HttpApp.layer(settings.http, tokensSecret(settings)),
          MetricsServer.layer,
          telemetry?.measuring ?? Layer.empty
        )
      ),
      Layer.provideMerge(Main.layer(settings)),
      Layer.provide(Layer.succeed(Missing.Missing, missing)),
      Layer.provide(Checked),
      Layer.provide(telemetry?.tracing ?? Layer.empty),
      Layer.provideMerge(StartAndStop.layer(settings)),
      Layer.provide(telemetry?.sending ?? Layer.empty),
      Layer.provideMerge(Log),
      Layer.provide([SecureRandom.layer, untraced])
    )
  )
}).pipe(Effect.mapError((error) => new CannotStart({ lines: error.message.split("\n") })))

export const command = Command.make("serve", {}, () => serve).pipe(Command.withDescription(help))
