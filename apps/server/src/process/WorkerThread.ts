// @effect-diagnostics nodeBuiltinImport:off
// Threads are Node's.
/** Threads of their own for calls that would hold everybody up: each answers requests, one after the other. */
import { Worker as Thread } from "node:worker_threads"
import { Data, Effect, type Scope } from "effect"
import type { Message, Reply } from "./WorkerThreadServer.js"

/** What the thread threw, or that it has ended. */
export class ThreadFailed extends Data.TaggedError("ThreadFailed")<{ readonly detail: string }> {
  override get message() {
    return this.detail
  }
}

/** Plain data, there and back. */
export type Ask<Request> = (request: Request) => Effect.Effect<unknown, ThreadFailed>

type Resume = (answer: Effect.Effect<unknown, ThreadFailed>) => void

/**
 * Starts `module`, which calls `Answering.serve`, with a text. It is up when this returns, and ends with the scope; a thread
 * that ended by itself is started anew by the next request. What it can't do is known now: it fails here, not at the first
 * request.
 */
export const start = <Request>(module: URL, data: string): Effect.Effect<Ask<Request>, ThreadFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const waiting = new Map<number, Resume>()
    let running: Thread | null = null
    let last = 0

    const run = (): Thread => {
      const thread = load(module, data)
      thread.on("message", (reply: Reply) => {
        waiting.get(reply.number)?.(
          reply._tag === "Answer"
            ? Effect.succeed(reply.answer)
            : Effect.fail(new ThreadFailed({ detail: reply.detail }))
        )
        waiting.delete(reply.number)
      })
      const fail = (detail: string) => {
        // After an error comes the end, too: by then another thread may be at work.
        if (running !== thread) return
        running = null
        for (const resume of waiting.values()) resume(Effect.fail(new ThreadFailed({ detail })))
        waiting.clear()
      }
      thread.on("error", ({ message }) => fail(message))
      thread.on("exit", () => fail("the thread has ended"))
      return thread
    }

    const ask: Ask<Request | null> = (request) =>
      Effect.async((resume) => {
        running ??= run()
        const number = ++last
        waiting.set(number, resume)
        running.postMessage({ number, request } satisfies Message)
      })

    yield* Effect.addFinalizer(() => Effect.promise(async () => running?.terminate()))
    yield* ask(null)
    return ask
  })

/** A module by its path without extension, seen from another one: both are sources, or both are compiled. */
export const moduleBeside = (other: string, path: string): URL =>
  new URL(`${path}${other.slice(other.lastIndexOf("."))}`, other)

/** As source (in tests and the demonstration) the thread has to learn to read TypeScript first. */
const load = (module: URL, workerData: string) => {
  if (!module.pathname.endsWith(".ts")) return new Thread(module, { workerData })
  const learn = `import("tsx/esm/api").then(({ register }) => { register(); return import(${JSON.stringify(module.href)}) })`
  return new Thread(learn, { eval: true, execArgv: ["--conditions=@id-connector/source"], workerData })
}
