/** The session of a browser: log in, look, log out. */
import { HttpApiBuilder, HttpServerRequest } from "@effect/platform"
import { Api } from "@id-connector/api/Api"
import { Failed, Forbidden } from "@id-connector/api/ApiError"
import { Administrator } from "@id-connector/api/Authentication"
import { say } from "@id-connector/api/ErrorSentences"
import { EndedSessions } from "@id-connector/core/access/EndedSessions"
import { Effect, Option } from "effect"
import * as ClientAddress from "./ClientAddress.js"
import * as ForeignPages from "./ForeignPages.js"
import { LogIn } from "./LogIn.js"
import * as SessionCookie from "./SessionCookie.js"
import { iso } from "./Time.js"
import { Tokens } from "./Tokens.js"
import * as Transport from "./Transport.js"

/** `proxies`: whose word about the client's address is taken. */
export const layer = (proxies: ClientAddress.Proxies, transport: Transport.Transport) =>
  HttpApiBuilder.group(Api, "session", (handlers) =>
    Effect.gen(function* () {
      const ended = yield* EndedSessions
      const logIn = yield* LogIn
      const tokens = yield* Tokens
      const isProxy = ClientAddress.trusting(proxies)

      /** Before a password is looked at. A page of another site must not log anybody in either, as somebody else. */
      const acceptable = Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const peer = Option.getOrElse(request.remoteAddress, () => "")
        const client = ClientAddress.of(peer, request.headers["x-forwarded-for"], isProxy)
        const refusal = Transport.isPrivate(transport, client) ? ForeignPages.refusal(request) : Transport.tooOpen
        if (refusal !== null) return yield* Effect.fail(new Forbidden(refusal))
      })

      return handlers
        .handle("logIn", ({ payload: { password, username } }) =>
          Effect.gen(function* () {
            yield* acceptable
            const name = yield* logIn(username, password)
            yield* SessionCookie.set(yield* tokens.signSession(name))
          })
        )
        .handle("show", () =>
          Effect.map(Administrator, ({ role, session, username }) => ({
            username,
            role,
            expires_at: iso(session.expiresAt),
            ends_at: iso(session.endsAt)
          }))
        )
        .handle("logOut", () =>
          Effect.gen(function* () {
            const { address, session, username } = yield* Administrator
            if (session.id === null) return yield* Effect.fail(new Failed(say("token_without_id")))
            // Whoever has an older token of this session may renew it until then.
            yield* Effect.mapError(
              ended.end(session.id, session.endsAt),
              ({ message }) => new Failed(say("not_logged_out", { reason: message }))
            )
            yield* SessionCookie.remove
            yield* Effect.annotateLogs(Effect.logInfo("Somebody logged out."), { username, address })
          })
        )
    })
  )
