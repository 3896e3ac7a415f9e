/** Who may use the API: enabled users of the source directory who are members of the admin group. */

import { Directory, DirectoryError, type DirectoryUser } from "@id-connector/core/directory/Directory"
import * as MonotonicClock from "@id-connector/core/queue/MonotonicClock"
import { Cache, Context, Duration, Effect, Either, Exit, Fiber, Layer, Option, Redacted } from "effect"

export interface AdministratorsShape {
  /**
   * Whether the user may use the API now. Asked at most every ten seconds per user. While the directory does not answer, who was
   * allowed a few minutes ago still is.
   */
  readonly isAllowed: (username: string) => Effect.Effect<boolean, DirectoryError>
  /** The name of the user with this password who may use the API, or why there is none: for the log, never for who asks. */
  readonly logIn: (
    username: string,
    password: Redacted.Redacted<string>
  ) => Effect.Effect<Either.Either<string, LogInRefusal>, DirectoryError>
}

/** Why somebody may not log in. */
export type LogInRefusal =
  | "there is no such user"
  | "the account is disabled"
  | "the password is wrong"
  | "the user is not in the group of administrators"
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
    const isAdmin = (user: DirectoryUser) =>
      Effect.map(directory.admins, (members) => members.some((dn) => dn.toLowerCase() === user.dn.toLowerCase()))
    const isAllowed = (username: string) =>
      Effect.flatMap(directory.user(username), (user) =>
        Option.isNone(user) || user.value.isDisabled ? Effect.succeed(false) : isAdmin(user.value)
      )
    const cache = yield* Cache.makeWith({
      capacity: 1_000,
      timeToLive: (answer) => (Exit.isSuccess(answer) ? trusted : Duration.zero),
      lookup: isAllowed
    })
    const lastAllowed = new Map<string, number>()
    /** Since when the directory has been asked, by user. */
    const askedAt = new Map<string, number>()
    const scope = yield* Effect.scope
    const remember = (username: string, isAllowed: boolean) =>
      Effect.map(MonotonicClock.currentTimeMillis, (now) => {
        lastAllowed.delete(username)
        if (isAllowed) lastAllowed.set(username, now)
        const [oldest] = lastAllowed.keys()
        if (lastAllowed.size > remembered && oldest !== undefined) lastAllowed.delete(oldest)
      })
    /** Goes on when nobody waits for it any more: the answer is good for the next one. */
    const ask = (username: string, now: number) =>
      Effect.suspend(() => {
        if (!askedAt.has(username)) askedAt.set(username, now)
        return cache.get(username).pipe(
          Effect.tap((isAllowed) => remember(username, isAllowed)),
          Effect.ensuring(Effect.sync(() => askedAt.delete(username)))
        )
      }).pipe(Effect.forkIn(scope), Effect.flatMap(Fiber.join))

    return {
      isAllowed: (username) =>
        Effect.flatMap(MonotonicClock.currentTimeMillis, (now) => {
          const at = lastAllowed.get(username)
          const wasAllowed = at !== undefined && now - at < Duration.toMillis(goodWithoutDirectory)
          const waited = now - (askedAt.get(username) ?? now)
          const asked = Effect.timeoutFail(ask(username, now), {
            duration: Math.max(0, Duration.toMillis(wasAllowed ? patience.known : patience.unknown) - waited),
            onTimeout: () => new DirectoryError({ operation: "user", detail: "no answer so far" })
          })
          return wasAllowed ? Effect.orElseSucceed(asked, () => true) : asked
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
          if (!(yield* isAdmin(user)))
            return Either.left<LogInRefusal>("the user is not in the group of administrators")
          yield* remember(user.username, true)
          return Either.right(user.username)
        })
    }
  })
)
