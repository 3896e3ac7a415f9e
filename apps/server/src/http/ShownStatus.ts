/** How a school authority is doing, as the API shows it. */
import type { Status } from "@id-connector/api/AuthoritiesApi"
import type { QueueStatus } from "@id-connector/core/Connector"
import type { OutQueueStatus } from "@id-connector/core/queue/out/OutQueueState"
import * as Reasons from "@id-connector/core/queue/Reasons"
import type { SchoolAuthority } from "@id-connector/core/schools/SchoolAuthority"
import { iso } from "./Time.js"

type Shown = typeof Status.Type

/** `queue` is its out queue, undefined when there is none yet; `configuration` what is wrong with it. */
export const of = (
  { active, name }: Pick<SchoolAuthority, "active" | "name">,
  queue: QueueStatus | undefined,
  configuration: Shown["configuration"]
): Shown => ({
  name,
  active,
  not_configured: notConfigured(queue),
  reachable: reachable(queue?.status ?? null),
  paused: paused(name, queue?.status ?? null),
  ...done(queue?.report ?? null),
  items: {
    waiting: queue?.waiting ?? 0,
    in_flight: queue?.inFlight ?? 0,
    held: queue?.held ?? 0,
    dead: queue?.dead ?? 0
  },
  configuration
})

const notConfigured = (queue: QueueStatus | undefined): Shown["not_configured"] => {
  if (queue === undefined || queue.configured === true) return null
  const since = queue.configured.since === null ? null : iso(queue.configured.since)
  const about = { waiting: queue.waiting, school_authority: queue.authority }
  return {
    since,
    ...(since === null ? Reasons.say("never_configured", about) : Reasons.say("not_configured", { since, ...about }))
  }
}

/** Null: nobody asks. */
const reachable = (status: OutQueueStatus | null): boolean | null => {
  switch (status?._tag) {
    case "Running":
      return true
    case "Paused":
      return false
    case "PausedByHand":
    case undefined:
      return null
  }
}

/** A reason beside its code and values. */
const reasoned = ({ code, text: reason, values }: ReturnType<typeof Reasons.of>) => ({ reason, code, values })

const paused = (name: string, status: OutQueueStatus | null): Shown["paused"] => {
  switch (status?._tag) {
    case "Paused":
      return { ...reasoned(Reasons.of(status.reason)), until: status.until === null ? null : iso(status.until) }
    case "PausedByHand":
      return { ...reasoned(Reasons.say("paused_by_hand", { school_authority: name })), until: null }
    case "Running":
    case undefined:
      return null
  }
}

type Done = Pick<Shown, "last_error" | "last_delivery" | "delivered" | "failed" | "delivered_last_minute">

const done = (report: QueueStatus["report"]): Done => {
  const at = report?.lastDeliveredAt ?? null
  const error = report?.lastError ?? null
  return {
    last_error: error === null ? null : { at: iso(error.at), ...reasoned(Reasons.of(error.reason)) },
    last_delivery: at === null ? null : iso(at),
    delivered: report?.delivered ?? 0,
    failed: report?.failed ?? 0,
    delivered_last_minute: report?.deliveredLastMinute ?? 0
  }
}
