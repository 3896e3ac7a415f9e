/** Why something in the queues is as it is, each with its code: why a delivery failed, an item waits, a queue rests, what was strange. */
import * as Sentence from "../input/Sentence.js"
import { warningSentences } from "../mapping/AttributeMapping.js"
import { deliverySentences } from "../targets/DeliveryError.js"
import { outcomeSentences } from "../targets/Outcomes.js"
import { queueStoreSentences } from "./QueueStore.js"

const known = {
  ...deliverySentences,
  ...queueStoreSentences,
  ...warningSentences,
  ...outcomeSentences,
  paused_by_hand: "An administrator has paused the queue. It goes on with POST /queues/{school_authority}/resume.",
  not_configured:
    "Not configured since {since}, {waiting} waiting. Its queue rests. Put its file back into conf/school_authorities or create it with POST /school_authorities, and the queue goes on; DELETE /school_authorities/{school_authority} removes the authority and moves its items to data/out_queues_trash.",
  never_configured:
    "Not configured, {waiting} waiting. Its queue rests. Put its file back into conf/school_authorities or create it with POST /school_authorities, and the queue goes on; DELETE /school_authorities/{school_authority} removes the authority and moves its items to data/out_queues_trash.",
  change_unreadable:
    "What is stored of this change can't be read ({reason}). Discard it and schedule the object, or wait for its next change.",
  waits_for_member: "{kind} {name} (item {item}, {state}): its member",
  waits_for_deletion: "{kind} {name} (item {item}, held): a deletion that is held back. Confirm or discard it",
  waits_for_identity:
    "{kind} {name} (item {item}, {state}): has a name, record UID or e-mail address at the target that this one needs",
  directory_unusable: `The in queue's directory failed at "{operation}": {detail}`,
  file_breaks_off: "it breaks off ({reasons})",
  plugin_at_work: "a plugin is at work"
} as const

export const reasonSentences = { ...known, other: "{text}" } as const

export type ReasonCode = keyof typeof reasonSentences

export const reasonCodes = Object.keys(reasonSentences) as ReadonlyArray<ReasonCode>

/** A reason by its code. */
export const say: Sentence.Saying<typeof known> = Sentence.saying(known)

/** Stands before the reason of the last of several failures, and is no reason of its own. */
const series = {
  series: "Deliveries of {objects} different objects in a row failed, and none has succeeded since. {reason}",
  files: "{files} files: {reason}"
} as const

/** That deliveries of so many objects failed, the last one for this reason. */
export const ofSeries = (objects: number, reason: string): string =>
  Sentence.saying(series)("series", { objects, reason }).text

/** That so many files are held back, the first one for this reason. */
export const ofFiles = (files: number, reason: string): string =>
  Sentence.saying(series)("files", { files, reason }).text

const readSeries = Sentence.reader(series)
const read = Sentence.reader(known)

/** The reason that a text says, also one that was stored by an earlier version. `other`: in words of a plugin, or of something else. */
export const of = (text: string): Sentence.Sentence<ReasonCode> => {
  const several = readSeries(text)
  if (several === null) return read(text) ?? { code: "other", values: { text }, text }
  const { reason = "", ...counted } = several.values
  const { code, values } = of(reason)
  return { code, values: { ...values, ...counted }, text }
}
