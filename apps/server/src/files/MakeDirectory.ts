/** Directories that an administrator names, which may be anywhere. */
import { FileSystem, Path } from "@effect/platform"
import type { PlatformError } from "@effect/platform/Error"
import { Effect, Either } from "effect"

/** Whether a file or directory is not there. */
export const isMissing = (error: PlatformError): boolean => error._tag === "SystemError" && error.reason === "NotFound"

/**
 * Makes a directory and those above it that are missing, one after the other: where nothing can be made, as in /proc, Node.js
 * tries to make a whole path for ever.
 */
export const makeDirectory = (
  directory: string
): Effect.Effect<void, PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const found = yield* Effect.either(fs.stat(directory))
    if (Either.isRight(found)) {
      // Of a file it is said here that it is none.
      return found.right.type === "Directory" ? undefined : yield* fs.makeDirectory(directory)
    }
    const parent = path.dirname(directory)
    if (isMissing(found.left) && parent !== directory) yield* makeDirectory(parent)
    yield* fs.makeDirectory(directory)
  })
