/** Whether the connector can accept changes and store them. Targets that can't be reached do not count: items wait for them. */
import { Connector } from "@id-connector/core/Connector"
import { QueueStore, type QueueStoreError } from "@id-connector/core/queue/QueueStore"
import { Context, Effect, Layer } from "effect"
import * as Room from "../files/Room.js"

export type NotReady = QueueStoreError | Room.NoRoom

export interface ReadinessShape {
  /** Fails with the reason. Found out every two seconds at most, however often it is asked. */
  readonly check: Effect.Effect<void, NotReady>
}

export class Readiness extends Context.Tag("@id-connector/server/monitoring/Readiness")<Readiness, ReadinessShape>() {}

const every = "2 seconds"

export interface Places {
  /** Where the connector writes. */
  readonly written: ReadonlyArray<string>
  /** The in queue. */
  readonly listenerDirectory: string
}

export const layer = ({ listenerDirectory, written }: Places): Layer.Layer<Readiness, never, Connector | QueueStore> =>
  Layer.effect(
    Readiness,
    Effect.gen(function* () {
      const connector = yield* Connector
      const store = yield* QueueStore
      // What is wrong with the disk says more than what the database makes of it.
      const all = Effect.forEach(new Set(written), Room.tryToWrite, { discard: true }).pipe(
        Effect.zipRight(Room.tryToUse(listenerDirectory)),
        Effect.zipRight(connector.status),
        Effect.zipRight(store.probe)
      )
      return { check: Effect.flatten(yield* Effect.cachedWithTTL(Effect.exit(all), every)) }
    })
  )
