/** Directories are looked at before anything is delivered: whether they are there, and whether the connector may write to them. */

import { FileSystem, Path } from "@effect/platform"
import type { PlatformError } from "@effect/platform/Error"
import { Effect, Schema } from "effect"
import { isMissing, makeDirectory } from "./MakeDirectory.js"

/** What has to be corrected before the connector can start. */
export class CheckFailed extends Schema.TaggedError<CheckFailed>()("CheckFailed", {
  /** Each names the variable, the directory and what to do. */
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return this.problems.join("\n")
  }
}

export interface Places {
  readonly appDir: string
  readonly listenerDirectory: string
  readonly databaseFile: string
}

/** Makes what belongs to the connector. Fails with everything that is wrong at once. */
export const directories = ({
  appDir,
  databaseFile,
  listenerDirectory
}: Places): Effect.Effect<void, CheckFailed, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const data = path.join(appDir, "data")
    const mayWrite = (directory: string) => fs.access(directory, { writable: true })
    const ours = yield* Effect.forEach([data, listenerDirectory, path.join(listenerDirectory, "trash")], (directory) =>
      Effect.zipRight(makeDirectory(directory), mayWrite(directory)).pipe(
        Effect.as(null),
        Effect.catchAll((error) => Effect.succeed(`IDC_APP_DIR: ${directory} ${because(error)}. ${permission}`))
      )
    )
    const place = path.dirname(databaseFile)
    const ofDatabase =
      path.resolve(place) === path.resolve(data)
        ? null
        : yield* Effect.catchAll(Effect.as(mayWrite(place), null), (error) =>
            Effect.succeed(
              isMissing(error)
                ? `IDC_DATABASE_URL: the directory ${place} does not exist. Create it, or correct the path: a database is not looked for anywhere else.`
                : `IDC_DATABASE_URL: ${place} ${because(error)}. ${permission}`
            )
          )
    // The first of a chain says it: what is below can't be made either.
    const problems = [ours.find((problem) => problem !== null), ofDatabase].filter(
      (problem) => typeof problem === "string"
    )
    if (problems.length > 0) return yield* new CheckFailed({ problems })
    yield* Effect.forEach([path.join(appDir, "conf"), path.join(appDir, "conf", "school_authorities")], (directory) =>
      Effect.catchAll(mayWrite(directory), (error) =>
        isMissing(error)
          ? Effect.void
          : Effect.logWarning(
              `IDC_APP_DIR: ${directory} ${because(error)}: changes of the configuration by API or command can't be saved.`
            )
      )
    )
  })

const permission = "Give the connector the right to write there, or set another directory."

const because = (error: PlatformError): string => {
  const cause = error._tag === "SystemError" ? error.cause : undefined
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""
  return reasons[code] ?? `can't be used (${error.message})`
}

const reasons: { readonly [code: string]: string } = {
  EACCES: "can't be written: permission denied",
  EPERM: "can't be written: permission denied",
  EROFS: "can't be written: the file system is read-only",
  ENOTDIR: "can't be a directory: a part of the path is a file",
  EEXIST: "is no directory but a file",
  ENOSPC: "can't be made: the disk is full",
  ENOENT: "can't be made"
}
