// @effect-diagnostics nodeBuiltinImport:off
// Reading many small files is four times faster with synchronous calls, and only node:fs tells links from files.
/** The in queue's directory on a local file system. */
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { SpoolEntry, SpoolShape } from "@id-connector/core/Spool"
import { Spool, SpoolError } from "@id-connector/core/Spool"
import { Effect, Layer, Queue, Schedule, Stream } from "effect"
import * as Content from "./NodeSpool/Content.js"

export interface Options {
  readonly directory: string
  /** Between two looks without a sign of change. The watch may miss one when very many files come at once. */
  readonly rescanEvery?: "30 seconds"
}

/** Read this many files, then let others have the thread (signals, HTTP, other queues). */
const filesAtATime = 32

/** Read this much in one call at most, in bytes, unless a single file is larger. */
const bytesAtATime = 8 * 1024 * 1024

/** Of a burst of signs of change one is enough, in milliseconds. */
const burst = 20

export const layer = ({ directory, rescanEvery = "30 seconds" }: Options): Layer.Layer<Spool, SpoolError> =>
  Layer.effect(
    Spool,
    Effect.gen(function* () {
      const trashDirectory = Path.join(directory, "trash")
      /** Names that are no text: what they are called here, and what the file system calls them. */
      const unprintable = new Map<string, Buffer>()
      const pathOf = (name: string): Fs.PathLike => unprintable.get(name) ?? Path.join(directory, name)

      yield* attempt("create the directory", () => Fs.mkdirSync(trashDirectory, { recursive: true, mode: 0o750 }))

      const spool: SpoolShape = {
        list: attempt("list", () => {
          const names: Array<string> = []
          const strangers: Array<{ name: string; reason: string; modifiedAt: number }> = []
          const directories: Array<string> = []
          unprintable.clear()
          for (const entry of Fs.readdirSync(directory, { withFileTypes: true, encoding: "buffer" })) {
            const text = Content.decodeUtf8(entry.name)
            const name = text ?? Content.escapeBytes(entry.name)
            if (entry.isDirectory()) {
              if (name.endsWith(".json")) directories.push(name)
            } else if (text === null || !name.endsWith(".json")) {
              if (text === null) unprintable.set(name, Buffer.concat([Buffer.from(`${directory}/`), entry.name]))
              const reason = text === null ? "the name is not valid UTF-8" : "the name does not end in .json"
              const modifiedAt = Fs.lstatSync(pathOf(name), { throwIfNoEntry: false })?.mtimeMs
              if (modifiedAt !== undefined) strangers.push({ name, reason, modifiedAt })
            } else {
              names.push(name)
            }
          }
          return { names: names.sort(), strangers, directories }
        }),

        read: (names) =>
          Effect.gen(function* () {
            const entries: Array<SpoolEntry> = []
            let bytes = 0
            for (let start = 0; start < names.length && bytes < bytesAtATime; start += filesAtATime) {
              if (start > 0) yield* breathe
              for (const name of names.slice(start, start + filesAtATime)) {
                const entry = yield* attempt(`read ${name}`, () => Content.read(Path.join(directory, name), name))
                entries.push(entry)
                if (entry._tag === "Content") bytes += entry.text.length
                if (bytes >= bytesAtATime) break
              }
            }
            return entries
          }),

        remove: (names) =>
          names.length === 0
            ? Effect.void
            : Effect.gen(function* () {
                for (let start = 0; start < names.length; start += filesAtATime) {
                  if (start > 0) yield* breathe
                  yield* attempt("remove", () => {
                    for (const name of names.slice(start, start + filesAtATime))
                      Fs.rmSync(pathOf(name), { force: true })
                  })
                }
                yield* attempt("remove", () => sync(directory))
              }),

        trash: (names) =>
          names.length === 0
            ? Effect.void
            : attempt("move to the trash", () => {
                Fs.mkdirSync(trashDirectory, { recursive: true, mode: 0o750 })
                for (const name of names) moveTo(trashDirectory, name, pathOf(name))
                sync(trashDirectory)
                sync(directory)
              }),

        changes: Stream.merge(
          Stream.repeatEffectWithSchedule(Effect.void, Schedule.spaced(rescanEvery)),
          watched(directory)
        )
      }
      return spool
    })
  )

/** Rings at once, then for every burst of changes. A watch that breaks is set up again. */
const watched = (directory: string): Stream.Stream<void> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const bell = yield* Queue.sliding<void>(1)
      yield* Effect.acquireRelease(
        Effect.async<Fs.FSWatcher, SpoolError>((resume) => {
          const ring = () => void Queue.unsafeOffer(bell, undefined)
          try {
            const watcher = Fs.watch(directory, ring)
            // A broken watch only means that the rescan has to find what changes.
            watcher.on("error", ring)
            resume(Effect.succeed(watcher))
          } catch (cause) {
            resume(Effect.fail(failure("watch", cause)))
          }
        }),
        (watcher) => Effect.sync(() => watcher.close())
      ).pipe(
        Effect.tapError((error) =>
          Effect.annotateLogs(Effect.logWarning("Can't watch the in queue: it is looked at now and then instead."), {
            reason: error.message
          })
        ),
        Effect.ignore
      )
      return Stream.fromQueue(bell).pipe(Stream.tap(() => Effect.sleep(burst)))
    })
  )

/** Moves a file without overwriting another one: `x.json`, then `x.json.1`, `x.json.2`, ... unless the content is the same. */
const moveTo = (trashDirectory: string, name: string, from: Fs.PathLike) => {
  for (let number = 0; ; number++) {
    const to = Path.join(trashDirectory, number === 0 ? name : `${name}.${number}`)
    const isTaken = Fs.lstatSync(to, { throwIfNoEntry: false }) !== undefined
    if (isTaken && !isSameContent(from, to)) continue
    try {
      Fs.renameSync(from, to)
    } catch (cause) {
      if (codeOf(cause) !== "ENOENT") throw cause
    }
    return
  }
}

const isSameContent = (a: Fs.PathLike, b: Fs.PathLike): boolean => {
  const digest = (path: Fs.PathLike) =>
    Fs.lstatSync(path, { throwIfNoEntry: false })?.isFile() === true
      ? createHash("sha256").update(Fs.readFileSync(path)).digest("hex")
      : null
  const digestOfA = digest(a)
  return digestOfA !== null && digestOfA === digest(b)
}

/** Makes removals and renames in a directory survive a power cut. */
const sync = (directory: string) => {
  const handle = Fs.openSync(directory, "r")
  try {
    Fs.fsyncSync(handle)
  } finally {
    Fs.closeSync(handle)
  }
}

const codeOf = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""

const failure = (operation: string, cause: unknown) =>
  new SpoolError({ operation, detail: cause instanceof Error ? cause.message : String(cause) })

const attempt = <A>(operation: string, run: () => A): Effect.Effect<A, SpoolError> =>
  Effect.try({ try: run, catch: (cause) => failure(operation, cause) })

/** A turn of the event loop: synchronous calls one after another would keep everything else waiting. */
const breathe = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})
