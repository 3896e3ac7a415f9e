/**
 * The tokens that the API gives to those who have logged in: JWTs, HS256 with the text of `conf/tokens.secret`. Those of sessions
 * of browsers are good in their cookie only, and the others nowhere but in `Authorization`: what is stolen of one kind does not live
 * as long as the other.
 */
import { Cache, Clock, Context, DateTime, Duration, Effect, Encoding, Layer, Redacted } from "effect"
import { type JWTPayload, jwtVerify, SignJWT } from "jose"
import * as KeyFile from "../files/KeyFile.js"
import { Ucr } from "../files/Ucr.js"
import * as SessionTimes from "./SessionTimes.js"

/** What a token says. Times in milliseconds since 1970. */
export interface Claims {
  readonly username: string
  /** Of the log-in: tokens that renew one another have the same. Null: somebody else made the token with our key. */
  readonly id: string | null
  readonly authenticatedAt: number | null
  readonly expiresAt: number
}

export interface TokensShape {
  readonly sign: (username: string) => Effect.Effect<string>
  /** What a token says that is valid now, or null. */
  readonly verify: (token: string) => Effect.Effect<Claims | null>
  /** The token of a browser's session, anew as long as it is used. Without `renewed` a session begins. */
  readonly signSession: (
    username: string,
    renewed?: { readonly id: string; readonly authenticatedAt: number }
  ) => Effect.Effect<string>
  readonly verifySession: (token: string) => Effect.Effect<Claims | null>
}

export class Tokens extends Context.Tag("@id-connector/server/http/Tokens")<Tokens, TokensShape>() {}

/** A longer one is none of ours. */
const longestToken = 4_096

/** How long a token that was good, or not, is known to be so. When it expires it is not good any more. */
const remembered = Duration.seconds(10)

/** Who a session's token is for. */
const browser = "browser"

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
          Effect.map(({ payload }) => claimsOf(payload)),
          Effect.orElseSucceed(() => null)
        )
      // To check one takes several turns of the event loop, which are long while the queues are busy.
      const known = yield* Cache.make({ capacity: 1_000, timeToLive: remembered, lookup: claimsIn })
      const verified = (token: string, kind: "bearer" | "session") =>
        token.length > longestToken
          ? Effect.succeed(null)
          : Effect.zipWith(known.get(token), Clock.currentTimeMillis, (found, now) =>
              found !== null && found.kind === kind && now < found.claims.expiresAt ? found.claims : null
            )
      const signed = (payload: JWTPayload, username: string, issuedAt: number, expiresAt: number) =>
        Effect.promise(() =>
          new SignJWT({ ...payload, sub: username })
            .setProtectedHeader({ alg: "HS256", typ: "JWT" })
            .setIssuedAt(seconds(issuedAt))
            .setExpirationTime(seconds(expiresAt))
            .sign(key)
        )
      const newId = Effect.sync(() => globalThis.crypto.randomUUID())
      return Tokens.of({
        sign: (username) =>
          Effect.gen(function* () {
            const now = yield* Clock.currentTimeMillis
            const minutes = yield* ucr.tokenLife
            const payload = { jti: yield* newId, auth_time: seconds(now) }
            return yield* signed(payload, username, now, now + minutes * 60_000)
          }),
        verify: (token) => verified(token, "bearer"),
        signSession: (username, renewed) =>
          Effect.gen(function* () {
            const now = yield* Clock.currentTimeMillis
            const { authenticatedAt, id } = renewed ?? { id: yield* newId, authenticatedAt: now }
            const payload = { jti: id, auth_time: seconds(authenticatedAt), aud: browser }
            return yield* signed(payload, username, now, SessionTimes.expiry(authenticatedAt, now))
          }),
        verifySession: (token) => verified(token, "session")
      })
    })
  )

const seconds = (millis: number): number => Math.floor(millis / 1_000)

const claimsOf = ({ aud, auth_time, exp, jti, sub }: JWTPayload) => {
  if (typeof sub !== "string" || sub === "" || exp === undefined) return null
  const claims: Claims = {
    username: sub,
    id: typeof jti === "string" && jti !== "" ? jti.slice(0, 100) : null,
    authenticatedAt: typeof auth_time === "number" ? auth_time * 1_000 : null,
    expiresAt: exp * 1_000
  }
  if (aud === undefined) return { kind: "bearer", claims } as const
  const isOfSession = aud === browser && claims.id !== null && claims.authenticatedAt !== null
  return isOfSession ? ({ kind: "session", claims } as const) : null
}
