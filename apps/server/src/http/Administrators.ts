/** Who may use the API: enabled users of the source directory who are members of the admin group. */
import { Directory, type DirectoryError, type DirectoryUser } from "@id-connector/core/directory/Directory"
import { Cache, Context, Duration, Effect, Layer, Option, Redacted } from "effect"

export interface AdministratorsShape {
  /** Whether the user may use the API now. Asked at most every ten seconds per user. */
  readonly isAllowed: (username: string) => Effect.Effect<boolean, DirectoryError>
  /** The name of the user with this password who may use the API, or null; it does not say why not. */
  readonly logIn: (
    username: string,
    password: Redacted.Redacted<string>
  ) => Effect.Effect<string | null, DirectoryError>
}

export class Administrators extends Context.Tag("@id-connector/server/http/Administrators")<
  Administrators,
  AdministratorsShape
>() {}

/** How long it is taken for granted that somebody may use the API. */
const trusted = Duration.seconds(10)

/** More than anybody's name or password has. */
const longest = 512

export const layer = Layer.effect(
  Administrators,
  Effect.gen(function* () {
    const directory = yield* Directory
    const isAdmin = (user: DirectoryUser) =>
      Effect.map(directory.admins, (members) => members.some((dn) => dn.toLowerCase() === user.dn.toLowerCase()))
    const isAllowed = (username: string) =>
      Effect.flatMap(directory.user(username), (user) =>
        Option.isNone(user) || user.value.isDisabled ? Effect.succeed(false) : isAdmin(user.value)
      )
    const cache = yield* Cache.make({ capacity: 1_000, timeToLive: trusted, lookup: isAllowed })
    return {
      isAllowed: (username) => cache.get(username),
      logIn: (username, password) =>
        Effect.gen(function* () {
          if (username.length > longest || Redacted.value(password).length > longest) return null
          const user = Option.getOrNull(yield* directory.user(username))
          // Whoever is not there has a wrong password, too, and it takes as long to find that out.
          const dn = user?.dn ?? "uid=nobody,cn=id-connector"
          const isPassword = yield* directory.isPassword(dn, password)
          return user !== null && isPassword && !user.isDisabled && (yield* isAdmin(user)) ? user.username : null
        })
    }
  })
)
