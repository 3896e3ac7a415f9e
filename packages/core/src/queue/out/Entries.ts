/** What the history says about a delivery that has ended: pure. */
import { subjectOf } from "../../events/ConnectorEvent.js"
import * as ChangedValues from "../../history/ChangedValues.js"
import type { HistoryEntry } from "../../history/HistoryEntry.js"
import type { HistoryRules } from "../../history/HistoryRules.js"
import { type DeliveryError, evidenceOf } from "../../targets/DeliveryError.js"
import type * as Plugin from "../../targets/Plugin.js"
import type { QueueItem } from "../QueueStore.js"
import type { ItemDecision } from "./FailurePolicy.js"

/** `at`: now, in milliseconds since 1970. */
const about = (item: QueueItem, at: number) => ({
  at,
  ...subjectOf(item.object),
  objectKey: item.objectKey,
  file: item.file,
  authority: item.authority,
  item: item.id
})

/** What more than one plugin did counts as the first of these that one of them did. */
const strongest = ["created", "modified", "removed", "stepped aside", "unchanged", "absent", "ignored"] as const

/** All plugins have delivered it. `began`: in milliseconds since 1970. Null: the school authority does not want it in the history. */
export const ofSuccess = (
  item: QueueItem,
  deliveries: ReadonlyArray<Plugin.Delivered>,
  rules: HistoryRules,
  began: number,
  now: number
): HistoryEntry | null => {
  const known = deliveries.flatMap(({ changed }) => (changed === undefined || changed === null ? [] : [changed]))
  const details = deliveries.flatMap(({ detail }) => (detail === null ? [] : [detail]))
  const outcome =
    strongest.find((outcome) => deliveries.some((delivered) => delivered.outcome === outcome)) ?? "ignored"
  if (outcome === "unchanged" && !rules.unchanged) return null
  const differences = rules.values ? deliveries.flatMap(({ differences }) => differences ?? []) : []
  return {
    _tag: "Delivered",
    ...about(item, now),
    outcome,
    detail: details.length === 0 ? null : details.join("; "),
    mapping: deliveries.find(({ mapping }) => typeof mapping === "string")?.mapping ?? null,
    changed: known.length === 0 ? null : [...new Set(known.flat())],
    ...(differences.length === 0
      ? {}
      : { values: ChangedValues.of(differences, rules.except, ChangedValues.secretsOf(item.object)) }),
    warnings: deliveries.flatMap(({ warnings }) => warnings),
    attempts: item.attempts + 1,
    millis: Math.max(0, Math.round(now - began)),
    request: deliveries.findLast(({ request }) => typeof request === "string")?.request ?? null
  }
}

/** Null: the history has said it already, or there is nothing to say. */
export const ofFailure = (
  item: QueueItem,
  error: DeliveryError,
  decision: ItemDecision,
  now: number
): HistoryEntry | null => {
  const reason = error.message
  const request = evidenceOf(error)?.requestId ?? null
  const attempt = item.attempts + 1
  switch (decision._tag) {
    case "Wait":
      return null
    case "Again":
    case "Later":
      return reason === item.lastError
        ? null
        : { _tag: "Failed", ...about(item, now), attempt, reason, until: now + decision.after, request }
    case "GiveUp":
      return { _tag: "GivenUp", ...about(item, now), attempt, reason, request }
    case "Hold":
      return { _tag: "Held", ...about(item, now), reason }
  }
}
