/**
 * Who asks: everything but the log-in, the documentation and the health needs `Authorization: Bearer <token>`, or the cookie of a
 * session. The document says so, too: see {@link sessionCookie}.
 */
import { HttpApiMiddleware, HttpApiSecurity } from "@effect/platform"
import { Context, Schema } from "effect"
import { ForbiddenBody, UnauthorizedBody } from "./ApiError.js"

/** `administrator`: may do everything. `reader`: may look at everything and change nothing. */
export type Role = "administrator" | "reader"

/** Somebody who has logged in, and the address they ask from. */
export class Administrator extends Context.Tag("@id-connector/api/Authentication/Administrator")<
  Administrator,
  {
    readonly username: string
    readonly address: string
    readonly role: Role
    readonly session: Session
  }
>() {}

/** The log-in that a request belongs to. Times in milliseconds since 1970. */
export interface Session {
  /** Null: its token was made by somebody else with the connector's key. It can't be ended before its time. */
  readonly id: string | null
  /** It ends then, unless it is renewed. */
  readonly expiresAt: number
  /** And then, whatever happens. */
  readonly endsAt: number
  readonly isOfBrowser: boolean
}

/** The name of the cookie that holds the token of a browser's session. The prefix makes browsers keep it to this very host. */
export const sessionCookie = "__Host-id-connector"

export class Authentication extends HttpApiMiddleware.Tag<Authentication>()("@id-connector/api/Authentication", {
  failure: Schema.Union(UnauthorizedBody, ForbiddenBody),
  provides: Administrator,
  // The cookie stands in the document only: two ways in the contract would be tried one after the other, and the answer of the
  // first, which says what is wrong, would be lost.
  security: { bearer: HttpApiSecurity.bearer }
}) {}
