/** The source directory when none is configured: whoever asks is told what to set. */
import { Directory, DirectoryError } from "@id-connector/core/directory/Directory"
import { Layer } from "effect"

/** `missing`: what is to be done, as a clause. */
export const layer = (missing: string): Layer.Layer<Directory> => {
  const nobody = (operation: string) => () => new DirectoryError({ operation, detail: missing })
  return Layer.succeed(Directory, {
    passwordHashes: nobody("password hashes"),
    roles: nobody("roles"),
    user: nobody("user"),
    group: nobody("group"),
    listenerObject: nobody("listener object"),
    usersOfSchool: nobody("users of a school"),
    groupsOfSchool: nobody("groups of a school"),
    admins: nobody("administrators")(),
    readers: nobody("readers")(),
    isPassword: nobody("login")
  })
}
