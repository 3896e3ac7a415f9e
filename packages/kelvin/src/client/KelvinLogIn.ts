/** Logs in to a Kelvin server: user name and password for a token. */
import { CredentialsRefused, TargetUnavailable } from "@id-connector/core/targets/DeliveryError"
import { Clock, Effect, Either, Redacted, Schema } from "effect"
import { fromResponse, type Sent } from "./KelvinError.js"
import { type Exchange, pathOf } from "./KelvinExchange.js"
import type { TargetAnswer } from "./TargetHttp.js"

/** In characters. A longer one fits into no request. */
const longestToken = 12_000

const decodeToken = Schema.decodeUnknownEither(
  Schema.parseJson(Schema.Struct({ access_token: Schema.Redacted(Schema.String.pipe(Schema.maxLength(longestToken))) }))
)

/** Asks for a token. */
export const make = (
  exchange: Exchange,
  options: { readonly tokenUrl: string; readonly username: string; readonly password: Redacted.Redacted<string> }
): Effect.Effect<Redacted.Redacted<string>, CredentialsRefused | TargetUnavailable> =>
  Effect.gen(function* () {
    const answer = yield* exchange({
      method: "POST",
      url: options.tokenUrl,
      headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ username: options.username, password: Redacted.value(options.password) }).toString()
    })
    return yield* tokenIn(answer, options.tokenUrl, yield* Clock.currentTimeMillis, options.password)
  })

/** What an answer to a login means: without one nothing goes, and that is not the fault of the object that needed it. */
export const tokenIn = (
  { headers, status, text }: TargetAnswer,
  url: string,
  now: number,
  password: Redacted.Redacted<string>
): Either.Either<Redacted.Redacted<string>, CredentialsRefused | TargetUnavailable> => {
  if (status === 200) {
    return Either.mapBoth(decodeToken(text), {
      onLeft: () => failed("it was answered without a token"),
      onRight: ({ access_token }) => access_token
    })
  }
  const sent: Sent = {
    method: "POST",
    path: pathOf(url),
    requestId: null,
    body: { password: Redacted.value(password) }
  }
  const error = fromResponse(sent, status, headers, text, now)
  if (error._tag === "TargetUnavailable") return Either.left(error)
  const detail = "detail" in error ? error.detail : error.message
  if (status >= 500) return Either.left(failed(`status ${status}: ${detail}`))
  // An address without a login is not the account's fault.
  if (status === 404 || status === 405 || status < 400) return Either.left(noLogIn(url, status, detail))
  return Either.left(new CredentialsRefused({ detail }))
}

const failed = (detail: string) =>
  new TargetUnavailable({ detail: `the login failed: ${detail}`, retryAfter: null, answered: true })

const noLogIn = (url: string, status: number, detail: string) =>
  new TargetUnavailable({
    detail: `there is no Kelvin login at ${url} (status ${status}: ${detail})`,
    retryAfter: null,
    answered: true
  })
