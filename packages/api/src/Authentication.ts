/** Who asks: everything but the login, the documentation and the health needs `Authorization: Bearer <token>`. */
import { HttpApiMiddleware, HttpApiSecurity } from "@effect/platform"
import { Context } from "effect"
import { UnauthorizedBody } from "./ApiError.js"

/** An administrator who has logged in. */
export class Administrator extends Context.Tag("@id-connector/api/Authentication/Administrator")<
  Administrator,
  { readonly username: string }
>() {}

export class Authentication extends HttpApiMiddleware.Tag<Authentication>()("@id-connector/api/Authentication", {
  failure: UnauthorizedBody,
  provides: Administrator,
  security: { bearer: HttpApiSecurity.bearer }
}) {}
