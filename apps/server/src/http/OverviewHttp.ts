/** One look at everything, for the API. */
import { HttpApiBuilder } from "@effect/platform"
import { Api } from "@id-connector/api/Api"
import { Failed } from "@id-connector/api/ApiError"
import { told } from "@id-connector/api/ErrorSentences"
import { Effect } from "effect"
import * as CurrentOverview from "./CurrentOverview.js"

export const layer = HttpApiBuilder.group(Api, "overview", (handlers) =>
  Effect.map(CurrentOverview.make, (overview) =>
    handlers.handle("overview", () => Effect.mapError(overview, ({ message }) => new Failed(told(message))))
  )
)
