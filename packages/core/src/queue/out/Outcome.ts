/** What is recorded, and said, about a delivery that has ended: pure. */
import { type ConnectorEvent, subjectOf } from "../../events/ConnectorEvent.js"
import { type DeliveryError, evidenceOf } from "../../targets/DeliveryError.js"
import type * as Plugin from "../../targets/Plugin.js"
import type { Account, QueueItem, Result, Settlement } from "../QueueStore.js"
import type { ItemDecision } from "./FailurePolicy.js"

/** What becomes of an item that all plugins have delivered. */
export const ofSuccess = (
  { id }: Pick<QueueItem, "id">,
  outcomes: ReadonlyArray<Plugin.Outcome>,
  receipt: string | null,
  account: Account | undefined
): Settlement =>
  outcomes.includes("stepped aside")
    ? { _tag: "SteppedAside", id }
    : { _tag: "Done", id, receipt, result: resultOf(outcomes), ...(account === undefined ? {} : { account }) }

/** What the target has after what its plugins did. */
export const resultOf = (outcomes: ReadonlyArray<Plugin.Outcome>): Result => {
  const results = outcomes.map(resultOfOne)
  return results.includes("present") ? "present" : results.includes("removed") ? "removed" : "absent"
}

const resultOfOne = (outcome: Plugin.Outcome): Result => {
  switch (outcome) {
    case "created":
    case "modified":
    case "unchanged":
    case "stepped aside":
      return "present"
    case "removed":
      return "removed"
    case "absent":
    case "ignored":
      return "absent"
  }
}

/** What one plugin did, for the log. */
export const eventsOfDelivery = (item: QueueItem, delivered: Plugin.Delivered): ReadonlyArray<ConnectorEvent> => {
  const { authority, file, object } = item
  const subject = subjectOf(object)
  const { detail, outcome } = delivered
  return [
    ...delivered.warnings.map((warning) => ({ _tag: "DeliveryWarning", authority, subject, warning }) as const),
    { _tag: "Delivered", authority, subject, file, outcome, detail }
  ]
}

/** What becomes of an item whose delivery failed at `now`, in milliseconds since 1970. */
export const ofFailure = (
  item: QueueItem,
  error: DeliveryError,
  decision: ItemDecision,
  now: number
): { readonly settlement: Settlement; readonly events: ReadonlyArray<ConnectorEvent> } => {
  const { authority, file, id } = item
  const reason = error.message
  const attempt = { at: now, error: reason, evidence: evidenceOf(error) }
  const about = { authority, subject: subjectOf(item.object), file, reason }
  const number = item.attempts + 1
  switch (decision._tag) {
    case "Wait":
      return { settlement: { _tag: "Release", id }, events: [] }
    case "Again":
    case "Later": {
      const at = now + decision.after
      const wanted = error._tag === "ReferencesUnknown" ? error.names : []
      return {
        settlement: { _tag: "RetryAt", id, at, attempt, wanted, counts: decision._tag === "Again" },
        events: [{ _tag: "DeliveryDelayed", ...about, attempt: number, until: at }]
      }
    }
    case "GiveUp":
      return {
        settlement: { _tag: "Dead", id, attempt },
        events: [{ _tag: "DeadLetter", ...about, attempt: number }]
      }
    case "Hold":
      return { settlement: { _tag: "Hold", id, reason }, events: [{ _tag: "DeletionHeld", ...about }] }
  }
}
