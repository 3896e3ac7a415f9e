/** Numbers that stand for words in the history. They are stored: none may ever change, or be used again. */
import { actions, type HistoryEntry } from "@id-connector/core/history/HistoryEntry"
import { outcomes as deliveries } from "@id-connector/core/targets/Outcomes"

/** In the order of their numbers. */
export const entries: ReadonlyArray<HistoryEntry["_tag"]> = [
  "Decided",
  "Delivered",
  "Failed",
  "GivenUp",
  "Held",
  "Acted"
]

/** What `HistoryEntry.outcomeOf` can answer, in the order of the numbers. */
export const outcomes: ReadonlyArray<string> = [
  "changed",
  "created",
  "modified",
  "unchanged",
  "removed",
  "absent",
  "ignored",
  "stepped aside",
  "failed",
  "dead",
  "held",
  "retried",
  "confirmed",
  "discarded"
]

/** Which outcomes entries can have. */
export const outcomesOf: { readonly [entry in HistoryEntry["_tag"]]: ReadonlyArray<string> } = {
  Decided: ["changed", "removed"],
  Delivered: deliveries,
  Failed: ["failed"],
  GivenUp: ["dead"],
  Held: ["held"],
  Acted: actions
}
