/**
 * Brings back what the deletion of a school authority moved to `data/out_queues_trash/<YYYYmmdd_HHMMSS>.<authority>/`, once
 * somebody has asked for it. That is a new name of the directory, so that it can be asked for while nothing runs, and is not
 * forgotten. What is newer stays: of an object that the authority has, or has an item of, nothing older comes back. What can't
 * be read stays in the trash.
 */
import { FileSystem, Path } from "@effect/platform"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import { Directory } from "@id-connector/core/directory/Directory"
import { QueueNotifier } from "@id-connector/core/queue/QueueNotifier"
import { type Arrival, QueueStore } from "@id-connector/core/queue/QueueStore"
import { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { Array as Arr, Effect, Either, Layer, Option, Schedule, Schema } from "effect"

/** What a directory is called from when it is to be restored on. */
const wanted = ".restore"

export class RestoreRefused extends Schema.TaggedError<RestoreRefused>()("RestoreRefused", { detail: Schema.String }) {
  override get message() {
    return this.detail
  }
}

/** The authority in the name of a directory: `20260203_040506.North`. */
const authorityOf = (name: string): Option.Option<AuthorityName> =>
  Option.flatMap(Option.fromNullable(/^\d{8}_\d{6}\.(.+)$/.exec(name)?.[1]), Schema.decodeUnknownOption(AuthorityName))

/** Asks for it, once `begin` is done. Answers with the authority, and the number of its items. */
export const request = <R = never>(
  trash: string,
  name: string,
  begin: (directory: string) => Effect.Effect<void, never, R> = () => Effect.void
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const authority = authorityOf(path.basename(name))
    const directory = path.join(trash, path.basename(name))
    const items = yield* Effect.option(fs.readDirectory(directory))
    if (Option.isNone(authority) || Option.isNone(items)) {
      const there = yield* Effect.orElseSucceed(fs.readDirectory(trash), () => [])
      const listed = there.filter((one) => Option.isSome(authorityOf(one)) && !one.endsWith(wanted)).sort()
      return yield* new RestoreRefused({
        detail: `${directory} is no directory of a deleted school authority. There are: ${listed.join(", ") || "none"}.`
      })
    }
    yield* begin(path.basename(name))
    yield* Effect.mapError(
      fs.rename(directory, `${directory}${wanted}`),
      ({ message }) => new RestoreRefused({ detail: message })
    )
    return { authority: authority.value, items: items.value.length }
  })

const lookEvery = "2 seconds"

/** Files that are read and stored in one transaction. */
const batch = 100

/** Restores what is asked for, as long as the layer lives. */
export const layer = (trash: string) =>
  Layer.scopedDiscard(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const names = yield* Effect.orElseSucceed(fs.readDirectory(trash), () => [])
      yield* Effect.forEach(
        names.filter((name) => name.endsWith(wanted)),
        (name) => restore(trash, name),
        { discard: true }
      )
    }).pipe(
      Effect.catchAllCause((cause) =>
        Effect.logError("Could not restore the items of a deleted school authority. Will retry.", cause)
      ),
      Effect.repeat(Schedule.spaced(lookEvery)),
      Effect.annotateLogs({ module: "OutQueue" }),
      Effect.forkScoped
    )
  )

const restore = (trash: string, name: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const notifier = yield* QueueNotifier
    const authority = authorityOf(name.slice(0, -wanted.length))
    if (Option.isNone(authority)) return
    const directory = path.join(trash, name)
    const files = [...(yield* fs.readDirectory(directory))].sort(byItem)
    let restored = 0
    const unread: Array<string> = []
    for (const some of Arr.chunksOf(files, batch)) {
      const read = yield* accept(directory, some, authority.value)
      restored += read.restored
      unread.push(...read.unread)
    }
    if (unread.length > 0) yield* putBack(directory, path.join(trash, name.slice(0, -wanted.length)), unread)
    yield* fs.remove(directory, { recursive: true })
    yield* notifier.notify([authority.value])
    yield* Effect.logInfo("Restored the items of a deleted school authority.", {
      authority: authority.value,
      items: restored,
      superseded: files.length - unread.length - restored
    })
  })

/** In the order of their items' numbers, which they begin with; files of another origin begin with a time. */
const byItem = (a: string, b: string): number =>
  Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : a > b ? 1 : 0)

/** What can't be read may be all that is left of a change. */
const putBack = (from: string, to: string, files: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* fs.makeDirectory(to, { recursive: true, mode: 0o750 })
    yield* Effect.forEach(files, (file) => fs.rename(path.join(from, file), path.join(to, file)), { discard: true })
    yield* Effect.logError(
      "Some files of a deleted school authority are no items and were not restored. They stay in the trash. Schedule their objects again.",
      { directory: to, files: files.slice(0, 20).join(", "), number: files.length }
    )
  })

/** Answers with the number of those that came back, and with those that can't be read. */
const accept = (directory: string, files: ReadonlyArray<string>, authority: AuthorityName) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const store = yield* QueueStore
    const read = yield* Effect.forEach(files, (file) =>
      fs.readFileString(path.join(directory, file)).pipe(
        Effect.map((text) => Either.getOrNull(ListenerObject.decodeText(text))),
        Effect.orElseSucceed(() => null),
        Effect.map((object) => ({ file, object }))
      )
    )
    const objects = read.flatMap(({ file, object }) => (object === null ? [] : [{ file, object }]))
    const concerned = yield* store.concerned(objects.map(({ object }) => ListenerObject.objectKey(object)))
    const lost = objects.filter(
      ({ object }) => concerned.get(ListenerObject.objectKey(object))?.includes(authority) !== true
    )
    const usernames = lost.flatMap(({ object }) => (object._tag === "ChangedUser" ? [object.username] : []))
    const hashes = usernames.length === 0 ? new Map() : yield* (yield* Directory).passwordHashes(usernames)
    const arrivals = lost.map(
      ({ file, object }): Arrival => ({
        file: { name: `${path.basename(directory)}/${file}`, digest: file },
        fate: "remove",
        object:
          object._tag === "ChangedUser"
            ? { ...object, hashes: hashes.get(object.username.toLowerCase()) ?? null }
            : object,
        text: null,
        recipients: [authority],
        remember: { _tag: "Nothing" },
        sendAgain: false
      })
    )
    yield* store.accept(arrivals)
    yield* store.flush
    yield* Effect.forEach(objects, ({ file }) => fs.remove(path.join(directory, file)), { discard: true })
    yield* store.forget(arrivals.map(({ file }) => file.name))
    return {
      restored: arrivals.length,
      unread: read.flatMap(({ file, object }) => (object === null ? [file] : []))
    }
  })
