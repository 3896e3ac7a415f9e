/** Who asks: the token of a program or the cookie of a browser, whether its owner may still use the API, and whether they may do this. */
import { HttpApp, HttpRouter, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { prefix } from "@id-connector/api/Api"
import { Forbidden, Unauthorized } from "@id-connector/api/ApiError"
import { type Administrator, Authentication, type Session } from "@id-connector/api/Authentication"
import { type Said, say } from "@id-connector/api/ErrorSentences"
import { EndedSessions } from "@id-connector/core/access/EndedSessions"
import { adminGroup, readerGroup } from "@id-connector/core/directory/Directory"
import { Clock, Context, Effect, Layer, Option } from "effect"
import { Administrators } from "./Administrators.js"
import * as Audit from "./Audit.js"
import * as ClientAddress from "./ClientAddress.js"
import * as ForeignPages from "./ForeignPages.js"
import * as Reading from "./Reading.js"
import * as SessionCookie from "./SessionCookie.js"
import * as SessionTimes from "./SessionTimes.js"
import { type Claims, Tokens } from "./Tokens.js"
import * as Transport from "./Transport.js"

type Who = Context.Tag.Service<Administrator>

/** Who sends a request, if they may. To be asked again during an answer that takes long. */
export class Access extends Context.Tag("@id-connector/server/http/Access")<
  Access,
  (
    request: HttpServerRequest.HttpServerRequest
  ) => Effect.Effect<Who, Unauthorized | Forbidden, HttpServerRequest.HttpServerRequest>
>() {}

const withHeader = (name: string, value: string) =>
  HttpApp.appendPreResponseHandler((_, response) => Effect.succeed(HttpServerResponse.setHeader(response, name, value)))

const refuse = (said: Said) =>
  Effect.zipRight(withHeader("www-authenticate", "Bearer"), Effect.fail(new Unauthorized(said)))

const invalid = refuse(say("token_invalid"))

const ended = refuse(say("session_ended"))

/** `proxies`: whose word about the client's address is taken. */
export const layer = (proxies: ClientAddress.Proxies, transport: Transport.Transport) =>
  Layer.effect(
    Access,
    Effect.gen(function* () {
      const administrators = yield* Administrators
      const endedSessions = yield* EndedSessions
      const tokens = yield* Tokens
      const isProxy = ClientAddress.trusting(proxies)

      const addressOf = ({ headers, remoteAddress }: HttpServerRequest.HttpServerRequest) =>
        ClientAddress.of(
          Option.getOrElse(remoteAddress, () => ""),
          headers["x-forwarded-for"],
          isProxy
        )

      /** Whoever sends a token of their own is not asked for a cookie that a browser adds to it. */
      const claimsOf = (request: HttpServerRequest.HttpServerRequest) =>
        Effect.gen(function* () {
          const { authorization } = request.headers
          if (authorization !== undefined) {
            const [, token] = /^bearer (.*)$/i.exec(authorization) ?? []
            if (token === undefined) return yield* refuse(say("not_authenticated"))
            return { isOfBrowser: false, claims: (yield* tokens.verify(token)) ?? (yield* invalid) }
          }
          const cookie = SessionCookie.of(request)
          if (cookie === null) return yield* refuse(say("not_authenticated"))
          const refusal = Transport.isPrivate(transport, addressOf(request))
            ? ForeignPages.refusal(request)
            : Transport.tooOpen
          if (refusal !== null) return yield* Effect.fail(new Forbidden(refusal))
          return { isOfBrowser: true, claims: (yield* tokens.verifySession(cookie)) ?? (yield* ended) }
        })

      const isEnded = (id: string) =>
        Effect.catchAll(endedSessions.has(id), (error) =>
          Effect.zipRight(
            Effect.annotateLogs(Effect.logError("The storage does not answer. Nobody can log in to the API."), {
              reason: error.message
            }),
            refuse(say("sessions_unknown"))
          )
        )

      const roleOf = (username: string) =>
        Effect.catchAll(administrators.roleOf(username), (error) =>
          Effect.zipRight(
            Effect.annotateLogs(
              Effect.logError("The source directory is not responding. Nobody can log in to the API."),
              {
                reason: error.message
              }
            ),
            refuse(say("rights_unknown"))
          )
        )

      return (request) =>
        Effect.gen(function* () {
          const { claims, isOfBrowser } = yield* claimsOf(request)
          if (claims.id !== null && (yield* isEnded(claims.id))) return yield* isOfBrowser ? ended : invalid
          const role = yield* roleOf(claims.username)
          if (role === null) return yield* invalid
          return {
            username: claims.username,
            address: addressOf(request),
            role,
            session: sessionOf(claims, isOfBrowser)
          }
        })
    })
  )

const sessionOf = ({ authenticatedAt, expiresAt, id }: Claims, isOfBrowser: boolean): Session => ({
  id,
  expiresAt,
  endsAt: isOfBrowser && authenticatedAt !== null ? SessionTimes.end(authenticatedAt) : expiresAt,
  isOfBrowser
})

/** Lets nobody in whom {@link Access} does not know, and lets readers only read. */
export const authentication = Layer.effect(
  Authentication,
  Effect.gen(function* () {
    const access = yield* Access
    const tokens = yield* Tokens

    /** Used is what somebody does with the page. What it asks for by itself goes without the header, and keeps no session alive. */
    const renew = ({ session, username }: Who, request: HttpServerRequest.HttpServerRequest) =>
      Effect.gen(function* () {
        const { endsAt, expiresAt, id, isOfBrowser } = session
        if (!isOfBrowser || id === null) return
        if (request.headers[ForeignPages.ownHeader.name] !== ForeignPages.ownHeader.value) return
        const authenticatedAt = endsAt - SessionTimes.end(0)
        if (!SessionTimes.isToBeRenewed(authenticatedAt, expiresAt, yield* Clock.currentTimeMillis)) return
        yield* SessionCookie.set(yield* tokens.signSession(username, { id, authenticatedAt }))
      })

    return {
      bearer: () =>
        Effect.gen(function* () {
          const request = yield* HttpServerRequest.HttpServerRequest
          const { route } = yield* HttpRouter.RouteContext
          const who = yield* access(request)
          const asker = yield* Audit.Asking
          Object.assign(asker, { name: who.username, address: who.address === "" ? null : who.address })
          const isAllowed = who.role === "administrator" || Reading.isReading(request.method, belowPrefix(route.path))
          if (!isAllowed) return yield* Effect.fail(new Forbidden(readsOnly(who.username)))
          yield* renew(who, request)
          return who
        })
    }
  })
)

const belowPrefix = (path: string): string => (path.startsWith(prefix) ? path.slice(prefix.length) : path)

const readsOnly = (user: string): Said => say("reader", { user, readers: readerGroup, administrators: adminGroup })
