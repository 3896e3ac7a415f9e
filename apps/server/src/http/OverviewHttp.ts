/** One look at everything, for the API. */
import { HttpApiBuilder } from "@effect/platform"
import { Api } from "@id-connector/api/Api"
import { Failed } from "@id-connector/api/ApiError"
import { told } from "@id-connector/api/ErrorSentences"
import { Connector } from "@id-connector/core/Connector"
import { ConfigStore } from "@id-connector/core/config/ConfigStore"
import { Clock, Effect, Either } from "effect"
import { Readiness } from "../monitoring/Readiness.js"
import * as ShownOverview from "./ShownOverview.js"

export const layer = HttpApiBuilder.group(Api, "overview", (handlers) =>
  Effect.gen(function* () {
    const config = yield* ConfigStore
    const connector = yield* Connector
    const readiness = yield* Readiness

    const overview = Effect.gen(function* () {
      const ready = yield* Effect.either(readiness.check)
      const queues = yield* connector.status
      const { authorities, problems } = yield* config.current
      const { head, heldBack, heldUp, waiting } = yield* connector.inQueue
      return ShownOverview.of({
        now: yield* Clock.currentTimeMillis,
        notReady: Either.isLeft(ready) ? ready.left.message : null,
        inQueue: { waiting, heldUp, heldBack },
        head,
        authorities,
        problems,
        queues
      })
    })

    return handlers.handle("overview", () => Effect.mapError(overview, ({ message }) => new Failed(told(message))))
  })
)
