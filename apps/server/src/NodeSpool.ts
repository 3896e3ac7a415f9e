// @effect-diagnostics nodeBuiltinImport:off
// A thread, and the watch of a directory.
/**
 * The in queue's directory on a local file system. Files are read and removed by a thread of its own, so that a directory
 * with many of them keeps nobody waiting.
 */
import * as Fs from "node:fs"
import { Worker as Thread } from "node:worker_threads"
import { Spool, SpoolError, type SpoolShape } from "@id-connector/core/Spool"
import { Effect, Layer, Queue, Schedule, type Scope, Stream } from "effect"
import * as SpoolFiles from "./NodeSpool/SpoolFiles.js"
import type { Message, Reply } from "./NodeSpool/Thread.js"

export interface Options {
  readonly directory: string
  /** Whether a thread of its own works with the files. Default: yes. Starting it takes a moment. */
  readonly thread?: boolean
  /** Between two looks without a sign of change. The watch may miss one when very many files come at once. */
  readonly rescanEvery?: "30 seconds"
}

/** Of a burst of signs of change one is enough, in milliseconds. */
const burst = 20

export const layer = ({
  directory,
  rescanEvery = "30 seconds",
  thread = true
}: Options): Layer.Layer<Spool, SpoolError> =>
  Layer.scoped(
    Spool,
    Effect.gen(function* () {
      const files = yield* thread ? inThread(directory) : here(directory)
      /** The types can't tell that each request has its own kind of answer. */
      const ask = <R extends SpoolFiles.Request>(request: R) =>
        files(request) as Effect.Effect<SpoolFiles.Answers[R["_tag"]], SpoolError>
      const spool: SpoolShape = {
        look: ask({ _tag: "look" }),
        next: (limit) => ask({ _tag: "next", limit }),
        gone: (names) => (names.length === 0 ? Effect.succeed([]) : ask({ _tag: "gone", names })),
        remove: (names) => (names.length === 0 ? Effect.void : ask({ _tag: "remove", names })),
        settle: ask({ _tag: "settle" }),
        trash: (names) => (names.length === 0 ? Effect.void : ask({ _tag: "trash", names })),
        changes: Stream.merge(
          Stream.repeatEffectWithSchedule(Effect.void, Schedule.spaced(rescanEvery)),
          watched(directory)
        )
      }
      return spool
    })
  )

type Files = (request: SpoolFiles.Request) => Effect.Effect<unknown, SpoolError>

const here = (directory: string): Effect.Effect<Files, SpoolError> =>
  Effect.map(
    Effect.try({ try: () => SpoolFiles.make(directory), catch: (cause) => failure("open", cause) }),
    (files) => (request) =>
      Effect.try({ try: () => files(request), catch: (cause) => failure(operationOf(request), cause) })
  )

const inThread = (directory: string): Effect.Effect<Files, SpoolError, Scope.Scope> =>
  Effect.gen(function* () {
    const waiting = new Map<number, (reply: Reply | Error) => void>()
    const fail = (error: Error) => {
      for (const reply of waiting.values()) reply(error)
      waiting.clear()
    }
    const thread = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const thread = startThread(directory)
        thread.on("message", (reply: Reply) => {
          waiting.get(reply.number)?.(reply)
          waiting.delete(reply.number)
        })
        thread.on("error", fail)
        thread.on("exit", () => fail(new Error("the thread has ended")))
        return thread
      }),
      (thread) => Effect.promise(() => thread.terminate())
    )
    let last = 0
    const files: Files = (request) =>
      Effect.async((resume) => {
        const number = ++last
        waiting.set(number, (reply) =>
          resume(
            reply instanceof Error
              ? Effect.fail(failure(operationOf(request), reply))
              : reply._tag === "Answer"
                ? Effect.succeed(reply.answer)
                : Effect.fail(new SpoolError({ operation: operationOf(request), detail: reply.detail }))
          )
        )
        thread.postMessage({ number, request } satisfies Message)
      })
    // The directory is opened with the first request: whether it can be is to be known now.
    yield* files({ _tag: "gone", names: [] })
    return files
  })

/** As source (in tests and the demonstration) the thread has to learn to read TypeScript first. */
const startThread = (directory: string) => {
  const isSource = import.meta.url.endsWith(".ts")
  const file = new URL(`./NodeSpool/Thread.${isSource ? "ts" : "js"}`, import.meta.url)
  if (!isSource) return new Thread(file, { workerData: directory })
  const learn = `import("tsx/esm/api").then(({ register }) => { register(); return import(${JSON.stringify(file.href)}) })`
  return new Thread(learn, {
    eval: true,
    execArgv: ["--conditions=@id-connector/source"],
    workerData: directory
  })
}

const operationOf = (request: SpoolFiles.Request): string => {
  switch (request._tag) {
    case "look":
      return "list"
    case "next":
      return "read"
    case "gone":
      return "look for files"
    case "remove":
      return "remove"
    case "trash":
      return "move to the trash"
    case "settle":
      return "make the removals last"
  }
}

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

const failure = (operation: string, cause: unknown) =>
  new SpoolError({ operation, detail: cause instanceof Error ? cause.message : String(cause) })
