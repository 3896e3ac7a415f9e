/** A source directory in a JSON file (`IDC_DIRECTORY=file:`), for demonstrations and tests. It is read again when it changes. */
import { FileSystem } from "@effect/platform"
import { Directory, type DirectoryShape } from "@id-connector/core/directory/Directory"
import * as DirectoryContent from "@id-connector/core/directory/DirectoryContent"
import * as Problems from "@id-connector/core/input/Problems"
import { Effect, Layer, Option, Schema } from "effect"

/** The file can't be read as a source directory. */
export class FileDirectoryInvalid extends Schema.TaggedError<FileDirectoryInvalid>()("FileDirectoryInvalid", {
  file: Schema.String,
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return this.problems.map((problem) => `IDC_DIRECTORY: ${this.file}: ${problem}`).join("\n")
  }
}

const decodeContent = Schema.decodeUnknown(DirectoryContent.DirectoryContentText, { errors: "all" })

const load = (fs: FileSystem.FileSystem, file: string) =>
  fs.readFileString(file).pipe(
    Effect.mapError((error) =>
      error._tag === "SystemError" && error.reason === "NotFound"
        ? new FileDirectoryInvalid({ file, problems: [missing] })
        : new FileDirectoryInvalid({ file, problems: [`can't be read: ${error.message}`] })
    ),
    Effect.flatMap((text) =>
      Effect.mapError(
        decodeContent(text),
        (error) => new FileDirectoryInvalid({ file, problems: Problems.describe(error) })
      )
    ),
    Effect.map(DirectoryContent.directory)
  )

const missing = `there is no such file. Create it with JSON like this: {"users": [{"uid": "admin", "dn": "uid=admin,dc=example,dc=com", "password": "..."}], "groups": [{"cn": "ucsschool-id-connector-admins", "uniqueMember": ["uid=admin,dc=example,dc=com"]}]} (docs/configuration.md describes it)`

/** A content that can't be read any more is reported, and the last good one stays. */
export const layer = (file: string): Layer.Layer<Directory, FileDirectoryInvalid, FileSystem.FileSystem> =>
  Layer.effect(
    Directory,
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const versionOf = Effect.map(
        fs.stat(file),
        ({ mtime, size }) => `${Option.getOrUndefined(mtime)?.getTime() ?? 0} ${size}`
      ).pipe(Effect.orElseSucceed(() => "gone"))
      let version = yield* versionOf
      let directory = yield* load(fs, file)

      const current = Effect.gen(function* () {
        const seen = yield* versionOf
        if (seen !== version) {
          version = seen
          directory = yield* load(fs, file).pipe(
            Effect.tapError((error) =>
              Effect.annotateLogs(
                Effect.logError("Cannot read the file of the source directory. Its last valid content stays in use."),
                {
                  reason: error.message
                }
              )
            ),
            Effect.orElseSucceed(() => directory)
          )
        }
        return directory
      })
      const shape: DirectoryShape = {
        passwordHashes: (names) => Effect.flatMap(current, (directory) => directory.passwordHashes(names)),
        roles: (names) => Effect.flatMap(current, (directory) => directory.roles(names)),
        user: (name) => Effect.flatMap(current, (directory) => directory.user(name)),
        group: (name) => Effect.flatMap(current, (directory) => directory.group(name)),
        listenerObject: (kind, name) => Effect.flatMap(current, (directory) => directory.listenerObject(kind, name)),
        usersOfSchool: (school) => Effect.flatMap(current, (directory) => directory.usersOfSchool(school)),
        groupsOfSchool: (school) => Effect.flatMap(current, (directory) => directory.groupsOfSchool(school)),
        admins: Effect.flatMap(current, (directory) => directory.admins),
        readers: Effect.flatMap(current, (directory) => directory.readers),
        isPassword: (dn, password) => Effect.flatMap(current, (directory) => directory.isPassword(dn, password))
      }
      return shape
    })
  )
