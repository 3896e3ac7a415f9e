/** The command `id-connector upgrade`: what the Python connector has left, before and after it is taken over. */
import { Command, Options } from "@effect/cli"
import { FileSystem, Path } from "@effect/platform"
import * as SqliteDriver from "@id-connector/sql/SqliteDriver"
import { Console, Effect, Either, Layer, Option, Schema } from "effect"
import * as ConfigCheck from "../files/ConfigCheck.js"
import * as ConfigFiles from "../files/ConfigFiles.js"
import * as PluginFiles from "../plugins/PluginFiles.js"
import * as Settings from "../Settings.js"
import * as Archive from "../upgrade/Archive.js"
import * as OldFiles from "../upgrade/OldFiles.js"
import * as Restore from "../upgrade/Restore.js"
import * as Survey from "../upgrade/Survey.js"
import * as Upgrade from "../upgrade/Upgrade.js"
import { CannotStart } from "./CannotStart.js"
import * as CommandShape from "./CommandShape.js"
import * as Noted from "./Noted.js"
import * as Output from "./Output.js"
import { WrongUse } from "./WrongUse.js"

const aside = (name: string, description: string) =>
  Options.text(name).pipe(Options.withPseudoName("authority"), Options.optional, Options.withDescription(description))

export const command = Command.make(
  "upgrade",
  {
    dryRun: Options.boolean("dry-run").pipe(
      Options.withDescription("says what would be taken over; nothing is changed")
    ),
    report: Options.boolean("report").pipe(Options.withDescription("says what was taken over")),
    kept: aside(
      "kept",
      "delivers what the Python connector put aside for an authority after unexpected errors (keep/)"
    ),
    failed: aside("failed", "delivers what the Python connector gave up for an authority (trash/)"),
    json: Output.json
  },
  ({ dryRun, failed, json, kept, report }) =>
    Effect.gen(function* () {
      const wanted = [dryRun, report, Option.isSome(kept), Option.isSome(failed)].filter((one) => one).length
      if (wanted !== 1) {
        return yield* new WrongUse({
          lines: ["id-connector upgrade: one of --dry-run, --report, --kept, --failed is expected."]
        })
      }
      const settings = yield* Settings.withoutDirectory
      if (Option.isSome(kept)) return yield* restore(settings.appDir, kept.value, "kept")
      if (Option.isSome(failed)) return yield* restore(settings.appDir, failed.value, "failed")
      yield* Effect.scoped(Layer.build(SqliteDriver.layer))
      return yield* dryRun ? wouldBe(settings, json) : was(settings.appDir, json)
    }).pipe(
      Effect.mapError((error) =>
        error instanceof WrongUse || error instanceof CannotStart
          ? error
          : new CannotStart({ lines: error.message.split("\n") })
      )
    )
).pipe(
  Command.withDescription(
    CommandShape.describe("Shows what the Python connector has left, and what of it was taken over.", {
      details: [
        "The first start of serve takes it over: previous states, and what waits in its out queues. Its files are kept in data/upgraded-<time>/.",
        "What it had put aside is delivered when it is asked for. Of objects that have changed since, the newer state stays."
      ],
      example: "id-connector upgrade --dry-run"
    })
  )
)

const wouldBe = (
  { appDir, listenerDirectory }: Pick<Settings.Settings, "appDir" | "listenerDirectory">,
  json: boolean
) =>
  Effect.gen(function* () {
    const { authorities } = yield* ConfigFiles.read(appDir)
    const path = yield* Path.Path
    // A file that is wrong is an error of the configuration, and there.
    const configured = authorities.map(({ authority, file }) =>
      Either.isRight(authority) ? authority.right.name : path.basename(file, ".json")
    )
    const survey = yield* Survey.of(OldFiles.live(appDir, listenerDirectory), { isOurs: false, configured })
    const { errors, files, warnings } = yield* ConfigCheck.check(appDir, [])
    const { python } = yield* PluginFiles.load(appDir)
    yield* Output.print(json, { ...survey, configuration: { errors, files, warnings }, pythonPlugins: python }, () => [
      ...(Survey.isEmpty(survey)
        ? ["The Python connector has left nothing that would be taken over."]
        : Survey.describe(survey, "would")),
      `Configuration: ${Output.count(files.length, "file")}, ${Output.count(errors.length, "error")}: id-connector check-config tells more. It is read as it is, UCR values and crontab entries, too.`,
      ...(python.length > 0 ? [PluginFiles.describePython(python)] : [])
    ])
  })

const was = (appDir: string, json: boolean) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const archives = yield* Archive.finished(appDir)
    const reports = yield* Effect.forEach(archives, (archive) =>
      Effect.map(
        Effect.flatMap(fs.readFileString(path.join(archive, Archive.report)), Schema.decode(Text)),
        (report) => ({ archive, report })
      )
    )
    if (Option.isSome(yield* Archive.unfinished(appDir))) {
      yield* Console.error("An upgrade is not finished yet: the next start of id-connector serve goes on with it.")
    }
    yield* Output.print(
      json,
      reports.map(({ archive, report }) => ({ archive, ...Schema.encodeSync(Upgrade.Report)(report) })),
      () =>
        reports.length === 0
          ? ["Nothing of the Python connector was taken over."]
          : reports.flatMap(({ archive, report }) => [
              ...Survey.describe(report.found, "did"),
              `The files of the Python connector are in ${archive}. They hold password hashes: remove them when you don't need them any more.`
            ])
    )
  })

const Text = Schema.parseJson(Upgrade.Report)

const restore = (appDir: string, authority: string, which: "kept" | "failed") =>
  Effect.flatMap(Restore.request(appDir, authority, which, noted(appDir, authority, which)), (items) =>
    Console.log(
      `${Output.count(items, "change")} ${items === 1 ? "comes" : "come"} back into the queue of ${authority}: at once while the connector runs, else at its next start. Of objects that have changed since, the newer state stays.`
    )
  )

const noted = (appDir: string, authority: string, which: "kept" | "failed") =>
  Noted.before(appDir, `id-connector upgrade --${which}`, `upgrade.${which}`, authority)
