import { FetchHttpClient } from "@effect/platform"
import * as Client from "@id-connector/api/Client"
import { Config, Console, Effect } from "effect"

/** Tries all dead letters of all queues again. `IDC_API_PASSWORD=... node ask-the-api.js` runs it. */
export const retryDeadLetters = Effect.gen(function* () {
  const client = yield* Client.make({
    baseUrl: yield* Config.withDefault(Config.string("IDC_API_URL"), "http://localhost:8911"),
    username: "admin",
    password: yield* Config.redacted("IDC_API_PASSWORD")
  })
  for (const { name } of yield* client.authorities.list({})) {
    const { items } = yield* client.queues.retryAll({ path: { name }, urlParams: { state: "dead" }, payload: null })
    yield* Console.log(`${name}: ${items} dead letters are tried again.`)
  }
}).pipe(
  Effect.catchTag("LogInFailed", ({ detail }) => Console.error(`Can't log in: ${detail}`)),
  Effect.provide(FetchHttpClient.layer)
)
