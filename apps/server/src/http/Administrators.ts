/** Who may use the API: enabled users of the source directory who are members of the group of administrators, or of readers. */
import type { Role } from "@id-connector/api/Authentication"
import { Directory, DirectoryError, type DirectoryUser } from "@id-connector/core/directory/Directory"
import * as MonotonicClock from "@id-connector/core/queue/MonotonicClock"
import { Cache, Context, Duration, Effect, Either, Exit, Fiber, Layer, Option, Redacted } from "effect"

export interface AdministratorsShape {
  /**
   * As what the user may use the API now; null: not at all. Asked at most every ten seconds per user. While the directory does not
   * answer, who was allowed a few minutes ago still is.
   */
  readonly roleOf: (username: string) => Effect.Effect<Role | null, DirectoryError>
  /** The name of the user with this password who may use the API, or why there is none: for the log, never for who asks. */
  readonly logIn: (
    username: string,
    password: Redacted.Redacted<string>
  ) => Effect.Effect<Either.Either<Known, LogInRefusal>, DirectoryError>
}

/** Somebody who may use the API, and as what. */
export interface Known {
  readonly username: string
  readonly role: Role
}

/** Why somebody may not log in. */
export type LogInRefusal =
  | "there is no such user"
  | "the account is disabled"
  | "the password is wrong"
  | "the user is in neither of the groups that may use the API"
  | "name or password is too long"

export class Administrators extends Context.Tag("@id-connector/server/http/Administrators")<
  Administrators,
  AdministratorsShape
>() {}

/** How long it is taken for granted that somebody may use the API. */
const trusted = Duration.seconds(10)

/** How long somebody who was allowed is so while the directory does not answer. */
const goodWithoutDirectory = Duration.minutes(5)

/** How long somebody who was allowed waits for the directory, and somebody of whom nothing is known. */
const patience = { known: Duration.seconds(1), unknown: Duration.seconds(10) }

/** More than anybody's name or password has. */
const longest = 512

/** Of those who were allowed. There are few administrators. */
const remembered = 1_000

export const layer = Layer.scoped(
  Administrators,
  Effect.gen(function* () {
    const directory = yield* Directory
    const isIn = (members: Effect.Effect<ReadonlyArray<string>, DirectoryError>, user: DirectoryUser) =>
      Effect.map(members, (dns) => dns.some((dn) => dn.toLowerCase() === user.dn.toLowerCase()))
    const roleIn = (user: DirectoryUser): Effect.Effect<Role | null, DirectoryError> =>
      Effect.gen(function* () {
        if (yield* isIn(directory.admins, user)) return "administrator"
        return (yield* isIn(directory.readers, user)) ? "reader" : null
      })
    const currentRole = (username: string) =>
      Effect.flatMap(directory.user(username), (user) =>
        Option.isNone(user) || user.value.isDisabled ? Effect.succeed(null) : roleIn(user.value)
      )
    const cache = yield* Cache.makeWith({
      capacity: 1_000,
      timeToLive: (answer) => (Exit.isSuccess(answer) ? trusted : Duration.zero),
      lookup: currentRole
    })
    const lastAllowed = new Map<string, { readonly at: number; readonly role: Role }>()
    /** Since when the directory has been asked, by user. */
    const askedAt = new Map<string, number>()
    const scope = yield* Effect.scope
    const remember = (username: string, role: Role | null) =>
      Effect.map(MonotonicClock.currentTimeMillis, (now) => {
        lastAllowed.delete(username)
        if (role !== null) lastAllowed.set(username, { at: now, role })
        const [oldest] = lastAllowed.keys()
        if (lastAllowed.size > remembered && oldest !== undefined) lastAllowed.delete(oldest)
      })
    /** Goes on when nobody waits for it any more: the answer is good for the next one. */
    const ask = (username: string, now: number) =>
      Effect.suspend(() => {
        if (!askedAt.has(username)) askedAt.set(username, now)
        return cache.get(username).pipe(
          Effect.tap((role) => remember(username, role)),
          Effect.ensuring(Effect.sync(() => askedAt.delete(username)))
        )
      }).pipe(Effect.forkIn(scope), Effect.flatMap(Fiber.join))

    return {
      roleOf: (username) =>
        Effect.flatMap(MonotonicClock.currentTimeMillis, (now) => {
          const last = lastAllowed.get(username)
          const known = last !== undefined && now - last.at < Duration.toMillis(goodWithoutDirectory) ? last.role : null
          const waited = now - (askedAt.get(username) ?? now)
          const asked = Effect.timeoutFail(ask(username, now), {
            duration: Math.max(0, Duration.toMillis(known !== null ? patience.known : patience.unknown) - waited),
            onTimeout: () => new DirectoryError({ operation: "user", detail: "no answer so far" })
          })
          return known === null ? asked : Effect.orElseSucceed(asked, () => known)
        }),
      logIn: (username, password) =>
        Effect.gen(function* () {
          if (username.length > longest || Redacted.value(password).length > longest)
            return Either.left<LogInRefusal>("name or password is too long")
          const user = Option.getOrNull(yield* directory.user(username))
          // Whoever is not there has a wrong password, too, and it takes as long to find that out.
          const dn = user?.dn ?? "uid=nobody,cn=id-connector"
          const isPassword = yield* directory.isPassword(dn, password)
          if (user === null) return Either.left<LogInRefusal>("there is no such user")
          if (user.isDisabled) return Either.left<LogInRefusal>("the account is disabled")
          if (!isPassword) return Either.left<LogInRefusal>("the password is wrong")
          const role = yield* roleIn(user)
          if (role === null)
            return Either.left<LogInRefusal>("the user is in neither of the groups that may use the API")
          yield* remember(user.username, role)
          return Either.right({ username: user.username, role })
        })
    }
  })
)
