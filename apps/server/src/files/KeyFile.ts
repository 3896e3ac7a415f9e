/** A file with a random key that only the connector reads. It is made at the first start. */
import { FileSystem, Path } from "@effect/platform"
import { Effect, Encoding, Random, Redacted, Schema } from "effect"

export class KeyFileUnusable extends Schema.TaggedError<KeyFileUnusable>()("KeyFileUnusable", {
  file: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `The key file ${this.file} can't be used: ${this.detail}. Make it readable for the connector, or delete it: a new one is made then.`
  }
}

const keyLength = 32

/** A new key. */
export const random = Effect.map(
  Effect.forEach(Array.from({ length: keyLength }), () => Random.nextIntBetween(0, 256)),
  (bytes) => Uint8Array.from(bytes)
)

/** The key in `file`: 32 bytes, written as hex with mode 0600. */
export const loadOrCreate = (file: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    if (!(yield* fs.exists(file))) {
      const bytes = yield* random
      yield* fs.makeDirectory(path.dirname(file), { recursive: true })
      // Written beside and renamed: a start that is cut off leaves no half a key.
      yield* fs.writeFileString(`${file}.new`, `${Encoding.encodeHex(bytes)}\n`, { mode: 0o600 })
      yield* fs.rename(`${file}.new`, file)
    }
    const bytes = yield* Encoding.decodeHex((yield* fs.readFileString(file)).trim())
    if (bytes.length < keyLength) {
      return yield* new KeyFileUnusable({
        file,
        detail: `it holds ${bytes.length} bytes, at least ${keyLength} are needed`
      })
    }
    return Redacted.make(Uint8Array.from(bytes))
  }).pipe(
    Effect.catchTags({
      DecodeException: () => Effect.fail(new KeyFileUnusable({ file, detail: "it does not hold hexadecimal digits" })),
      BadArgument: (error) => Effect.fail(new KeyFileUnusable({ file, detail: error.message })),
      SystemError: (error) => Effect.fail(new KeyFileUnusable({ file, detail: error.message }))
    })
  )
