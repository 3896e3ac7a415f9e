import { FetchHttpClient } from "@effect/platform"
import * as Client from "@id-connector/api/Client"
import { Effect, type Redacted } from "effect"

/** Logs in at a running connector, `http://localhost:8911`, and lists its queues. */
export const queues = (baseUrl: string, username: string, password: Redacted.Redacted) =>
  Effect.gen(function* () {
    const client = yield* Client.make({ baseUrl, username, password })
    return yield* client.queues.list()
  }).pipe(Effect.provide(FetchHttpClient.layer))
