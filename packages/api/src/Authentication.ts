/** Who asks: everything but the login, the documentation and the health needs `Authorization: Bearer <token>`. */
import { HttpApiMiddleware, HttpApiSecurity } from "@effect/platform"
import { Context } from "effect"
import { UnauthorizedBody } from "./ApiError.js"

/** An administrator who has logged in, and the address they ask from. */
export class Administrator extends Context.Tag("@id-connector/api/Authentication/Administrator")<
  Administrator,
  { readonly username: string; readonly address: string }
>() {}

export class Authentication extends HttpApiMiddleware.Tag<Authentication>()("@id-connector/api/Authentication", {
  failure: UnauthorizedBody,
  provides: Administrator,
  security: { bearer: HttpApiSecurity.bearer }
}) {}
