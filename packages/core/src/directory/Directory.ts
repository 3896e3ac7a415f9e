/**
 * The source directory, as far as the connector asks it. Lookups are for many objects at once; unknown ones are left out. No
 * answer depends on the case of a name.
 */
import { Context, type Effect, type Option, type Redacted, Schema } from "effect"
import * as Sentence from "../input/Sentence.js"
import type { PasswordHashes } from "./PasswordHashes.js"

/** What is said of a question that has no answer. */
export const directorySentences = {
  directory_failed: 'The source directory failed at "{operation}": {detail}',
  no_school: 'The source directory has neither users nor groups of a school "{name}".',
  no_object: 'There is no school {kind} "{name}" in the source directory.'
} as const

const say = Sentence.saying(directorySentences)

/** The directory could not answer. It is asked again. */
export class DirectoryError extends Schema.TaggedError<DirectoryError>()("DirectoryError", {
  operation: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return say("directory_failed", { operation: this.operation, detail: this.detail }).text
  }
}

/** The directory has no such object, or not one that is synchronised. */
export class ObjectUnknown extends Schema.TaggedError<ObjectUnknown>()("ObjectUnknown", {
  kind: Schema.Literal("user", "group", "school"),
  name: Schema.String
}) {
  override get message() {
    const name = this.name.slice(0, 200)
    return (this.kind === "school" ? say("no_school", { name }) : say("no_object", { kind: this.kind, name })).text
  }
}

/** A user of the directory. */
export interface DirectoryUser {
  readonly dn: string
  /** `uid`. */
  readonly username: string
  readonly displayName: string | null
  readonly entryUuid: string
  /** `ucsschoolRole`: `role:context_type:context`. */
  readonly roles: ReadonlyArray<string>
  /** A student, teacher, member of staff or legal guardian of a school. Others (administrators) are not synchronised. */
  readonly isSchoolUser: boolean
  /** May not log in: disabled, locked, or the account's end has passed. */
  readonly isDisabled: boolean
}

/** A school group of the directory: a class or a work group. */
export interface DirectoryGroup {
  readonly dn: string
  /** `cn`, with the prefix of the school: `School1-1a`. */
  readonly name: string
  readonly entryUuid: string
}

type Answer<A> = Effect.Effect<A, DirectoryError>

export interface DirectoryShape {
  /** Password hashes by lower-case user name. Users without a complete set of hashes are left out. */
  readonly passwordHashes: (usernames: ReadonlyArray<string>) => Answer<ReadonlyMap<string, PasswordHashes>>
  /** The `ucsschoolRole` strings of school users by lower-case user name. */
  readonly roles: (usernames: ReadonlyArray<string>) => Answer<ReadonlyMap<string, ReadonlyArray<string>>>
  readonly user: (username: string) => Answer<Option.Option<DirectoryUser>>
  readonly group: (name: string) => Answer<Option.Option<DirectoryGroup>>
  /**
   * A user or group as a listener file would have it, as parsed JSON, not checked. The directory may not tell every UDM
   * property.
   */
  readonly listenerObject: (kind: "user" | "group", name: string) => Answer<Option.Option<unknown>>
  /** Everybody with a role in the school (student, teacher, staff, legal guardian), by user name. */
  readonly usersOfSchool: (school: string) => Answer<ReadonlyArray<DirectoryUser>>
  /** Classes and work groups of the school, by name. */
  readonly groupsOfSchool: (school: string) => Answer<ReadonlyArray<DirectoryGroup>>
  /** The DNs of those who may use the management API: members of {@link adminGroup}. Empty when there is no such group. */
  readonly admins: Answer<ReadonlyArray<string>>
  /** The DNs of those who may look at everything and change nothing: members of {@link readerGroup}. Empty when there is none. */
  readonly readers: Answer<ReadonlyArray<string>>
  /** Whether this is the password of the user with that DN. An empty password never is. */
  readonly isPassword: (dn: string, password: Redacted.Redacted<string>) => Answer<boolean>
}

/** Name of the group whose members may use the management API. Its DN is `cn=<name>,cn=groups,<base>`. */
export const adminGroup = "ucsschool-id-connector-admins"

/** Name of the group whose members may only look. Its DN is `cn=<name>,cn=groups,<base>`. */
export const readerGroup = "ucsschool-id-connector-readers"

export class Directory extends Context.Tag("@id-connector/core/directory/Directory")<Directory, DirectoryShape>() {}
