import { HttpApiClient, HttpClient, HttpClientRequest } from "@effect/platform"
import { Api } from "@id-connector/api"
import { Effect, type Redacted } from "effect"

/** Logs in and lists the queues. It needs an HTTP client, for example `FetchHttpClient.layer` of `@effect/platform`. */
export const queues = (baseUrl: string, username: string, password: Redacted.Redacted) =>
  Effect.gen(function* () {
    const guest = yield* HttpApiClient.make(Api.Api, { baseUrl })
    const { access_token } = yield* guest.token.logIn({ payload: { username, password } })
    const transformClient = HttpClient.mapRequest(HttpClientRequest.bearerToken(access_token))
    const administrator = yield* HttpApiClient.make(Api.Api, { baseUrl, transformClient })
    return yield* administrator.queues.list()
  })
