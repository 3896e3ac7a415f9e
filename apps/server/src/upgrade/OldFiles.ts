/**
 * The listener files that the Python connector has left: in its out queues `data/out_queues/<authority>/`, with `keep/` (met an
 * unexpected error) and `trash/` (delivery failed) in each, and those in the in queue that it had preprocessed already. They lie in
 * the same form where they are archived.
 */
import { FileSystem, Path } from "@effect/platform"
import { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { Effect, Option, Schema } from "effect"
import * as DirectoryNames from "../files/DirectoryNames.js"

/** Where the Python connector's data is. */
export interface Place {
  readonly outQueues: string
  readonly inQueue: string
  readonly states: string
}

/** In a base directory, before it is upgraded. */
export const live = (appDir: string, inQueue: string): Place => ({
  outQueues: `${appDir}/data/out_queues`,
  inQueue,
  states: `${appDir}/data/old_data_db`
})

/** In the directory that it is moved to. */
export const archived = (archive: string): Place => ({
  outQueues: `${archive}/out_queues`,
  inQueue: `${archive}/listener`,
  states: `${archive}/old_data_db`
})

/** What is in an out queue, by the names of files. */
export interface OutQueue {
  readonly name: string
  /** Null: no school authority can be called so, its files are not taken over. */
  readonly authority: AuthorityName | null
  readonly waiting: ReadonlyArray<string>
  readonly kept: ReadonlyArray<string>
  readonly failed: ReadonlyArray<string>
}

export const directories = { kept: "keep", failed: "trash" } as const

/** A file that was preprocessed. Its name stays the same on the way through the queues. */
export const isPreprocessed = (name: string): boolean => name.endsWith("_ready.json")

/** By name. */
export const outQueues = ({ outQueues }: Place) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    return yield* Effect.forEach((yield* entries(outQueues)).directories, (name) =>
      Effect.gen(function* () {
        const directory = path.join(outQueues, name)
        const inside = (below: string) => Effect.map(entries(path.join(directory, below)), ({ files }) => jsonOf(files))
        const queue: OutQueue = {
          name,
          authority: Option.getOrNull(Schema.decodeUnknownOption(AuthorityName)(name)),
          waiting: yield* inside("."),
          kept: yield* inside(directories.kept),
          failed: yield* inside(directories.failed)
        }
        return queue
      })
    )
  })

/** The names of the preprocessed files of the in queue. */
export const preprocessed = ({ inQueue }: Place) =>
  Effect.map(entries(inQueue), ({ files }) => files.filter(isPreprocessed))

/**
 * Files of the in queue that were preprocessed and still have their first name, as when the Python connector was killed at that
 * moment: they hold the previous state, and what is remembered is newer already.
 */
export const notRenamed = ({ inQueue }: Place) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const fresh = jsonOf((yield* entries(inQueue)).files).filter((name) => !isPreprocessed(name))
    return yield* Effect.filter(
      fresh,
      (name) =>
        fs.readFileString(path.join(inQueue, name)).pipe(
          Effect.map((text) => text.includes('"action"') && text.includes('"old_data"') && holdsPrevious(text)),
          Effect.orElseSucceed(() => false)
        ),
      { concurrency: 16 }
    )
  })

/** Names of files and of directories, sorted. A directory that is not there is empty. */
export const entries = (directory: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const names = yield* DirectoryNames.sorted(directory)
    const types = yield* Effect.forEach(
      names,
      (name) =>
        fs.stat(path.join(directory, name)).pipe(
          Effect.map(({ type }) => ({ name, type })),
          Effect.orElseSucceed(() => ({ name, type: "Unknown" as const }))
        ),
      { concurrency: 16 }
    )
    const named = (wanted: string) => types.flatMap(({ name, type }) => (type === wanted ? [name] : []))
    return { files: named("File"), directories: named("Directory") }
  })

const jsonOf = (files: ReadonlyArray<string>) => files.filter((name) => name.endsWith(".json"))

const holdsPrevious = (text: string): boolean => {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === "object" && json !== null && "action" in json && "old_data" in json && json.old_data !== null
  } catch {
    return false
  }
}
