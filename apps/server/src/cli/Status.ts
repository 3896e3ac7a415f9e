/** How a school authority and its queue are doing, for people. */
import type { Status } from "@id-connector/api/AuthoritiesApi"

/** Names with what they are; null is left out. */
export const facts = (status: typeof Status.Type): ReadonlyArray<readonly [string, string | null]> => {
  const { configuration, items } = status
  return [
    ["School authority", status.name],
    ["Active", status.active ? "yes" : "no"],
    ["Not configured", status.not_configured?.text ?? null],
    ["Target answers", status.reachable === null ? null : status.reachable ? "yes" : "no"],
    ["Paused", status.paused === null ? null : `${status.paused.reason}${until(status.paused.until)}`],
    ["Items", `${items.waiting} waiting, ${items.in_flight} in flight, ${items.held} held, ${items.dead} dead`],
    ["Delivered", `${status.delivered} since the queue started, ${status.delivered_last_minute} in the last minute`],
    ["Failed", `${status.failed} since the queue started`],
    ["Last delivery", status.last_delivery],
    ["Last error", status.last_error === null ? null : `${status.last_error.at} ${status.last_error.reason}`],
    ["Errors", lines(configuration.errors)],
    ["Warnings", lines(configuration.warnings)]
  ]
}

const until = (time: string | null): string => (time === null ? "" : ` (until ${time})`)

const lines = (texts: ReadonlyArray<string>): string | null => (texts.length === 0 ? null : texts.join("\n"))
