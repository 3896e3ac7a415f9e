/** Queues and items, as the API shows them. */
import type { Item, ItemDetails, Queue } from "@id-connector/api/QueuesApi"
import type { Reason } from "@id-connector/api/Reason"
import type { ConnectorShape, QueueStatus } from "@id-connector/core/Connector"
import { subjectOf } from "@id-connector/core/events/ConnectorEvent"
import type { Attempt, QueueItem, WaitedFor } from "@id-connector/core/queue/QueueStore"
import * as Reasons from "@id-connector/core/queue/Reasons"
import { inQueueName, type SchoolAuthority } from "@id-connector/core/schools/SchoolAuthority"
import type { Effect } from "effect"
import { iso } from "./Time.js"

type InQueue = Effect.Effect.Success<ConnectorShape["inQueue"]>

/**
 * The in queue first, then the out queues of active authorities, and of those that are not configured any more or have items, by name. One
 * that has no status yet is empty.
 */
export const queues = (
  { head, heldBack, heldUp, waiting }: InQueue,
  authorities: ReadonlyArray<Pick<SchoolAuthority, "active" | "name">>,
  statuses: ReadonlyArray<QueueStatus>
): ReadonlyArray<typeof Queue.Type> => {
  const active = authorities.filter(({ active }) => active).map(({ name }) => name)
  const others = statuses.filter(({ configured }) => configured !== true).map(({ authority }) => authority)
  const outQueues = [...active, ...others].sort().map((name) => {
    const status = statuses.find(({ authority }) => authority === name)
    const length = status === undefined ? 0 : status.waiting + status.inFlight
    const shown = { name, head: status?.report?.head ?? status?.oldest ?? "", length, school_authority: name }
    return { ...shown, ...some("held", status?.held), ...some("dead", status?.dead) }
  })
  const inQueue = { name: inQueueName, head: head ?? "", length: waiting, school_authority: "" }
  return [
    {
      ...inQueue,
      ...(heldUp === null ? {} : { held_up: heldUp, held_up_reason: Reasons.of(heldUp) }),
      ...(heldBack === null ? {} : filesHeldBack(heldBack))
    },
    ...outQueues
  ]
}

const filesHeldBack = ({
  files,
  reason
}: NonNullable<Effect.Effect.Success<ConnectorShape["inQueue"]>["heldBack"]>) => {
  const held = Reasons.of(Reasons.ofFiles(files, reason))
  return { held_back: held.text, held_back_reason: held }
}

/** What is not there is not shown: `length` counts neither. */
const some = <const K extends string>(key: K, number = 0): { readonly [_ in K]?: number } =>
  number === 0 ? {} : ({ [key]: number } as { readonly [_ in K]: number })

/** `waits`: the items that it waits for. */
export const item = (item: QueueItem, waits: ReadonlyArray<WaitedFor> = []): typeof Item.Type => {
  const { kind, name } = subjectOf(item.object)
  const reasons = waits.map(waitedFor)
  return {
    id: item.id,
    object: `${kind} ${name}`,
    object_key: item.objectKey,
    change: item.object._tag === "ChangedUser" || item.object._tag === "ChangedGroup" ? "changed" : "removed",
    file: item.file,
    state: item.state,
    attempts: item.attempts,
    available_at: item.availableAt === 0 ? null : iso(item.availableAt),
    last_error: item.lastError,
    last_error_reason: item.lastError === null ? null : Reasons.of(item.lastError),
    waits_for: reasons.map(({ text }) => text),
    waits_for_reasons: reasons
  }
}

const waitedFor = ({ because, id: item, kind, name, state }: WaitedFor): typeof Reason.Type => {
  if (because === "member") return Reasons.say("waits_for_member", { kind, name, item, state })
  return state === "held"
    ? Reasons.say("waits_for_deletion", { kind, name, item })
    : Reasons.say("waits_for_identity", { kind, name, item, state })
}

/** An item with what was tried, the oldest attempt first. */
export const details = (
  shown: { readonly item: QueueItem; readonly attempts: ReadonlyArray<Attempt> },
  waits: ReadonlyArray<WaitedFor> = []
): typeof ItemDetails.Type => ({
  ...item(shown.item, waits),
  history: shown.attempts.map(({ at, error, evidence }) => {
    const { code, values } = Reasons.of(error)
    return { at: iso(at), error, code, values, evidence }
  })
})
