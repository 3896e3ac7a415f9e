/** What the demonstration prints: a line per decision, and what each authority holds in the end. */

import type { ConnectorEvent } from "@id-connector/core/events/ConnectorEvent"
import * as Distribution from "@id-connector/core/mapping/Distribution"

/** A line for people about an event, or null for what does not matter here. */
export const line = (event: ConnectorEvent): string | null => {
  switch (event._tag) {
    case "ChangeAccepted": {
      const { ignored, recipients } = event.distribution
      const what = `${subject(event.subject)} ${event.change}`
      return recipients.length === 0
        ? row("nobody's", what, ignored.map(Distribution.describeIgnored).join("; "))
        : row(
            "accepted",
            what,
            recipients
              .map(({ authority, because }) => `${authority} (${because.map(Distribution.describeBecause).join(", ")})`)
              .join(" and ")
          )
    }
    case "Delivered":
      return row(
        "delivered",
        subject(event.subject),
        `${event.outcome} at ${event.authority}${event.detail === null ? "" : `: ${event.detail}`}`
      )
    case "DeliveryDelayed":
      return row("delayed", subject(event.subject), `${event.authority}: ${event.reason}`)
    case "DeadLetter":
      return row("gave up", subject(event.subject), `${event.authority}: ${event.reason}`)
    case "DeletionHeld":
      return row("held back", subject(event.subject), `${event.authority}: ${event.reason}`)
    case "FileDiscarded":
      return row("discarded", event.file, event.reasons.join("; "))
    case "InQueueHeldUp":
      return row("waits for", event.file, event.reason)
    case "FileHeldBack":
      return row("held back", event.file, event.reason)
    case "FileLeft":
      return row("left", event.file, event.reason)
    case "QueuePaused":
      return row("paused", event.authority, event.reason)
    case "QueueResumed":
      return row("resumed", event.authority, "")
    case "DataProblem":
    case "DeliveryWarning":
      return row("note", subject(event.subject), event._tag === "DataProblem" ? event.problem : event.warning)
    case "ConfigurationProblem":
      return row("note", event.authority, event.problem)
    case "FileAlreadyTakenOver":
    case "NothingConfigured":
    case "QueueStarted":
    case "QueueStopped":
      return null
  }
}

const row = (verb: string, what: string, rest: string) => `  ${verb.padEnd(10)} ${what.padEnd(32)} ${rest}`.trimEnd()

const subject = ({ kind, name }: { readonly kind: string; readonly name: string }) => `${kind} ${name}`

/** What one authority's target holds. */
export interface Holding {
  readonly users: ReadonlyArray<{
    readonly name: string
    readonly firstname: string
    readonly lastname: string
    readonly roles: ReadonlyArray<string>
    readonly schools: ReadonlyArray<string>
  }>
  readonly classes: ReadonlyArray<{
    readonly name: string
    readonly school: string
    readonly users: ReadonlyArray<string>
  }>
}

/** A few lines per authority. */
export const holding = (authority: string, { classes, users }: Holding): ReadonlyArray<string> => [
  `${authority}: ${users.length} users, ${classes.length} classes`,
  ...users.map(
    (user) =>
      `  ${user.name.padEnd(10)} ${`${user.firstname} ${user.lastname}`.padEnd(20)} ${user.roles.join(", ").padEnd(10)} ${user.schools.join(", ")}`
  ),
  ...classes.map(
    (each) => `  class ${each.school} ${each.name}: ${each.users.length === 0 ? "nobody" : each.users.join(", ")}`
  )
]
