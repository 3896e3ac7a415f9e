/**
 * A source directory in a JSON file (`IDC_DIRECTORY=file:`), for demonstrations and tests:
 * `{"users": [{"dn", "uid", "ucsschoolRole": [], "hashes": {...}, ...}], "groups": [...]}`. It is read again when it changes.
 */
import { FileSystem } from "@effect/platform"
import { Directory, DirectoryError } from "@id-connector/core/Directory"
import { type PasswordHashes, PlainPasswordHashes } from "@id-connector/core/PasswordHashes"
import * as Problems from "@id-connector/core/Problems"
import { Effect, Layer, Option, Redacted, Schema } from "effect"

/** The file can't be read as a source directory. */
export class FileDirectoryInvalid extends Schema.TaggedError<FileDirectoryInvalid>()("FileDirectoryInvalid", {
  file: Schema.String,
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return this.problems.map((problem) => `IDC_DIRECTORY: ${this.file}: ${problem}`).join("\n")
  }
}

const User = Schema.Struct({
  dn: Schema.String,
  uid: Schema.NonEmptyString,
  ucsschoolRole: Schema.optionalWith(Schema.Array(Schema.String), { default: () => [], nullable: true, exact: true }),
  // Checked apart: a message about them must not show them.
  hashes: Schema.optional(Schema.Unknown)
})

const Content = Schema.parseJson(
  Schema.Struct({
    users: Schema.optionalWith(Schema.Array(User), { default: () => [], exact: true }),
    groups: Schema.optionalWith(Schema.Array(Schema.Unknown), { default: () => [], exact: true })
  })
)
const decodeContent = Schema.decodeUnknown(Content, { errors: "all" })
const decodeHashes = Schema.decodeUnknownOption(PlainPasswordHashes)

interface Entry {
  readonly roles: ReadonlyArray<string>
  readonly hashes: PasswordHashes | undefined
}

type Entries = ReadonlyMap<string, Entry>

const load = (fs: FileSystem.FileSystem, file: string) =>
  fs.readFileString(file).pipe(
    Effect.mapError((error) => new FileDirectoryInvalid({ file, problems: [error.message] })),
    Effect.flatMap((text) =>
      Effect.mapError(
        decodeContent(text),
        (error) =>
          new FileDirectoryInvalid({
            file,
            problems: Problems.describe(error)
          })
      )
    ),
    Effect.map(
      ({ users }): Entries =>
        new Map(
          users.map(({ hashes, uid, ucsschoolRole }) => [
            uid.toLowerCase(),
            { roles: ucsschoolRole, hashes: Option.getOrUndefined(Option.map(decodeHashes(hashes), Redacted.make)) }
          ])
        )
    )
  )

export const layer = (file: string): Layer.Layer<Directory, FileDirectoryInvalid, FileSystem.FileSystem> =>
  Layer.effect(
    Directory,
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const versionOf = Effect.map(
        fs.stat(file),
        ({ mtime, size }) => `${Option.getOrUndefined(mtime)?.getTime() ?? 0} ${size}`
      )
      let version = yield* Effect.orElseSucceed(versionOf, () => "")
      let entries = yield* load(fs, file)

      const current = (operation: string) =>
        Effect.gen(function* () {
          const seen = yield* versionOf
          if (seen !== version) {
            entries = yield* load(fs, file)
            version = seen
          }
          return entries
        }).pipe(Effect.mapError((error) => new DirectoryError({ operation, detail: error.message })))

      const lookUp = <A>(operation: string, names: ReadonlyArray<string>, get: (entry: Entry) => A | undefined) =>
        Effect.map(current(operation), (entries) => {
          const found = new Map<string, A>()
          for (const name of names) {
            const entry = entries.get(name.toLowerCase())
            const value = entry === undefined ? undefined : get(entry)
            if (value !== undefined) found.set(name.toLowerCase(), value)
          }
          return found
        })

      return {
        passwordHashes: (names) => lookUp("password hashes", names, ({ hashes }) => hashes),
        roles: (names) => lookUp("roles", names, ({ roles }) => roles)
      }
    })
  )
