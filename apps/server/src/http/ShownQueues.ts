/** Queues and items, as the API shows them. */
import type { Item, ItemDetails, Queue } from "@id-connector/api/QueuesApi"
import type { ConnectorShape, QueueStatus } from "@id-connector/core/Connector"
import { subjectOf } from "@id-connector/core/events/ConnectorEvent"
import type { Attempt, QueueItem, WaitedFor } from "@id-connector/core/queue/QueueStore"
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
      ...(heldUp === null ? {} : { held_up: heldUp }),
      ...(heldBack === null ? {} : { held_back: `${heldBack.files} files: ${heldBack.reason}` })
    },
    ...outQueues
  ]
}

/** What is not there is not shown: `length` counts neither. */
const some = <const K extends string>(key: K, number = 0): { readonly [_ in K]?: number } =>
  number === 0 ? {} : ({ [key]: number } as { readonly [_ in K]: number })

/** `waits`: the items that it waits for. */
export const item = (item: QueueItem, waits: ReadonlyArray<WaitedFor> = []): typeof Item.Type => {
  const { kind, name } = subjectOf(item.object)
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
    waits_for: waits.map(waitedFor)
  }
}

const waitedFor = ({ because, id, kind, name, state }: WaitedFor): string => {
  const what = `${kind} ${name} (item ${id}, ${state})`
  if (because === "member") return `${what}: its member`
  return state === "held"
    ? `${what}: a deletion that is held back. Confirm or discard it`
    : `${what}: has a name, record UID or e-mail address at the target that this one needs`
}

/** An item with what was tried, the oldest attempt first. */
export const details = (
  shown: { readonly item: QueueItem; readonly attempts: ReadonlyArray<Attempt> },
  waits: ReadonlyArray<WaitedFor> = []
): typeof ItemDetails.Type => ({
  ...item(shown.item, waits),
  history: shown.attempts.map(({ at, error, evidence }) => ({ at: iso(at), error, evidence }))
})
