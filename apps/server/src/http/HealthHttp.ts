/** Whether the process answers, and whether changes can be accepted and stored. */
import { HttpApiBuilder } from "@effect/platform"
import { Api } from "@id-connector/api/Api"
import { say } from "@id-connector/api/ErrorSentences"
import { NotReady } from "@id-connector/api/HealthApi"
import { Effect } from "effect"
import { Readiness } from "../monitoring/Readiness.js"
import { Missing } from "./Missing.js"

const ok = { status: "ok" as const }

export const layer = HttpApiBuilder.group(Api, "health", (handlers) =>
  Effect.gen(function* () {
    const readiness = yield* Readiness
    const missing = yield* Missing
    const ready = missing.length === 0 ? ok : { ...ok, missing }
    return handlers
      .handle("live", () => Effect.succeed(ok))
      .handle("ready", () =>
        Effect.mapBoth(readiness.check, {
          onSuccess: () => ready,
          onFailure: ({ message }) => new NotReady(say("not_ready", { reason: message }))
        })
      )
  })
)
