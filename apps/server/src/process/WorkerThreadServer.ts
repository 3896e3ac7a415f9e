// @effect-diagnostics nodeBuiltinImport:off
// A thread that loads nothing but what it needs starts at once and takes little memory.
/** What runs in a thread that answers requests: one after the other. */
import { parentPort, workerData } from "node:worker_threads"

/** A request with a number that its reply repeats. */
export interface Message {
  readonly number: number
  readonly request: unknown
}

/** Errors as texts: they have to survive the way. */
export type Reply = { readonly number: number } & (
  | { readonly _tag: "Answer"; readonly answer: unknown }
  | { readonly _tag: "Failed"; readonly detail: string }
)

/**
 * Answers from now on. `make` gets the text that the thread was started with, at the first request; what it throws is the
 * answer to that one, and it is called again at the next. A request `null` only asks whether it can be made. What is
 * `transferred` of an answer is not copied, and gone here afterwards.
 */
export const serve = <Request, Answer>(
  make: (data: string) => (request: Request) => Answer,
  transferred: (answer: Answer) => ReadonlyArray<ArrayBufferLike> = () => []
): void => {
  let answer: ((request: Request) => Answer) | null = null
  const reply = ({ number, request }: Message): void => {
    const post = (reply: Reply, transfer: ReadonlyArray<ArrayBufferLike> = []) =>
      parentPort?.postMessage(reply, transfer as ReadonlyArray<ArrayBuffer>)
    try {
      answer ??= make(String(workerData))
      if (request === null) {
        post({ _tag: "Answer", number, answer: null })
        return
      }
      // Who asks is typed: see `WorkerThread.start`.
      const answered = answer(request as Request)
      post({ _tag: "Answer", number, answer: answered }, transferred(answered))
    } catch (cause) {
      post({ _tag: "Failed", number, detail: cause instanceof Error ? cause.message : String(cause) })
    }
  }
  parentPort?.on("message", reply)
}
