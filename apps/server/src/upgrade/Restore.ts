/**
 * Brings back what the Python connector had put aside: `keep/` and `trash/` of an authority's out queue. It comes back like items of
 * a deleted authority: of an object that the authority has, or has an item of, nothing older comes back.
 */
import { FileSystem, Path } from "@effect/platform"
import { Clock, Effect, Schema } from "effect"
import * as OutQueueRestore from "../files/OutQueueRestore.js"
import * as TrashDirectory from "../files/TrashDirectory.js"
import * as Archive from "./Archive.js"
import * as OldFiles from "./OldFiles.js"

/** There is nothing to bring back. */
export class NothingAside extends Schema.TaggedError<NothingAside>()("NothingAside", { detail: Schema.String }) {
  override get message() {
    return this.detail
  }
}

/**
 * Asks for it, once `begin` is done. Answers with the number of files. The running connector takes them within seconds, another one
 * at its start.
 */
export const request = <R = never>(
  appDir: string,
  authority: string,
  which: "kept" | "failed",
  begin: Effect.Effect<void, never, R>
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const roots = [`${appDir}/data`, ...(yield* Archive.finished(appDir))]
    const places = roots.map((place) => path.join(place, "out_queues", authority, OldFiles.directories[which]))
    const files = (yield* Effect.forEach(places, (place) =>
      Effect.map(OldFiles.entries(place), ({ files }) =>
        files.filter((name) => name.endsWith(".json")).map((name) => path.join(place, name))
      )
    )).flat()
    if (files.length === 0) {
      const others = yield* Effect.forEach(roots, (root) =>
        Effect.map(OldFiles.entries(path.join(root, "out_queues")), ({ directories }) => directories)
      )
      return yield* new NothingAside({
        detail: [
          `There is no file in ${places.join(", nor in ")}.`,
          others.flat().length === 0
            ? "The Python connector has left no out queue here. IDC_APP_DIR names the directory that is looked at."
            : `It has left out queues of ${[...new Set(others.flat())].join(", ")}. What was put aside for each: id-connector upgrade --report, or --dry-run before the first start.`
        ].join("\n")
      })
    }
    yield* begin
    const trash = path.join(appDir, "data", "out_queues_trash")
    const name = `${TrashDirectory.stampOf(yield* Clock.currentTimeMillis)}.${authority}`
    yield* fs.makeDirectory(path.join(trash, name), { recursive: true, mode: 0o700 })
    for (const file of files) yield* fs.copyFile(file, path.join(trash, name, path.basename(file)))
    const { items } = yield* OutQueueRestore.request(trash, name)
    return items
  })
