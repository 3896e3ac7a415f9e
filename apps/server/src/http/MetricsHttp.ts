/** Figures for monitoring, for those who have logged in. `MetricsServer` has the same for Prometheus. */
import { HttpApiBuilder } from "@effect/platform"
import { Api } from "@id-connector/api/Api"
import { Failed } from "@id-connector/api/ApiError"
import { told } from "@id-connector/api/ErrorSentences"
import { Effect } from "effect"
import { Figures } from "../monitoring/Figures.js"
import * as Metrics from "../monitoring/Metrics.js"

export const layer = HttpApiBuilder.group(Api, "metrics", (handlers) =>
  Effect.map(Figures, ({ families }) =>
    handlers.handle("get", () =>
      Effect.mapBoth(families, {
        onSuccess: Metrics.render,
        onFailure: ({ message }) => new Failed(told(message))
      })
    )
  )
)
