/** The token of an account at a target: fetched when it is needed, renewed before it ends, shared by all requests. */
import { Clock, Effect, Either, Encoding, Redacted, Schema } from "effect"

type Token = Redacted.Redacted<string>

export interface KelvinToken<E> {
  /** A token that is valid now. Requests that ask at the same time share one log in. */
  readonly get: Effect.Effect<Token, E>
  /** Forgets a token that was refused, unless another one has taken its place meanwhile. */
  readonly invalidate: (refused: Token) => Effect.Effect<void>
}

/** Before its end, in milliseconds: the server accepts tokens to the second. */
const renewBefore = 30_000

/** For a token that does not say when it ends. */
const lifeUnknown = 5 * 60_000

/** Tokens from `logIn`. */
export const make = <E>(logIn: Effect.Effect<Token, E>): Effect.Effect<KelvinToken<E>> =>
  Effect.map(Effect.makeSemaphore(1), (one) => {
    let current: { readonly token: Token; readonly renewAt: number } | null = null
    const valid = Effect.map(Clock.currentTimeMillis, (now) =>
      current !== null && now < current.renewAt ? current.token : null
    )
    const renew = one.withPermits(1)(
      Effect.flatMap(valid, (token) =>
        token !== null
          ? Effect.succeed(token)
          : Effect.gen(function* () {
              const token = yield* logIn
              const now = yield* Clock.currentTimeMillis
              // A life of less than a minute must not lead to a log in for every request.
              const life = (expiry(token) ?? now + lifeUnknown) - now
              current = { token, renewAt: now + Math.max(life - renewBefore, life / 2) }
              return token
            })
      )
    )
    return {
      get: Effect.flatMap(valid, (token) => (token === null ? renew : Effect.succeed(token))),
      invalidate: (refused) =>
        Effect.sync(() => {
          if (current?.token === refused) current = null
        })
    }
  })

const Claims = Schema.parseJson(Schema.Struct({ exp: Schema.Number }))
const decodeClaims = Schema.decodeUnknownEither(Claims)

/** `exp` of the JWT in milliseconds since 1970. Its signature is the server's business, its `sub` is not of the standard. */
const expiry = (token: Token): number | null => {
  const payload = Encoding.decodeBase64UrlString(Redacted.value(token).split(".")[1] ?? "")
  const claims = Either.flatMap(payload, decodeClaims)
  return Either.isRight(claims) ? claims.right.exp * 1_000 : null
}
