// @effect-diagnostics nodeBuiltinImport:off
// Files are moved from one file system to another, perhaps, and links are left alone.
/** The in queue's trash, for people: what lies there and why, and how it comes back or goes for good. */
import * as Fs from "node:fs/promises"
import { FileSystem, Path } from "@effect/platform"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import { Clock, Effect, Either, Option, Schema } from "effect"
import * as DirectoryNames from "./DirectoryNames.js"

/** A file that can't be brought back, and why. */
export class RestoreRefused extends Schema.TaggedError<RestoreRefused>()("RestoreRefused", { detail: Schema.String }) {
  override get message() {
    return this.detail
  }
}

export interface Discarded {
  readonly name: string
  /** When it was last changed, in milliseconds since 1970. */
  readonly modifiedAt: number
  readonly size: number
}

/** What is said about a file that is looked into. */
export interface Content {
  /** `user anna`, or null when that can't be told. */
  readonly object: string | null
  /** Why it can't be used; null: nothing is wrong with it as it is now. */
  readonly problem: string | null
}

/** `<in queue>/trash` */
export const directoryOf = (listenerDirectory: string): string => `${listenerDirectory}/trash`

/** Its files, those changed last first. A directory that is not there is empty. */
export const list = (trash: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const names = yield* DirectoryNames.sorted(trash)
    const files = yield* Effect.forEach(
      names,
      (name) =>
        Effect.map(Effect.option(fs.stat(path.join(trash, name))), (info) =>
          Option.match(info, {
            onNone: (): ReadonlyArray<Discarded> => [],
            onSome: ({ mtime, size, type }) =>
              type === "File"
                ? [{ name, modifiedAt: Option.getOrUndefined(mtime)?.getTime() ?? 0, size: Number(size) }]
                : []
          })
        ),
      { concurrency: 16 }
    )
    return files.flat().sort((a, b) => b.modifiedAt - a.modifiedAt || (a.name < b.name ? -1 : 1))
  })

/** No larger one is looked into, in bytes. */
const largest = 16 * 1024 * 1024

/** Looks into one of them. */
export const look = (trash: string, { name, size }: Discarded): Effect.Effect<Content, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    if (size > largest) return { object: null, problem: "is too large to be looked into" }
    const fs = yield* FileSystem.FileSystem
    const text = yield* Effect.either(fs.readFileString(`${trash}/${name}`))
    if (Either.isLeft(text)) return { object: null, problem: `can't be read: ${text.left.message}` }
    const decoded = ListenerObject.decodeText(text.right)
    return Either.isLeft(decoded)
      ? { object: null, problem: decoded.left.reasons.join("; ") }
      : { object: ListenerObject.label(decoded.right), problem: null }
  })

/** Moves a file back into the in queue. Answers with the name that it has there. */
export const restore = (listenerDirectory: string, name: string) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    if (path.basename(name) !== name)
      return yield* new RestoreRefused({ detail: `${name}: is no name of a file in the trash.` })
    const from = path.join(directoryOf(listenerDirectory), name)
    // One of several of the same name is called x.json.1 in the trash; the in queue takes what ends in .json.
    const [, stem = name.replace(/\.json$/, ""), number] = /^(.*)\.json\.(\d+)$/.exec(name) ?? []
    const to = path.join(listenerDirectory, number === undefined ? `${stem}.json` : `${stem}.${number}.json`)
    yield* Effect.tryPromise({
      try: () => move(from, to),
      catch: (cause) => new RestoreRefused({ detail: refusal(from, to, cause) })
    })
    return path.basename(to)
  })

const refusal = (from: string, to: string, cause: unknown): string => {
  const { code, message } = Object(cause)
  if (code === "ENOENT") return `${from}: there is no such file.`
  if (code === "EEXIST") return `${from}: stays, since the in queue has ${to} already.`
  return `${from}: can't be moved to ${to}: ${message}`
}

/** Without overwriting, and so that the in queue never sees half of it. */
const move = async (from: string, to: string): Promise<void> => {
  const beside = `${to}.tmp`
  try {
    await Fs.link(from, to)
  } catch (cause) {
    if (Object(cause).code !== "EXDEV" && Object(cause).code !== "EPERM") throw cause
    await Fs.copyFile(from, beside)
    try {
      await Fs.link(beside, to)
    } finally {
      await Fs.unlink(beside)
    }
  }
  await Fs.unlink(from)
}

const millisOfDay = 86_400_000

/** Deletes files older than so many days, and says so for each. `begin` is told how many, if any. Answers with their number. */
export const clean = <R = never>(
  trash: string,
  days: number,
  begin: (files: number) => Effect.Effect<void, never, R> = () => Effect.void,
  deleted: Effect.Effect<void> = Effect.void
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const oldest = (yield* Clock.currentTimeMillis) - days * millisOfDay
    const old = (yield* list(trash)).filter(({ modifiedAt }) => modifiedAt < oldest)
    if (old.length > 0) yield* begin(old.length)
    yield* Effect.forEach(old, ({ name }) => Effect.zipRight(fs.remove(`${trash}/${name}`, { force: true }), deleted), {
      discard: true
    })
    return old.length
  })
