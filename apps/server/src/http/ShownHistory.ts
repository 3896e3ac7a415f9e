/** The history as the API shows it. */
import { becauseCodes, ignoredCodes } from "@id-connector/api/DistributionReason"
import type { AuditEntry, Entry } from "@id-connector/api/HistoryApi"
import type { Reason } from "@id-connector/api/Reason"
import { describe, describeActor } from "@id-connector/core/history/Description"
import { type Audited, type HistoryEntry, outcomeOf, searchable } from "@id-connector/core/history/HistoryEntry"
import type { Numbered } from "@id-connector/core/history/HistoryStore"
import { type Because, describeBecause, describeIgnored, type Ignored } from "@id-connector/core/mapping/Distribution"
import * as Reasons from "@id-connector/core/queue/Reasons"
import { iso } from "./Time.js"

const kinds = {
  Decided: "decided",
  Delivered: "delivered",
  Failed: "failed",
  GivenUp: "given_up",
  Held: "held",
  Acted: "acted"
} as const satisfies { readonly [tag in HistoryEntry["_tag"]]: (typeof Entry.Type)["entry"] }

/** What an entry is called here, by what the API calls it. */
export const tagOf = (kind: (typeof Entry.Type)["entry"]): HistoryEntry["_tag"] =>
  (Object.keys(kinds) as ReadonlyArray<HistoryEntry["_tag"]>).find((tag) => kinds[tag] === kind) ?? "Decided"

const codes = { ...becauseCodes, ...ignoredCodes }

const reason = ({ _tag, ...values }: Because | Ignored, text: string): typeof Reason.Type => ({
  code: codes[_tag],
  values,
  text
})

export const entry = ({ id, record }: Numbered<HistoryEntry>): typeof Entry.Type => {
  const outcome = outcomeOf(record)
  const why = "reason" in record ? record.reason : "detail" in record ? record.detail : null
  return {
    id,
    at: iso(record.at),
    entry: kinds[record._tag],
    outcome: searchable.find((word) => word === outcome) ?? "changed",
    text: describe(record),
    kind: record.kind,
    name: record.name,
    object_key: record.objectKey,
    file: record.file,
    school_authority: "authority" in record ? record.authority : null,
    item: "item" in record ? record.item : null,
    recipients:
      record._tag === "Decided"
        ? record.recipients.map(({ authority, because }) => ({
            school_authority: authority,
            because: because.map((one) => reason(one, describeBecause(one)))
          }))
        : [],
    ignored: record._tag === "Decided" ? record.ignored.map((one) => reason(one, describeIgnored(one))) : [],
    changed: "changed" in record ? record.changed : null,
    values: "values" in record ? (record.values ?? null) : null,
    mapping: "mapping" in record ? record.mapping : null,
    reason: why,
    because: why === null ? null : Reasons.of(why),
    warnings: "warnings" in record ? record.warnings.map(Reasons.of) : [],
    attempt: "attempt" in record ? record.attempt : "attempts" in record ? record.attempts : null,
    milliseconds: "millis" in record ? record.millis : null,
    request_id: "request" in record ? record.request : null,
    by: "by" in record ? describeActor(record.by) : null
  }
}

export const audited = ({ id, record }: Numbered<Audited>): typeof AuditEntry.Type => ({
  id,
  at: iso(record.at),
  by: record.by.name,
  address: record.by.address,
  action: record.action,
  subject: record.subject,
  status: record.status,
  request_id: record.request
})
