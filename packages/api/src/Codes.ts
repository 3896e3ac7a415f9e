/**
 * All codes that answers have, by what they stand in. A dictionary of another language is complete by type:
 * `{ no_queue: "Es gibt keine Warteschlange {queue}.", ... } satisfies { readonly [code in Codes.OfError]: string }`.
 */
import { attentionCodes } from "@id-connector/core/Attention"
import { reasonCodes } from "@id-connector/core/queue/Reasons"
import { findingCodes } from "@id-connector/core/targets/Findings"
import { becauseCodes, ignoredCodes } from "./DistributionReason.js"
import { errorCodes } from "./ErrorSentences.js"
import { itemEventCodes, noticeCodes } from "./EventsApi.js"

export const codes = {
  /** Of `findings`. */
  finding: findingCodes,
  /** Beside `detail`. */
  error: errorCodes,
  /** Why a delivery failed, an item waits, a queue rests. */
  reason: reasonCodes,
  /** Why a change goes to a school authority, or does not. */
  distribution: [...Object.values(becauseCodes), ...Object.values(ignoredCodes)],
  /** Of `attention` in the overview. */
  attention: attentionCodes,
  /** Of `notice` in the stream of events. */
  notice: noticeCodes,
  /** Of `item` in the stream of events. */
  item: itemEventCodes
} as const

type Codes = typeof codes

export type OfFinding = Codes["finding"][number]
export type OfError = Codes["error"][number]
export type OfReason = Codes["reason"][number]
export type OfDistribution = Codes["distribution"][number]
export type OfAttention = Codes["attention"][number]
export type OfNotice = Codes["notice"][number]
export type OfItem = Codes["item"][number]

/** Any of them. */
export type Code = Codes[keyof Codes][number]

export const all: ReadonlyArray<Code> = [...new Set<Code>(Object.values(codes).flat())]
