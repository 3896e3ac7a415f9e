/**
 * The in queue's directory on a local file system. Files are read and removed by a thread of its own, so that a directory
 * with many of them keeps nobody waiting.
 */

import { Spool, type SpoolEntry, SpoolError, type SpoolShape } from "@id-connector/core/queue/in/Spool"
import type { SourceFile } from "@id-connector/core/queue/QueueStore"
import { Effect, Layer, type Scope } from "effect"
import * as WorkerThread from "../process/WorkerThread.js"
import * as Content from "./SpoolDirectory/Content.js"
import * as SpoolFiles from "./SpoolDirectory/SpoolFiles.js"
import * as Watch from "./SpoolDirectory/Watch.js"

export interface Options {
  readonly directory: string
  /** Whether a thread of its own works with the files. Default: yes. Starting it takes a moment. */
  readonly thread?: boolean
  /** Between two looks without a sign of change. The watch may miss one when very many files come at once. */
  readonly rescanEvery?: "30 seconds"
}

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
        next: (limit) => Effect.map(ask({ _tag: "next", limit }), entriesOf),
        gone: (names) => (names.length === 0 ? Effect.succeed([]) : ask({ _tag: "gone", names })),
        remove: (names) => ask({ _tag: "remove", names }),
        settle: ask({ _tag: "settle" }),
        trash: (names) => ask({ _tag: "trash", names }),
        changes: Watch.changes(directory, rescanEvery)
      }
      return spool
    })
  )

/** The texts are made when they are asked for: until then they are bytes that no garbage collection moves around. */
const entriesOf = ({ bytes, entries }: SpoolFiles.Batch): ReadonlyArray<SpoolEntry> => {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return entries.map((entry) => (entry._tag === "Stretch" ? new ContentInBytes(entry, all) : entry))
}

class ContentInBytes {
  readonly _tag = "Content"
  readonly file: SourceFile
  readonly modifiedAt: number

  constructor(
    private readonly stretch: Content.Stretch,
    private readonly bytes: Buffer
  ) {
    this.file = { name: stretch.name, digest: stretch.digest }
    this.modifiedAt = stretch.modifiedAt
  }

  get text(): string {
    return Content.textOf(this.bytes, this.stretch)
  }
}

type Files = (request: SpoolFiles.Request) => Effect.Effect<unknown, SpoolError>

const here = (directory: string): Effect.Effect<Files, SpoolError> =>
  Effect.map(
    Effect.try({ try: () => SpoolFiles.make(directory), catch: (cause) => failure("open", cause) }),
    (files) => (request) =>
      Effect.try({ try: () => files(request), catch: (cause) => failure(operationOf(request), cause) })
  )

const inThread = (directory: string): Effect.Effect<Files, SpoolError, Scope.Scope> =>
  WorkerThread.start<SpoolFiles.Request>(
    WorkerThread.moduleBeside(import.meta.url, "./SpoolDirectory/Thread"),
    directory
  ).pipe(
    Effect.mapError((cause) => failure("open", cause)),
    Effect.map((ask) => (request) => Effect.mapError(ask(request), (cause) => failure(operationOf(request), cause)))
  )

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
      return "write the removals to disk"
  }
}

const failure = (operation: string, cause: unknown) =>
  new SpoolError({ operation, detail: cause instanceof Error ? cause.message : String(cause) })
