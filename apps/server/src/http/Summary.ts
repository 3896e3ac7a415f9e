/** How everything is, in numbers, for those who watch: a total function of what the connector says. */
import type { Summary } from "@id-connector/api/EventsApi"
import type { ConnectorShape, QueueStatus } from "@id-connector/core/Connector"
import type { Effect } from "effect"

type Shown = typeof Summary.Type

/** No times and rates: a summary is sent when it differs from the last one. */
export const of = (
  { head, heldBack, heldUp, waiting }: Effect.Effect.Success<ConnectorShape["inQueue"]>,
  statuses: ReadonlyArray<QueueStatus>
): Shown => ({
  in_queue: { waiting, head, held_up: heldUp, held_back: heldBack?.files ?? 0 },
  school_authorities: statuses.map((queue) => ({
    name: queue.authority,
    state: stateOf(queue),
    items: { waiting: queue.waiting, in_flight: queue.inFlight, held: queue.held, dead: queue.dead }
  }))
})

const stateOf = ({ configured, status }: QueueStatus): Shown["school_authorities"][number]["state"] => {
  if (configured !== true) return "not_configured"
  switch (status?._tag) {
    case "Running":
      return "running"
    case "Paused":
      return "paused"
    case "PausedByHand":
      return "paused_by_hand"
    case undefined:
      return "inactive"
  }
}
