/** Login with a token as the answer, for programs. */
import { HttpApiBuilder } from "@effect/platform"
import { Api } from "@id-connector/api/Api"
import { Effect } from "effect"
import { LogIn } from "./LogIn.js"
import { Tokens } from "./Tokens.js"

export const layer = HttpApiBuilder.group(Api, "token", (handlers) =>
  Effect.gen(function* () {
    const logIn = yield* LogIn
    const tokens = yield* Tokens
    return handlers.handle("logIn", ({ payload: { password, username } }) =>
      Effect.gen(function* () {
        const name = yield* logIn(username, password)
        return { access_token: yield* tokens.sign(name), token_type: "bearer" as const }
      })
    )
  })
)
