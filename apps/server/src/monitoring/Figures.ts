// @effect-diagnostics nodeBuiltinImport:off
// Memory and age of the process are the process's own figures.
/** All figures of the connector as they are now. Whoever shows them, Prometheus or OpenTelemetry, shows the same ones. */
import * as Path from "node:path"
import process from "node:process"
import * as ConfigurationChanges from "@id-connector/core/ConfigurationChanges"
import { Connector } from "@id-connector/core/Connector"
import { ConfigStore } from "@id-connector/core/config/ConfigStore"
import type { QueueStoreError } from "@id-connector/core/queue/QueueStore"
import { Context, Effect, Layer } from "effect"
import * as InQueueTrash from "../files/InQueueTrash.js"
import * as Room from "../files/Room.js"
import * as TrashSize from "../files/TrashSize.js"
import { version } from "../Version.js"
import * as Metrics from "./Metrics.js"
import { Readiness } from "./Readiness.js"

export interface FiguresShape {
  readonly families: Effect.Effect<ReadonlyArray<Metrics.Family>, QueueStoreError>
}

export class Figures extends Context.Tag("@id-connector/server/monitoring/Figures")<Figures, FiguresShape>() {}

/** Trashes are counted no more often: they may be large. */
const trashEvery = "5 seconds"

export interface Places {
  readonly appDir: string
  readonly databaseFile: string
  readonly listenerDirectory: string
  readonly logDirectory: string
  readonly outQueueTrash: string
}

export const layer = (places: Places): Layer.Layer<Figures, never, Connector | ConfigStore | Readiness> =>
  Layer.effect(
    Figures,
    Effect.gen(function* () {
      const connector = yield* Connector
      const config = yield* ConfigStore
      const readiness = yield* Readiness
      const trash = yield* Effect.cachedWithTTL(
        Effect.all({
          in_queue: TrashSize.count(InQueueTrash.directoryOf(places.listenerDirectory), 1),
          out_queues: TrashSize.count(places.outQueueTrash, 2)
        }),
        trashEvery
      )
      const disks = Effect.all({
        data: Room.of(`${places.appDir}/data`),
        database: Room.of(Path.dirname(places.databaseFile)),
        in_queue: Room.of(places.listenerDirectory),
        log: Room.of(places.logDirectory)
      })
      return {
        families: Effect.gen(function* () {
          return Metrics.families({
            queues: yield* connector.status,
            notConfigured: ConfigurationChanges.notConfigured(yield* config.current),
            inQueue: yield* connector.inQueue,
            trash: yield* trash,
            disks: yield* disks,
            isReady: yield* Effect.isSuccess(readiness.check),
            process: {
              version,
              memory: process.memoryUsage.rss(),
              startedAt: started,
              cpuSeconds: cpuSeconds(process.cpuUsage())
            }
          })
        })
      }
    })
  )

/** In seconds since 1970. */
const started = Math.round(performance.timeOrigin / 1000)

const cpuSeconds = ({ system, user }: NodeJS.CpuUsage): number => (system + user) / 1_000_000
