/** The thread that works with the files of the in queue. Its first message is the directory. */
import { WorkerRunner } from "@effect/platform"
import { NodeRuntime, NodeWorkerRunner } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import * as SpoolFiles from "./SpoolFiles.js"

/** What comes from the spool: the directory, then requests about it. */
export type Message = { readonly _tag: "open"; readonly directory: string } | SpoolFiles.Request

/** What goes back. Errors as texts: they have to survive the way. */
export type Reply =
  | { readonly _tag: "Answer"; readonly answer: SpoolFiles.Answers[keyof SpoolFiles.Answers] }
  | { readonly _tag: "Failed"; readonly detail: string }

let files: ReturnType<typeof SpoolFiles.make> | null = null

const handle = (message: Message): Effect.Effect<Reply> =>
  Effect.try((): Reply => {
    if (message._tag === "open") {
      files = SpoolFiles.make(message.directory)
      return { _tag: "Answer", answer: undefined }
    }
    if (files === null) throw new Error("no directory was opened")
    return { _tag: "Answer", answer: files(message) }
  }).pipe(
    Effect.catchAll(({ error }) =>
      Effect.succeed<Reply>({ _tag: "Failed", detail: error instanceof Error ? error.message : String(error) })
    )
  )

WorkerRunner.layer(handle).pipe(
  Layer.provide(NodeWorkerRunner.layer),
  WorkerRunner.launch,
  NodeRuntime.runMain({ disablePrettyLogger: true })
)
