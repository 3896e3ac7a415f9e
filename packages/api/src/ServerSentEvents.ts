/** The format of server-sent events (`text/event-stream`), as far as it is used here. */

/** One event. */
export interface ServerSentEvent {
  readonly event: string
  readonly id: string
  readonly data: string
}

const line = (text: string): string => text.replace(/[\r\n]+/g, " ")

/** As it is sent. */
export const format = ({ data, event, id }: ServerSentEvent): string =>
  `id: ${line(id)}\nevent: ${line(event)}\n${data
    .split(/\r\n|\r|\n/)
    .map((one) => `data: ${one}\n`)
    .join("")}\n`

/** What keeps the connection open and tells nothing. */
export const comment = ":\n\n"

/** An event from its lines. Null: there are only comments. */
export const parse = (lines: ReadonlyArray<string>): ServerSentEvent | null => {
  const found = { event: "message", id: "", data: null as string | null }
  for (const text of lines) {
    const [, field = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(text) ?? []
    if (field === "event" || field === "id") found[field] = value
    if (field === "data") found.data = found.data === null ? value : `${found.data}\n${value}`
  }
  const { data, event, id } = found
  return data === null ? null : { event, id, data }
}
