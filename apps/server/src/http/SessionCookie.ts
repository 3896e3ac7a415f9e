/** The cookie of a browser's session: kept to this host, sent over HTTPS only, out of reach of scripts and of other sites. */
import { HttpApp, type HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { sessionCookie } from "@id-connector/api/Authentication"
import { Effect } from "effect"

const attributes = { path: "/", secure: true, httpOnly: true, sameSite: "strict" } as const

/** The token in the cookie that a request has, or null. */
export const of = ({ cookies }: Pick<HttpServerRequest.HttpServerRequest, "cookies">): string | null =>
  cookies[sessionCookie] ?? null

/** The answer brings this token. The last one counts. */
export const set = (token: string): Effect.Effect<void> =>
  HttpApp.appendPreResponseHandler((_, response) =>
    Effect.orDie(HttpServerResponse.setCookie(response, sessionCookie, token, attributes))
  )

/** The answer takes the cookie away. */
export const remove: Effect.Effect<void> = HttpApp.appendPreResponseHandler((_, response) =>
  Effect.orDie(HttpServerResponse.setCookie(response, sessionCookie, "", { ...attributes, maxAge: 0 }))
)
