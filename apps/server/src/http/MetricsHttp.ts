// @effect-diagnostics nodeBuiltinImport:off
// The memory of the process is the process's own figure.
/** Figures for monitoring. */
import process from "node:process"
import { HttpApiBuilder } from "@effect/platform"
import { Api } from "@id-connector/api/Api"
import { Failed } from "@id-connector/api/ApiError"
import * as ConfigurationChanges from "@id-connector/core/ConfigurationChanges"
import { Connector } from "@id-connector/core/Connector"
import { ConfigStore } from "@id-connector/core/config/ConfigStore"
import { Effect } from "effect"
import * as Metrics from "./Metrics.js"

export const layer = HttpApiBuilder.group(Api, "metrics", (handlers) =>
  Effect.map(Effect.all([Connector, ConfigStore]), ([connector, config]) =>
    handlers.handle("get", () =>
      Effect.gen(function* () {
        const { waiting } = yield* connector.inQueue
        const others = ConfigurationChanges.notConfigured(yield* config.current)
        return Metrics.render(yield* connector.status, others, waiting, process.memoryUsage.rss())
      }).pipe(Effect.mapError(({ message }) => new Failed({ detail: message })))
    )
  )
)
