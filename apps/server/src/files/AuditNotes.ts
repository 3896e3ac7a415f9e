/**
 * What is done beside the API, for the audit log: by commands that work on the files, and by hand. Only the service has the
 * database open, so a small file in `data/audit/` says it, and the service takes it over within seconds, or at its next start. It
 * is removed when its entry lasts: killed in between, the service writes the entry down twice.
 */
import { FileSystem, Path } from "@effect/platform"
import { type Actor, Audited } from "@id-connector/core/history/HistoryEntry"
import { HistoryOutbox } from "@id-connector/core/history/HistoryOutbox"
import { QueueStore } from "@id-connector/core/queue/QueueStore"
import { Clock, Effect, Either, Layer, Option, Schedule, Schema } from "effect"
import * as JsonFile from "./JsonFile.js"

/** Something that is done. */
export type Done = Pick<Audited, "action" | "subject">

/** Nobody will find it in the audit log. */
export class NotNoted extends Schema.TaggedError<NotNoted>()("NotNoted", { detail: Schema.String }) {
  override get message() {
    return this.detail
  }
}

const directoryIn = (path: Path.Path, appDir: string) => path.join(appDir, "data", "audit")

/** Writes it down, so that it outlasts a power cut. To be called before it is done. */
export const leave = (appDir: string, by: Actor, done: ReadonlyArray<Done>) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const at = yield* Clock.currentTimeMillis
    const notes = done.map((one): Audited => ({ _tag: "Audited", at, by, ...one, status: null, request: null }))
    // In the order of time; no two are called the same.
    const file = path.join(directoryIn(path, appDir), `${at}_${globalThis.crypto.randomUUID()}.json`)
    yield* JsonFile.save(file, notes)
    yield* forTheService(path.join(appDir, "data"), [path.dirname(file), file])
  }).pipe(Effect.mapError(({ message }) => new NotNoted({ detail: message })))

/** Root may leave one for a service that is not root: it belongs to whom the data belong to. */
const forTheService = (data: string, files: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { gid, uid } = yield* fs.stat(data)
    if (Option.isNone(uid) || Option.isNone(gid)) return
    for (const file of files) yield* fs.chown(file, uid.value, gid.value)
    // Whoever may not give it away is the owner, or has done what could be done.
  }).pipe(Effect.ignore)

const decode = Schema.decodeUnknownOption(Schema.Array(Audited))

const lookEvery = "2 seconds"

/** Files that are taken over in one transaction. */
const batch = 500

/** Takes them over, as long as the layer lives. */
export const layer = (
  appDir: string
): Layer.Layer<never, never, FileSystem.FileSystem | HistoryOutbox | Path.Path | QueueStore> =>
  Layer.scopedDiscard(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const outbox = yield* HistoryOutbox
      const store = yield* QueueStore
      const directory = directoryIn(path, appDir)
      /** That could not be read, and is told once; or is taken over and could not be removed. */
      const left = new Set<string>()

      const notesIn = (name: string) =>
        Effect.gen(function* () {
          const read = yield* JsonFile.read(path.join(directory, name))
          if (Option.isNone(read)) return []
          const notes = Option.flatMap(Either.getRight(read.value), decode)
          if (Option.isSome(notes)) return [{ name, notes: notes.value }]
          left.add(name)
          yield* Effect.logError(
            "A note for the audit log can't be read. It stays where it is: read it, write down what it says, and remove it.",
            { file: path.join(directory, name), reason: Either.isLeft(read.value) ? read.value.left : "it is no note" }
          )
          return []
        })

      const take = Effect.gen(function* () {
        const names = yield* Effect.orElseSucceed(fs.readDirectory(directory), () => [])
        const some = names.filter((name) => name.endsWith(".json") && !left.has(name)).sort()
        const found = (yield* Effect.forEach(some.slice(0, batch), notesIn)).flat()
        if (found.length === 0) return
        yield* outbox.record(found.flatMap(({ notes }) => notes))
        yield* store.flush
        // One that stays is not taken over a second time.
        for (const { name } of found) left.add(name)
        for (const { name } of found) {
          yield* fs.remove(path.join(directory, name), { force: true })
          left.delete(name)
        }
      })

      yield* take.pipe(
        Effect.catchAllCause((cause) =>
          Effect.logError(
            "Could not take notes over into the audit log, or remove them from data/audit afterwards. Will retry.",
            cause
          )
        ),
        Effect.repeat(Schedule.spaced(lookEvery)),
        Effect.annotateLogs({ module: "History" }),
        Effect.forkScoped
      )
    })
  )
