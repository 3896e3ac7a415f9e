/** How everything is now: what `GET /overview` answers, and what those who watch are told when it changes. */
import type { Overview } from "@id-connector/api/OverviewApi"
import { Connector } from "@id-connector/core/Connector"
import { ConfigStore } from "@id-connector/core/config/ConfigStore"
import type { QueueStoreError } from "@id-connector/core/queue/QueueStore"
import { Clock, Effect, Either } from "effect"
import { Readiness } from "../monitoring/Readiness.js"
import * as ShownOverview from "./ShownOverview.js"

type Shown = typeof Overview.Type

/** Looks at the counts, and asks no target. */
export const make: Effect.Effect<
  Effect.Effect<Shown, QueueStoreError>,
  never,
  ConfigStore | Connector | Readiness
> = Effect.gen(function* () {
  const config = yield* ConfigStore
  const connector = yield* Connector
  const readiness = yield* Readiness
  return Effect.gen(function* () {
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
})

/** Two that are equal by this say the same but for the time, and how fast deliveries go just now. */
export const fingerprint = ({ at: _, school_authorities, totals, ...rest }: Shown): string =>
  JSON.stringify([
    rest,
    { ...totals, delivered_last_minute: 0 },
    school_authorities.map((one) => ({ ...one, delivered_last_minute: 0, last_delivery: null }))
  ])
