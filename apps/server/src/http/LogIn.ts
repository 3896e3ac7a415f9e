/** Whether a user name and password are good, and are tested at all: one place and one limit for all ways to log in. */
import { HttpApp, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Failed, TooManyRequests, Unauthorized } from "@id-connector/api/ApiError"
import { say } from "@id-connector/api/ErrorSentences"
import { DirectoryError } from "@id-connector/core/directory/Directory"
import { Context, Effect, Either, Layer, Option, type Redacted } from "effect"
import { Administrators, type LogInRefusal } from "./Administrators.js"
import * as ClientAddress from "./ClientAddress.js"
import * as LogInLimit from "./LogInLimit.js"
import * as Turns from "./Turns.js"

/** Answers with the name as the source directory has it. The log says why not, whoever asks is not told. */
export type LogInShape = (
  username: string,
  password: Redacted.Redacted<string>
) => Effect.Effect<string, Unauthorized | TooManyRequests | Failed, HttpServerRequest.HttpServerRequest>

export class LogIn extends Context.Tag("@id-connector/server/http/LogIn")<LogIn, LogInShape>() {}

const directoryFails = (error: { readonly message: string }) =>
  Effect.zipRight(
    Effect.annotateLogs(Effect.logError("A request needs the source directory, which is not responding."), {
      reason: error.message
    }),
    Effect.fail(new Failed(say("directory_silent")))
  )

/** Somebody who tries many at once keeps neither the source directory nor others busy. */
const atOnce = 16
const atOnceOfAddress = 4

/** With the time that a log-in waits for its turn. */
const logInLimit = "25 seconds"

/** `proxies`: whose word about the client's address is taken. */
export const layer = (proxies: ClientAddress.Proxies) =>
  Layer.effect(
    LogIn,
    Effect.gen(function* () {
      const administrators = yield* Administrators
      const limit = LogInLimit.make()
      const turn = yield* Turns.make({ atOnce, atOnceOfEach: atOnceOfAddress })
      const isProxy = ClientAddress.trusting(proxies)
      return (username, password) =>
        Effect.gen(function* () {
          const { headers, remoteAddress } = yield* HttpServerRequest.HttpServerRequest
          const peer = Option.getOrElse(remoteAddress, () => "")
          const client = ClientAddress.of(peer, headers["x-forwarded-for"], isProxy)
          const address = ClientAddress.network(client)
          let refusal: LogInRefusal | "too many log-ins have failed: the user waits" =
            "too many log-ins have failed: the user waits"
          const test = Effect.map(
            administrators.logIn(username, password),
            Either.match({
              onLeft: (reason) => {
                refusal = reason
                return null
              },
              onRight: (who) => who
            })
          )
          const result = yield* limit
            .attempt(
              username.slice(0, 512).toLowerCase(),
              address,
              Effect.timeoutFail(turn(address, test), {
                duration: logInLimit,
                onTimeout: () => new DirectoryError({ operation: "login", detail: `no answer within ${logInLimit}` })
              })
            )
            .pipe(Effect.catchAll(directoryFails))
          if (result._tag === "Right") {
            const { role, username } = result.value
            yield* Effect.annotateLogs(
              Effect.logInfo(role === "reader" ? "A reader logged in." : "An administrator logged in."),
              { username, address: client }
            )
            return username
          }
          yield* Effect.annotateLogs(Effect.logWarning("Rejected a login."), {
            username: username.slice(0, 100),
            address: client,
            reason: refusal
          })
          if (result._tag === "Wait") {
            yield* withHeader("retry-after", String(result.seconds))
            return yield* Effect.fail(new TooManyRequests(say("too_many_log_ins", { seconds: result.seconds })))
          }
          yield* withHeader("www-authenticate", "Bearer")
          return yield* Effect.fail(new Unauthorized(say("log_in_refused")))
        })
    })
  )

const withHeader = (name: string, value: string) =>
  HttpApp.appendPreResponseHandler((_, response) => Effect.succeed(HttpServerResponse.setHeader(response, name, value)))
