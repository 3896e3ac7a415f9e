/** Calls of a history that go to another thread, and what comes back. */
import type { HistoryStoreShape } from "@id-connector/core/history/HistoryStore"
import { Effect, Option } from "effect"

/** Plain data. */
export type Call = {
  readonly [Method in keyof HistoryStoreShape]: {
    readonly method: Method
    readonly args: Parameters<HistoryStoreShape[Method]>
  }
}[keyof HistoryStoreShape]

/** What a call comes to, as plain data. */
export const run = (history: HistoryStoreShape, call: Call) => {
  switch (call.method) {
    case "add":
      return history.add(...call.args)
    case "take":
      return history.take(...call.args)
    case "list":
      return history.list(...call.args)
    case "one":
      return Effect.map(history.one(...call.args), Option.getOrNull)
    case "audit":
      return history.audit(...call.args)
    case "purge":
      return history.purge(...call.args)
    case "erase":
      return history.erase(...call.args)
  }
}
