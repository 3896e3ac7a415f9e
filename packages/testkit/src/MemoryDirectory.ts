/** A source directory in memory. */
import { Directory } from "@id-connector/core/Directory"
import * as PasswordHashes from "@id-connector/core/PasswordHashes"
import { Effect, Layer } from "effect"

/** Password hashes as a directory's content holds them. */
export const Hashes = PasswordHashes.PlainPasswordHashes

/** A user of the directory; without hashes nothing is known of the password. */
export interface DirectoryUser {
  readonly uid: string
  readonly ucsschoolRole?: ReadonlyArray<string>
  readonly hashes?: PasswordHashes.PlainPasswordHashes
}

export const layer = (users: ReadonlyArray<DirectoryUser> = []): Layer.Layer<Directory> => {
  const byName = new Map(users.map((user) => [user.uid.toLowerCase(), user]))
  const lookUp = <A>(names: ReadonlyArray<string>, get: (user: DirectoryUser) => A | undefined) =>
    Effect.sync(() => {
      const found = new Map<string, A>()
      for (const name of names) {
        const user = byName.get(name.toLowerCase())
        const value = user === undefined ? undefined : get(user)
        if (value !== undefined) found.set(name.toLowerCase(), value)
      }
      return found
    })
  return Layer.succeed(Directory, {
    passwordHashes: (names) =>
      lookUp(names, ({ hashes }) => (hashes === undefined ? undefined : PasswordHashes.make(hashes))),
    roles: (names) => lookUp(names, ({ ucsschoolRole }) => ucsschoolRole ?? [])
  })
}
