/** Login. */
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "@effect/platform"
import { Redacted, Schema } from "effect"
import { FailedBody, TooManyRequestsBody, UnauthorizedBody } from "./ApiError.js"

/** As OAuth2 has it; other fields of such a form are ignored. */
const Credentials = Schema.Struct({
  username: Schema.String.annotations({ description: "A user name of the source directory." }),
  password: Schema.Redacted(Schema.String)
})
  .annotations({ examples: [{ username: "admin", password: Redacted.make("what only admin knows") }] })
  .pipe(HttpApiSchema.withEncoding({ kind: "UrlParams", contentType: "application/x-www-form-urlencoded" }))

export const Token = Schema.Struct({
  access_token: Schema.String,
  token_type: Schema.Literal("bearer")
}).annotations({
  identifier: "Token",
  examples: [{ access_token: "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl", token_type: "bearer" }]
})

export class TokenApi extends HttpApiGroup.make("token")
  .add(
    HttpApiEndpoint.post("logIn", "/token")
      .setPayload(Credentials)
      .addSuccess(Token)
      .addError(UnauthorizedBody)
      .addError(TooManyRequestsBody)
      .addError(FailedBody)
      .annotate(OpenApi.Summary, "Log in")
      .annotate(
        OpenApi.Description,
        "Answers with a token for members of the group ucsschool-id-connector-admins, and of ucsschool-id-connector-readers, who may look at everything and change nothing. Send it as Authorization: Bearer TOKEN."
      )
  )
  .annotate(OpenApi.Title, "Log in") {}
