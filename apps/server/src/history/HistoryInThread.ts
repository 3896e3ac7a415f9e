/** A history that is in a thread of its own: it grows for months, and neither questions nor what is too old hold anybody up. */
import { HistoryStore, HistoryStoreError, type HistoryStoreShape } from "@id-connector/core/history/HistoryStore"
import { Effect, Layer, Option } from "effect"
import * as WorkerThread from "../process/WorkerThread.js"
import type { Call } from "./HistoryCalls.js"

export const layer = (file: string): Layer.Layer<HistoryStore, WorkerThread.ThreadFailed> =>
  Layer.scoped(
    HistoryStore,
    Effect.gen(function* () {
      const module = WorkerThread.moduleBeside(import.meta.url, "./HistoryThread")
      const thread = yield* WorkerThread.start<Call>(module, file)
      const ask = <A>(call: Call): Effect.Effect<A, HistoryStoreError> =>
        Effect.mapBoth(thread(call), {
          onFailure: (cause) => new HistoryStoreError({ operation: call.method, cause }),
          // What is sent there and back is plain data: see `HistoryCalls.run`.
          onSuccess: (answer) => answer as A
        })
      return {
        add: (...args) => ask({ method: "add", args }),
        take: (...args) => ask({ method: "take", args }),
        list: (...args) => ask({ method: "list", args }),
        one: (...args) => Effect.map(ask<Nullable<"one">>({ method: "one", args }), Option.fromNullable),
        audit: (...args) => ask({ method: "audit", args }),
        purge: (...args) => ask({ method: "purge", args }),
        erase: (...args) => ask({ method: "erase", args })
      }
    })
  )

/** What a method answers with where it has an answer. */
type Nullable<Method extends keyof HistoryStoreShape> =
  Effect.Effect.Success<ReturnType<HistoryStoreShape[Method]>> extends Option.Option<infer A> ? A | null : never
