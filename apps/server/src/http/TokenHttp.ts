/** Login, and who asks. */
import { HttpApiBuilder, HttpApp, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Api } from "@id-connector/api/Api"
import { Failed, TooManyRequests, Unauthorized } from "@id-connector/api/ApiError"
import { Authentication } from "@id-connector/api/Authentication"
import { DirectoryError } from "@id-connector/core/directory/Directory"
import { Effect, Either, Layer, Option, Redacted } from "effect"
import { Administrators, type LogInRefusal } from "./Administrators.js"
import * as Audit from "./Audit.js"
import * as ClientAddress from "./ClientAddress.js"
import * as LogInLimit from "./LogInLimit.js"
import { Tokens } from "./Tokens.js"
import * as Turns from "./Turns.js"

const directoryFails = (error: { readonly message: string }) =>
  Effect.zipRight(
    Effect.annotateLogs(Effect.logError("A request needs the source directory, which is not responding."), {
      reason: error.message
    }),
    Effect.fail(new Failed({ detail: "The source directory does not answer. Try again in a moment." }))
  )

/** Somebody who tries many at once keeps neither the source directory nor others busy. */
const atOnce = 16
const atOnceOfAddress = 4

/** With the time that a log-in waits for its turn. */
const logInLimit = "25 seconds"

/** `proxies`: whose word about the client's address is taken. */
export const layer = (proxies: ClientAddress.Proxies) =>
  HttpApiBuilder.group(Api, "token", (handlers) =>
    Effect.gen(function* () {
      const administrators = yield* Administrators
      const tokens = yield* Tokens
      const limit = LogInLimit.make()
      const turn = yield* Turns.make({ atOnce, atOnceOfEach: atOnceOfAddress })
      const isProxy = ClientAddress.trusting(proxies)
      return handlers.handle("logIn", ({ payload: { password, username } }) =>
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
              onRight: (name) => name
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
            yield* Effect.annotateLogs(Effect.logInfo("An administrator logged in."), {
              username: result.value,
              address: client
            })
            return { access_token: yield* tokens.sign(result.value), token_type: "bearer" as const }
          }
          yield* Effect.annotateLogs(Effect.logWarning("Rejected a login."), {
            username: username.slice(0, 100),
            address: client,
            reason: refusal
          })
          if (result._tag === "Wait") {
            yield* withHeader("retry-after", String(result.seconds))
            return yield* Effect.fail(
              new TooManyRequests({ detail: `Too many failed log-ins. Try again in ${result.seconds} seconds.` })
            )
          }
          yield* withHeader("www-authenticate", "Bearer")
          return yield* Effect.fail(new Unauthorized({ detail: "Incorrect username or password" }))
        })
      )
    })
  )

const withHeader = (name: string, value: string) =>
  HttpApp.appendPreResponseHandler((_, response) => Effect.succeed(HttpServerResponse.setHeader(response, name, value)))

/** Checks the token of every request but those that need none. */
export const authentication = (proxies: ClientAddress.Proxies) =>
  Layer.effect(
    Authentication,
    Effect.gen(function* () {
      const administrators = yield* Administrators
      const isProxy = ClientAddress.trusting(proxies)
      const tokens = yield* Tokens
      const refuse = (detail: string) =>
        Effect.zipRight(withHeader("www-authenticate", "Bearer"), Effect.fail(new Unauthorized({ detail })))
      return {
        bearer: (token) =>
          Effect.gen(function* () {
            const { headers, remoteAddress } = yield* HttpServerRequest.HttpServerRequest
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
                refuse(
                  "The source directory does not answer, so nobody's rights can be checked. Try again in a moment."
                )
              )
            )
            const peer = Option.getOrElse(remoteAddress, () => "")
            const address = ClientAddress.of(peer, headers["x-forwarded-for"], isProxy)
            const asker = yield* Audit.Asking
            Object.assign(asker, { name: username, address: address === "" ? null : address })
            return isAllowed ? { username, address } : yield* refuse("Could not validate credentials")
          })
      }
    })
  )
