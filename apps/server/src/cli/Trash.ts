/** The commands `id-connector trash ...`: files that the in queue could not use, on this machine. */
import { Args, Command, Options } from "@effect/cli"
import { Console, DateTime, Effect } from "effect"
import * as InQueueTrash from "../files/InQueueTrash.js"
import * as Settings from "../Settings.js"
import { CannotStart } from "./CannotStart.js"
import * as CommandShape from "./CommandShape.js"
import * as Confirmation from "./Confirmation.js"
import * as Noted from "./Noted.js"
import * as Output from "./Output.js"
import * as Progress from "./Progress.js"
import * as WholeNumber from "./WholeNumber.js"
import { WrongUse } from "./WrongUse.js"

const place = Effect.map(Settings.withoutDirectory, ({ appDir, listenerDirectory }) => ({
  appDir,
  listenerDirectory,
  trash: InQueueTrash.directoryOf(listenerDirectory)
}))

const failed = Effect.mapError((error: { readonly message: string }) =>
  error instanceof CannotStart || error instanceof WrongUse
    ? error
    : new CannotStart({ lines: error.message.split("\n") })
)

const list = Command.make(
  "list",
  {
    json: Output.json,
    limit: WholeNumber.option("limit", 1, 100_000).pipe(
      Options.withDefault(50),
      Options.withDescription("how many at most, 1 to 100000, the newest first")
    )
  },
  ({ json, limit }) =>
    Effect.gen(function* () {
      const { trash } = yield* place
      const all = yield* InQueueTrash.list(trash)
      const shown = yield* Effect.forEach(all.slice(0, limit), (file) =>
        Effect.map(InQueueTrash.look(trash, file), (content) => ({
          ...file,
          modifiedAt: DateTime.formatIso(DateTime.unsafeMake(file.modifiedAt)),
          ...content
        }))
      )
      yield* Output.print(json, { directory: trash, files: all.length, shown }, () => [
        ...Output.table(
          ["FILE", "SINCE", "BYTES", "OBJECT", "WHY"],
          shown.map(({ modifiedAt, name, object, problem, size }) => [
            name,
            modifiedAt.slice(0, 19),
            String(size),
            object ?? "-",
            problem ?? "can be used as it is now"
          ]),
          `There is nothing in ${trash}.`
        ),
        ...(all.length > shown.length
          ? [`${Output.count(all.length - shown.length, "more file")}: --limit shows more.`]
          : [])
      ])
    }).pipe(failed)
).pipe(
  Command.withDescription(
    CommandShape.describe("Lists the files that the in queue could not use, with the reason.", {
      example: "id-connector trash list"
    })
  )
)

const restore = Command.make(
  "restore",
  {
    all: Options.boolean("all").pipe(Options.withDescription("instead of names: all files")),
    names: Args.text({ name: "file" }).pipe(
      Args.withDescription("a file, as id-connector trash list shows it"),
      Args.repeated
    )
  },
  ({ all, names }) =>
    Effect.gen(function* () {
      if (all === names.length > 0) {
        return yield* new WrongUse({
          lines: [
            "id-connector trash restore: either names of files or --all is expected (id-connector trash list shows them)."
          ]
        })
      }
      const { appDir, listenerDirectory, trash } = yield* place
      // The oldest first, as they came.
      const meant = all ? (yield* InQueueTrash.list(trash)).map(({ name }) => name).sort() : names
      const tick = yield* Progress.start("files", meant.length)
      const problems: Array<string> = []
      if (meant.length > 0) {
        yield* Noted.before(appDir, "id-connector trash restore", "trash.restore", Noted.files(meant))
      }
      for (const name of meant) {
        yield* Effect.catchAll(InQueueTrash.restore(listenerDirectory, name), ({ detail }) =>
          Effect.sync(() => problems.push(detail))
        )
        yield* tick
      }
      yield* Console.log(
        `${Output.count(meant.length - problems.length, "file")} moved back into ${listenerDirectory}. What still can't be used comes back to the trash.`
      )
      if (problems.length > 0) return yield* new CannotStart({ lines: problems.slice(0, 20) })
    }).pipe(Effect.scoped, failed)
).pipe(
  Command.withDescription(
    CommandShape.describe("Moves files from the trash back into the in queue.", {
      details: ["A connector that runs takes them at once, else at its next start."],
      example: "id-connector trash restore 2026-02-03-04-05-06-789012.json"
    })
  )
)

const clean = Command.make(
  "clean",
  {
    days: WholeNumber.option("days", 0, 100_000).pipe(
      Options.withDefault(30),
      Options.withDescription("only files that were changed before so many days; 0: all")
    ),
    yes: Confirmation.yes
  },
  ({ days, yes }) =>
    Effect.gen(function* () {
      const { appDir, trash } = yield* place
      const which = days === 0 ? "all files" : `files older than ${days} days`
      yield* Confirmation.ask(yes, `Delete ${which} from ${trash} for good?`)
      const tick = yield* Progress.start("files", null)
      const deleted = yield* InQueueTrash.clean(
        trash,
        days,
        (files) =>
          Noted.before(
            appDir,
            "id-connector trash clean",
            "trash.clean",
            days === 0 ? Output.count(files, "file") : `${Output.count(files, "file")} older than ${days} days`
          ),
        tick
      )
      yield* Console.log(`Deleted ${Output.count(deleted, "file")} from ${trash} (${which}).`)
    }).pipe(Effect.scoped, failed)
).pipe(
  Command.withDescription(
    CommandShape.describe("Deletes old files of the trash for good.", {
      details: ["listener_trash_cleaner does so as UCR says, for a timer."],
      example: "id-connector trash clean --days 90 --yes"
    })
  )
)

export const command = Command.make("trash").pipe(
  Command.withDescription("Files that the in queue could not use, on this machine."),
  Command.withSubcommands([list, restore, clean])
)
