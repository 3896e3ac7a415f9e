/** Login, and who asks. */
import { HttpApiBuilder, HttpApp, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Api } from "@id-connector/api/Api"
import { Failed, TooManyRequests, Unauthorized } from "@id-connector/api/ApiError"
import { Authentication } from "@id-connector/api/Authentication"
import { Effect, Layer, Option, Redacted } from "effect"
import { Administrators } from "./Administrators.js"
import * as LogInLimit from "./LogInLimit.js"
import { Tokens } from "./Tokens.js"

const directoryFails = (error: { readonly message: string }) =>
  Effect.zipRight(
    Effect.annotateLogs(Effect.logError("A request needs the source directory, which is not responding."), {
      reason: error.message
    }),
    Effect.fail(new Failed({ detail: "The source directory does not answer. Try again in a moment." }))
  )

export const layer = HttpApiBuilder.group(Api, "token", (handlers) =>
  Effect.gen(function* () {
    const administrators = yield* Administrators
    const tokens = yield* Tokens
    const limit = LogInLimit.make()
    return handlers.handle("logIn", ({ payload: { password, username } }) =>
      Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const keys = [
          `user ${username.slice(0, 512).toLowerCase()}`,
          `address ${Option.getOrElse(request.remoteAddress, () => "")}`
        ]
        const wait = yield* limit.wait(keys)
        if (wait > 0) {
          yield* withHeader("retry-after", String(wait))
          return yield* Effect.fail(
            new TooManyRequests({ detail: `Too many failed log-ins. Try again in ${wait} seconds.` })
          )
        }
        const administrator = yield* administrators.logIn(username, password).pipe(Effect.catchAll(directoryFails))
        if (administrator === null) {
          yield* limit.failed(keys)
          yield* Effect.annotateLogs(Effect.logWarning("Rejected a login."), { username: username.slice(0, 100) })
          yield* withHeader("www-authenticate", "Bearer")
          return yield* Effect.fail(new Unauthorized({ detail: "Incorrect username or password" }))
        }
        yield* limit.succeeded(keys)
        yield* Effect.annotateLogs(Effect.logInfo("An administrator logged in."), { username: administrator })
        return { access_token: yield* tokens.sign(administrator), token_type: "bearer" as const }
      })
    )
  })
)

const withHeader = (name: string, value: string) =>
  HttpApp.appendPreResponseHandler((_, response) => Effect.succeed(HttpServerResponse.setHeader(response, name, value)))

/** Checks the token of every request but those that need none. */
export const authentication = Layer.effect(
  Authentication,
  Effect.gen(function* () {
    const administrators = yield* Administrators
    const tokens = yield* Tokens
    const refuse = (detail: string) =>
      Effect.zipRight(withHeader("www-authenticate", "Bearer"), Effect.fail(new Unauthorized({ detail })))
    return {
      bearer: (token) =>
        Effect.gen(function* () {
          const { headers } = yield* HttpServerRequest.HttpServerRequest
          if (headers.authorization === undefined) return yield* refuse("Not authenticated")
          if (!/^bearer /i.test(headers.authorization)) return yield* refuse("Not authenticated")
          const username = yield* tokens.verify(Redacted.value(token))
          if (username === null) return yield* refuse("Could not validate credentials")
          const isAllowed = yield* Effect.catchAll(administrators.isAllowed(username), (error) =>
            Effect.zipRight(
              Effect.annotateLogs(
                Effect.logError("The source directory is not responding. Nobody can log in to the API."),
                {
                  reason: error.message
                }
              ),
              refuse("The source directory does not answer, so nobody's rights can be checked. Try again in a moment.")
            )
          )
          return isAllowed ? { username } : yield* refuse("Could not validate credentials")
        })
    }
  })
)
