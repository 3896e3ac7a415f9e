/** What those who watch are told of what has happened: total functions of the connector's events. */
import type { ItemEvent, Notice, Watched } from "@id-connector/api/EventsApi"
import type { ConnectorEvent, Subject } from "@id-connector/core/events/ConnectorEvent"
import * as LogMessage from "@id-connector/core/events/LogMessage"

type Item = typeof ItemEvent.Type
type Told = typeof Notice.Type

/** Nobody reads more within a second. */
const mostItems = 50

/** What happened to items that somebody watches: of each object at each authority the newest, and of many the newest. */
export const items = (events: ReadonlyArray<ConnectorEvent>, watched: Watched): ReadonlyArray<Item> => {
  if (watched.authority === undefined && watched.object === undefined) return []
  const newest = new Map<string, Item>()
  for (const item of events.flatMap((event) => itemsOf(event))) {
    if (!isWatched(item, watched)) continue
    const key = `${item.school_authority ?? ""} ${item.object}`
    newest.delete(key)
    newest.set(key, item)
  }
  return [...newest.values()].slice(-mostItems)
}

const isWatched = ({ object, school_authority }: Item, watched: Watched): boolean =>
  (watched.authority === undefined || watched.authority === school_authority) &&
  (watched.object === undefined || nameOf(object) === watched.object.toLowerCase())

const nameOf = (object: string): string => object.replace(/^(user|group) /, "").toLowerCase()

/** What needs somebody, by kind and authority: a thousand dead letters are one notice. */
export const notices = (events: ReadonlyArray<ConnectorEvent>): ReadonlyArray<Told> => {
  const last = new Map<string, Told>()
  for (const event of events) {
    const code = noticeOf(event)
    if (code === null) continue
    const authority = "authority" in event ? event.authority : null
    const key = `${code} ${authority ?? ""}`
    const times = (last.get(key)?.times ?? 0) + 1
    last.delete(key)
    last.set(key, { code, school_authority: authority, times, ...textOf(event) })
  }
  return [...last.values()]
}

const noticeOf = (event: ConnectorEvent): Told["code"] | null => {
  switch (event._tag) {
    case "DeadLetter":
      return "dead_letter"
    case "DeletionHeld":
      return "deletion_held"
    case "QueuePaused":
      return "queue_paused"
    case "ConfigurationProblem":
      return "configuration_problem"
    case "InQueueHeldUp":
      return "in_queue_held_up"
    case "FileHeldBack":
      return "file_held_back"
    case "FileDiscarded":
      return "file_discarded"
    case "DataProblem":
      return "data_problem"
    case "NothingConfigured":
      return "nothing_configured"
    default:
      return null
  }
}

const itemsOf = (event: ConnectorEvent): ReadonlyArray<Item> => {
  switch (event._tag) {
    case "ChangeAccepted": {
      const { recipients } = event.distribution
      const authorities = recipients.length === 0 ? [null] : recipients.map(({ authority }) => authority)
      return authorities.map((authority) => itemOf("accepted", authority, event.subject, event))
    }
    case "Delivered":
      return [itemOf("delivered", event.authority, event.subject, event)]
    case "DeliveryWarning":
      return [itemOf("warning", event.authority, event.subject, event)]
    case "DeliveryDelayed":
      return [itemOf("delayed", event.authority, event.subject, event)]
    case "DeadLetter":
      return [itemOf("dead", event.authority, event.subject, event)]
    case "DeletionHeld":
      return [itemOf("held", event.authority, event.subject, event)]
    default:
      return []
  }
}

const itemOf = (
  code: Item["code"],
  authority: string | null,
  { kind, name }: Subject,
  event: ConnectorEvent
): Item => ({
  code,
  school_authority: authority,
  object: `${kind} ${name}`,
  ...textOf(event)
})

/** In the log's words. */
const textOf = (event: ConnectorEvent): Pick<Item, "text" | "values"> => {
  const { data, message } = LogMessage.describe(event)
  const values = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, String(value).slice(0, 2_000)]))
  return { text: message, values }
}
