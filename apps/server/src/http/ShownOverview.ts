/** One look at everything, as the API shows it. */
import type { AuthorityOverview, Overview } from "@id-connector/api/OverviewApi"
import * as Attention from "@id-connector/core/Attention"
import type { QueueStatus } from "@id-connector/core/Connector"
import { noCounts } from "@id-connector/core/queue/QueueStore"
import * as Reasons from "@id-connector/core/queue/Reasons"
import type { SchoolAuthority } from "@id-connector/core/schools/SchoolAuthority"
import * as Code from "./Code.js"
import { iso } from "./Time.js"

export interface Facts extends Omit<Attention.Circumstances, "configured"> {
  readonly now: number
  readonly head: string | null
  readonly authorities: ReadonlyArray<Pick<SchoolAuthority, "active" | "name">>
}

export const of = (facts: Facts): typeof Overview.Type => {
  const { authorities, head, inQueue, now, queues } = facts
  const attention = Attention.of({ ...facts, configured: authorities.length })
  const active = new Map<string, boolean>(authorities.map(({ active, name }) => [name, active]))
  const shown = queues.map((queue) => authority(queue, active.get(queue.authority)))
  const sum = (of: (one: typeof AuthorityOverview.Type) => number) => shown.reduce((all, one) => all + of(one), 0)
  return {
    at: iso(now),
    ok: attention.length === 0,
    text: sentence(shown, attention),
    attention: attention.map(({ authority, values, ...what }) => ({
      ...what,
      school_authority: authority,
      values: Object.fromEntries(
        Object.entries(values).map(([name, value]) => [name, times.has(name) ? iso(Number(value)) : value])
      )
    })),
    in_queue: {
      waiting: inQueue.waiting,
      head,
      held_up: inQueue.heldUp,
      held_back: inQueue.heldBack?.files ?? 0
    },
    totals: {
      school_authorities: shown.length,
      waiting: sum(({ items }) => items.waiting),
      in_flight: sum(({ items }) => items.in_flight),
      held: sum(({ items }) => items.held),
      dead: sum(({ items }) => items.dead),
      delivered_last_minute: sum((one) => one.delivered_last_minute)
    },
    school_authorities: shown
  }
}

const times: ReadonlySet<string> = new Set(["since", "next_try"])

const sentence = (
  authorities: ReadonlyArray<typeof AuthorityOverview.Type>,
  attention: ReadonlyArray<Attention.Attention>
): string => {
  const resting = authorities.filter(({ state }) => state === "inactive").length
  const running = authorities.filter(({ state }) => state === "running" || state === "starting").length
  const runs = `${running} of ${authorities.length - resting} school authorities ${running === 1 ? "runs" : "run"}${resting === 0 ? "" : `, ${resting} inactive`}.`
  const { length } = attention
  return length === 0
    ? `Everything is all right. ${runs}`
    : `${length} ${length === 1 ? "thing needs" : "things need"} somebody. ${runs}`
}

/** `isActive` undefined: it is not configured. */
const authority = (queue: QueueStatus, isActive: boolean | undefined): typeof AuthorityOverview.Type => {
  const { authority, dead, held, inFlight, report, waiting } = { ...noCounts, ...queue }
  const at = report?.lastDeliveredAt ?? null
  return {
    name: authority,
    ...stateOf(queue, isActive),
    items: { waiting, in_flight: inFlight, held, dead },
    delivered_last_minute: report?.deliveredLastMinute ?? 0,
    last_delivery: at === null ? null : iso(at)
  }
}

type State = Pick<typeof AuthorityOverview.Type, "state" | "code" | "values" | "reason" | "since" | "next_try">

const nothing = { code: null, values: {}, reason: null, since: null, next_try: null } as const

const stateOf = ({ configured, status }: QueueStatus, isActive: boolean | undefined): State => {
  if (configured !== true)
    return {
      ...nothing,
      state: "not_configured",
      since: configured.since === null ? null : iso(configured.since)
    }
  switch (status?._tag) {
    case "Running":
      return { ...nothing, state: "running" }
    case "Paused":
      return {
        state: "paused",
        code: Code.ofTag(status.code),
        values: Reasons.of(status.reason).values,
        reason: status.reason,
        since: iso(status.since),
        next_try: status.until === null ? null : iso(status.until)
      }
    case "PausedByHand":
      return { ...nothing, state: "paused_by_hand", since: status.since === null ? null : iso(status.since) }
    case undefined:
      return { ...nothing, state: isActive === true ? "starting" : "inactive" }
  }
}
