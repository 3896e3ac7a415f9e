/** How a school authority is doing, as the API shows it. */
import type { Status } from "@id-connector/api/AuthoritiesApi"
import type { QueueStatus } from "@id-connector/core/Connector"
import type { OutQueueStatus } from "@id-connector/core/queue/out/OutQueueState"
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
  paused: paused(queue?.status ?? null),
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
  const text = `${since === null ? "Not configured" : `Not configured since ${since}`}, ${queue.waiting} waiting. Its queue rests. Put its file back into conf/school_authorities or create it with POST /school_authorities, and the queue goes on; DELETE /school_authorities/{name} removes the authority and moves its items to data/out_queues_trash.`
  return { since, text }
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

const paused = (status: OutQueueStatus | null): Shown["paused"] => {
  switch (status?._tag) {
    case "Paused":
      return { reason: status.reason, until: status.until === null ? null : iso(status.until) }
    case "PausedByHand":
      return {
        reason: "An administrator has paused the queue. It goes on with POST /queues/{name}/resume.",
        until: null
      }
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
    last_error: error === null ? null : { at: iso(error.at), reason: error.reason },
    last_delivery: at === null ? null : iso(at),
    delivered: report?.delivered ?? 0,
    failed: report?.failed ?? 0,
    delivered_last_minute: report?.deliveredLastMinute ?? 0
  }
}
