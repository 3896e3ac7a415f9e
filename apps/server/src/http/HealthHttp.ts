/** Whether the process answers, and whether its storage does. */
import { HttpApiBuilder } from "@effect/platform"
import { Api } from "@id-connector/api/Api"
import { NotReady } from "@id-connector/api/HealthApi"
import { Connector } from "@id-connector/core/Connector"
import { Effect } from "effect"

const ok = { status: "ok" as const }

export const layer = HttpApiBuilder.group(Api, "health", (handlers) =>
  Effect.map(Connector, (connector) =>
    handlers
      .handle("live", () => Effect.succeed(ok))
      .handle("ready", () =>
        connector.status.pipe(
          Effect.as(ok),
          Effect.mapError(({ message }) => new NotReady({ detail: message }))
        )
      )
  )
)
