// @effect-diagnostics nodeBuiltinImport:off
// A thread that loads nothing but node:fs starts at once and takes little memory.
/** The thread that works with the files of the in queue. It is started with the directory, and answers requests in turn. */
import { parentPort, workerData } from "node:worker_threads"
import * as SpoolFiles from "./SpoolFiles.js"

/** A request with a number that its reply repeats. */
export interface Message {
  readonly number: number
  readonly request: SpoolFiles.Request
}

/** Errors as texts: they have to survive the way. */
export type Reply = { readonly number: number } & (
  | { readonly _tag: "Answer"; readonly answer: unknown }
  | { readonly _tag: "Failed"; readonly detail: string }
)

const directory: unknown = workerData
let files: ReturnType<typeof SpoolFiles.make> | null = null

const answer = ({ number, request }: Message): Reply => {
  try {
    files ??= SpoolFiles.make(String(directory))
    return { _tag: "Answer", number, answer: files(request) }
  } catch (cause) {
    return { _tag: "Failed", number, detail: cause instanceof Error ? cause.message : String(cause) }
  }
}

parentPort?.on("message", (message: Message) => parentPort?.postMessage(answer(message)))
