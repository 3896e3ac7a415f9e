/** The source directory, as far as the connector asks it. Lookups are for many objects at once; unknown ones are left out. */
import { Context, type Effect, Schema } from "effect"
import type { PasswordHashes } from "./PasswordHashes.js"

/** The directory could not answer. It is asked again. */
export class DirectoryError extends Schema.TaggedError<DirectoryError>()("DirectoryError", {
  operation: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `The source directory failed at "${this.operation}": ${this.detail}`
  }
}

export interface DirectoryShape {
  /** Password hashes by lower-case user name. Users without a complete set of hashes are left out. */
  readonly passwordHashes: (
    usernames: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyMap<string, PasswordHashes>, DirectoryError>
  /** The `ucsschoolRole` strings of school users by lower-case user name. */
  readonly roles: (
    usernames: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyMap<string, ReadonlyArray<string>>, DirectoryError>
}

export class Directory extends Context.Tag("@id-connector/core/Directory")<Directory, DirectoryShape>() {}
