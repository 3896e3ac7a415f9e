/** The command `listener_trash_cleaner`: deletes old files of the in queue's trash, as UCR says. */
import { Command } from "@effect/cli"
import { Console, Effect, Option } from "effect"
import * as InQueueTrash from "../files/InQueueTrash.js"
import * as UcrFile from "../files/Ucr.js"
import { Ucr } from "../files/Ucr.js"
import * as Settings from "../Settings.js"
import { CannotStart } from "./CannotStart.js"
import * as CommandShape from "./CommandShape.js"
import * as Noted from "./Noted.js"
import * as Output from "./Output.js"

const defaultDays = 30

export const command = Command.make("listener_trash_cleaner", {}, () =>
  Effect.gen(function* () {
    const settings = yield* Settings.withoutDirectory
    // @effect-diagnostics-next-line strictEffectProvide:off
    const { get } = yield* Effect.provide(Ucr, UcrFile.layer(settings.ucrFile))
    const state = Option.getOrElse(yield* get("ucsschool-id-connector/trash_delete_state"), () => "1")
    if (state.trim() !== "1") {
      return yield* Console.log("Nothing is deleted: ucsschool-id-connector/trash_delete_state is not 1.")
    }
    const offset = Option.getOrElse(yield* get("ucsschool-id-connector/trash_delete_offset"), () => "")
    const days = /^\d{1,5}$/.test(offset.trim()) ? Number(offset) : defaultDays
    const deleted = yield* InQueueTrash.clean(InQueueTrash.directoryOf(settings.listenerDirectory), days, (files) =>
      Noted.before(
        settings.appDir,
        "listener_trash_cleaner",
        "trash.clean",
        `${Output.count(files, "file")} older than ${days} days`
      )
    )
    yield* Console.log(`Deleted ${deleted} files older than ${days} days from ${settings.listenerDirectory}/trash.`)
  }).pipe(Effect.mapError(({ message }) => new CannotStart({ lines: message.split("\n") })))
).pipe(
  Command.withDescription(
    CommandShape.describe("Deletes old files of the in queue's trash, as UCR says: for a timer.", {
      details: [
        "Those older than ucsschool-id-connector/trash_delete_offset (days, default 30), if ucsschool-id-connector/trash_delete_state is 1 (default)."
      ],
      example: "listener_trash_cleaner"
    })
  )
)
