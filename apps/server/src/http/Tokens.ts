/** The tokens that the API gives to those who have logged in: JWTs, HS256 with the text of `conf/tokens.secret`. */
import { Cache, Clock, Context, DateTime, Duration, Effect, Encoding, Layer, Redacted } from "effect"
import { jwtVerify, SignJWT } from "jose"
import * as KeyFile from "../files/KeyFile.js"
import { Ucr } from "../files/Ucr.js"

export interface TokensShape {
  readonly sign: (username: string) => Effect.Effect<string>
  /** The user name in a token that is valid now, or null. */
  readonly verify: (token: string) => Effect.Effect<string | null>
}

export class Tokens extends Context.Tag("@id-connector/server/http/Tokens")<Tokens, TokensShape>() {}

/** A longer one is none of ours. */
const longestToken = 4_096

/** How long a token that was good, or not, is known to be so. When it expires it is not good any more. */
const remembered = Duration.seconds(10)

/** The secret is made at the first start. */
export const layer = (file: string) =>
  Layer.effect(
    Tokens,
    Effect.gen(function* () {
      const bytes = yield* KeyFile.loadOrCreate(file)
      const key = new TextEncoder().encode(Encoding.encodeHex(Redacted.value(bytes)))
      const ucr = yield* Ucr
      const claimsIn = (token: string) =>
        Effect.flatMap(DateTime.nowAsDate, (currentDate) =>
          Effect.tryPromise(() =>
            jwtVerify(token, key, { algorithms: ["HS256"], requiredClaims: ["sub", "exp"], currentDate })
          )
        ).pipe(
          Effect.map(({ payload: { exp, sub } }) =>
            typeof sub === "string" && sub !== "" && exp !== undefined ? { sub, exp } : null
          ),
          Effect.orElseSucceed(() => null)
        )
      // To check one takes several turns of the event loop, which are long while the queues are busy.
      const known = yield* Cache.make({ capacity: 1_000, timeToLive: remembered, lookup: claimsIn })
      const tokens: TokensShape = {
        sign: (username) =>
          Effect.gen(function* () {
            const now = Math.floor((yield* Clock.currentTimeMillis) / 1000)
            const minutes = yield* ucr.tokenLife
            return yield* Effect.promise(() =>
              new SignJWT({ sub: username })
                .setProtectedHeader({ alg: "HS256", typ: "JWT" })
                .setIssuedAt(now)
                .setExpirationTime(now + minutes * 60)
                .sign(key)
            )
          }),
        verify: (token) =>
          token.length > longestToken
            ? Effect.succeed(null)
            : Effect.zipWith(known.get(token), Clock.currentTimeMillis, (claims, now) =>
                claims !== null && now < claims.exp * 1000 ? claims.sub : null
              )
      }
      return tokens
    })
  )
