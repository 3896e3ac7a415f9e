/** The token of an account at a target: fetched when it is needed, renewed before it ends, shared by all requests. */
import * as MonotonicClock from "@id-connector/core/queue/MonotonicClock"
import { Effect, Either, Encoding, Redacted, Schema } from "effect"
import * as Shared from "./SingleFlight.js"

type Token = Redacted.Redacted<string>

export interface KelvinToken<E> {
  /** A token that is valid now. Requests that ask at the same time share one login. */
  readonly get: Effect.Effect<Token, E>
  /** Forgets a token that was refused, unless another one has taken its place meanwhile. */
  readonly invalidate: (refused: Token) => Effect.Effect<void>
}

/** Before its end, in milliseconds: the server accepts tokens to the second. */
const renewBefore = 30_000

/** For a token that does not say when it ends. */
const lifeUnknown = 5 * 60_000

/** Tokens from `logIn`. A login that fails does so for all who wait for it: a wrong password is not sent once for each. */
export const make = <E>(logIn: Effect.Effect<Token, E>): Effect.Effect<KelvinToken<E>> => {
  let current: { readonly token: Token; readonly renewAt: number } | null = null
  const renewed = Effect.zipWith(logIn, Effect.clock, (token, clock) => {
    const now = clock.unsafeCurrentTimeMillis()
    const life = (expiry(token) ?? now) - now
    // A short life must not lead to a login for every request, nor must a server whose clock is far behind ours.
    const usable = life > 0 ? Math.max(life - renewBefore, life / 2) : lifeUnknown - renewBefore
    current = { token, renewAt: MonotonicClock.millis(clock) + usable }
    return token
  })
  return Effect.zipWith(Shared.make(renewed), Effect.clock, (renew, clock) => ({
    get: Effect.suspend(() =>
      current !== null && MonotonicClock.millis(clock) < current.renewAt ? Effect.succeed(current.token) : renew
    ),
    invalidate: (refused) =>
      Effect.sync(() => {
        if (current?.token === refused) current = null
      })
  }))
}

const Claims = Schema.parseJson(Schema.Struct({ exp: Schema.Number }))
const decodeClaims = Schema.decodeUnknownEither(Claims)

/** `exp` of the JWT in milliseconds since 1970. Its signature is the server's business, its `sub` is not of the standard. */
const expiry = (token: Token): number | null => {
  const payload = Encoding.decodeBase64UrlString(Redacted.value(token).split(".")[1] ?? "")
  const claims = Either.flatMap(payload, decodeClaims)
  return Either.isRight(claims) ? claims.right.exp * 1_000 : null
}
