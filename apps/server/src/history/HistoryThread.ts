/** The thread that has the history. It is started with the database's file, which it opens at the first call. */
import { HistoryStore, type HistoryStoreShape } from "@id-connector/core/history/HistoryStore"
import { Effect, ManagedRuntime } from "effect"
import { serve } from "../process/WorkerThreadServer.js"
import * as HistoryCalls from "./HistoryCalls.js"
import * as HistoryDatabase from "./HistoryDatabase.js"

serve((file) => {
  let history: HistoryStoreShape | null = null
  return (call: HistoryCalls.Call) => {
    // One that can't be opened is tried again with the next call: somebody may have moved it away meanwhile.
    history ??= ManagedRuntime.make(HistoryDatabase.layer(file)).runSync(HistoryStore)
    return Effect.runSync(HistoryCalls.run(history, call))
  }
})
