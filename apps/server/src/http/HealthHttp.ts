/** Whether the process answers, and whether its storage does. */
import { HttpApiBuilder } from "@effect/platform"
import { Api } from "@id-connector/api/Api"
import { NotReady } from "@id-connector/api/HealthApi"
import { Connector } from "@id-connector/core/Connector"
import { QueueStore } from "@id-connector/core/queue/QueueStore"
import { Effect } from "effect"
import { Missing } from "./Missing.js"

const ok = { status: "ok" as const }

/** However often it is asked, the storage is written to no more often. */
const probeEvery = "5 seconds"

export const layer = HttpApiBuilder.group(Api, "health", (handlers) =>
  Effect.gen(function* () {
    const connector = yield* Connector
    const store = yield* QueueStore
    const missing = yield* Missing
    const ready = missing.length === 0 ? ok : { ...ok, missing }
    const probe = yield* Effect.cachedWithTTL(Effect.exit(store.probe), probeEvery)
    return handlers
      .handle("live", () => Effect.succeed(ok))
      .handle("ready", () =>
        connector.status.pipe(
          Effect.zipRight(Effect.flatten(probe)),
          Effect.as(ready),
          Effect.mapError(({ message }) => new NotReady({ detail: message }))
        )
      )
  })
)
