/** The command `id-connector out_queue_restore`: what the deletion of a school authority moved to the trash comes back. */
import { Args, Command } from "@effect/cli"
import { Console, Effect } from "effect"
import * as OutQueueRestore from "../files/OutQueueRestore.js"
import * as Settings from "../Settings.js"
import { CannotStart } from "./CannotStart.js"
import * as CommandShape from "./CommandShape.js"
import * as Noted from "./Noted.js"

export const command = Command.make(
  "out_queue_restore",
  {
    directory: Args.text({ name: "directory" }).pipe(
      Args.withDescription("a directory of data/out_queues_trash: 20260203_040506.Traeger1")
    )
  },
  ({ directory }) =>
    Effect.gen(function* () {
      const { appDir } = yield* Settings.withoutDirectory
      const { authority, items } = yield* OutQueueRestore.request(
        `${appDir}/data/out_queues_trash`,
        directory,
        (found) => Noted.before(appDir, "id-connector out_queue_restore", "queues.restore", found)
      )
      yield* Console.log(
        `${items} items come back into the queue of ${authority}: at once while the connector runs, else at its next start. Of objects that have changed since, the newer state stays.`
      )
    }).pipe(Effect.mapError(({ message }) => new CannotStart({ lines: message.split("\n") })))
).pipe(
  Command.withDescription(
    CommandShape.describe("Brings the items back that waited for a school authority when it was deleted.", {
      details: ["Create the authority anew before or after that."],
      example: "id-connector out_queue_restore 20260203_040506.Traeger1"
    })
  )
)
