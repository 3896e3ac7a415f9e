/** The session of a browser: a cookie that scripts of a page can't read, and pages of other sites can't use. */
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "@effect/platform"
import { Redacted, Schema } from "effect"
import { FailedBody, ForbiddenBody, TooManyRequestsBody, UnauthorizedBody } from "./ApiError.js"
import { Authentication } from "./Authentication.js"

const Credentials = Schema.Struct({
  username: Schema.String.annotations({ description: "A user name of the source directory." }),
  password: Schema.Redacted(Schema.String)
}).annotations({
  identifier: "SessionCredentials",
  examples: [{ username: "admin", password: Redacted.make("what only admin knows") }]
})

export const Session = Schema.Struct({
  username: Schema.String,
  role: Schema.Literal("administrator", "reader").annotations({
    description: "A reader may look at everything and change nothing."
  }),
  expires_at: Schema.String.annotations({ description: "It ends then, unless it is used until then." }),
  ends_at: Schema.String.annotations({ description: "It ends then, whatever happens." })
}).annotations({
  identifier: "Session",
  examples: [
    {
      username: "admin",
      role: "administrator",
      expires_at: "2026-02-03T04:35:06.000Z",
      ends_at: "2026-02-03T14:05:06.000Z"
    }
  ]
})

const logIn = HttpApiEndpoint.post("logIn", "/session")
  .setPayload(Credentials)
  .addSuccess(HttpApiSchema.NoContent)
  .addError(UnauthorizedBody)
  .addError(ForbiddenBody)
  .addError(TooManyRequestsBody)
  .annotate(OpenApi.Summary, "Log a browser in")
  .annotate(
    OpenApi.Description,
    "Answers with the cookie __Host-id-connector, which is good instead of a token. It ends 30 minutes after it was used last, and 10 hours after the log-in. Needs X-ID-Connector: console and Sec-Fetch-Site: same-origin, as everything that changes something with the cookie does. Refused over plain HTTP from another machine, unless IDC_PUBLIC_URL names the https:// address of the proxy in front."
  )

const show = HttpApiEndpoint.get("show", "/session")
  .addSuccess(Session)
  .middleware(Authentication)
  .annotate(OpenApi.Summary, "Who is logged in, as what, and until when")
  .annotate(OpenApi.Description, "Of the cookie or the token that was sent. Asking renews nothing.")

const logOut = HttpApiEndpoint.del("logOut", "/session")
  .addSuccess(HttpApiSchema.NoContent)
  .middleware(Authentication)
  .annotate(OpenApi.Summary, "Log out")
  .annotate(
    OpenApi.Description,
    "Ends the session of the cookie or the token that was sent, also for whoever else has it, and over restarts. The cookie is removed."
  )

export class SessionApi extends HttpApiGroup.make("session")
  .add(logIn)
  .add(show)
  .add(logOut)
  .addError(FailedBody)
  .prefix("/v1")
  .annotate(OpenApi.Title, "Sessions of browsers") {}
