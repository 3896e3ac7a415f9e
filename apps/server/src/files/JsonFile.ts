/** Files of JSON: read whole, written whole. */
import { FileSystem, Path } from "@effect/platform"
import { Effect, Either, Option } from "effect"

/** What was read, or what is wrong with it; none: there is no such file. */
export type Read = Option.Option<Either.Either<unknown, string>>

/** Writes beside the file and renames: whatever happens, the file is whole, and the old one or the new one. */
export const save = (file: string, content: unknown) =>
  Effect.scoped(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      yield* fs.makeDirectory(path.dirname(file), { recursive: true, mode: 0o750 })
      const beside = `${file}.tmp`
      const written = Effect.scoped(
        Effect.gen(function* () {
          const open = yield* fs.open(beside, { flag: "w", mode: 0o600 })
          yield* open.writeAll(new TextEncoder().encode(`${JSON.stringify(content, null, 2)}\n`))
          yield* open.sync
        })
      )
      yield* written.pipe(
        Effect.zipRight(fs.chmod(beside, 0o600)),
        Effect.zipRight(fs.rename(beside, file)),
        Effect.tapError(() => Effect.ignore(fs.remove(beside)))
      )
      yield* Effect.flatMap(fs.open(path.dirname(file), { flag: "r" }), (directory) => directory.sync)
    })
  )

/** The JSON in a file. Its text is never part of a message: it may hold passwords. */
export const read = (file: string): Effect.Effect<Read, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const bytes = yield* Effect.either(fs.readFile(file))
    if (Either.isLeft(bytes)) {
      const isMissing = bytes.left._tag === "SystemError" && bytes.left.reason === "NotFound"
      return isMissing ? Option.none() : Option.some(Either.left(`${file}: can't be read: ${bytes.left.message}`))
    }
    return Option.some(
      Either.flatMap(decodeUtf8(file, bytes.right), (text) =>
        Either.try({
          try: (): unknown => JSON.parse(text),
          catch: (cause) => `${file}:${placeOf(text, cause)} this is not JSON`
        })
      )
    )
  })

/** Whether there is such a file, and nothing in it. */
export const isBlank = (file: string): Effect.Effect<boolean, never, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    fs.readFileString(file).pipe(
      Effect.map((text) => text.trim() === ""),
      Effect.orElseSucceed(() => false)
    )
  )

const utf8 = new TextDecoder("utf-8", { fatal: true })

const decodeUtf8 = (file: string, bytes: Uint8Array): Either.Either<string, string> =>
  Either.try({ try: () => utf8.decode(bytes), catch: () => `${file}: the content is not UTF-8 text` })

/** Where JSON breaks, as line and column: V8 says a position, or that the text ended, or nothing of it. */
const placeOf = (text: string, cause: unknown): string => {
  const message = cause instanceof Error ? cause.message : ""
  const position = /at position (\d+)/.exec(message)?.[1]
  if (position === undefined && !message.startsWith("Unexpected end")) return ""
  const before = text.slice(0, position === undefined ? text.length : Number(position))
  return ` line ${before.split("\n").length}, column ${before.length - before.lastIndexOf("\n")}:`
}
