/** Records as text, on their way from the outbox to the history. */
import type { HistoryEntry, HistoryRecord } from "./HistoryEntry.js"
import type { Numbered } from "./HistoryStore.js"

/** A record as it stands in the outbox. */
export interface RecordText {
  /** See `HistoryStore.Numbered`. */
  readonly id: number
  /** JSON. */
  readonly text: string
}

/**
 * The record, or null where it can't be read. Looks at what the history finds it by; the rest is looked at when somebody reads it: this is done
 * for each delivery.
 */
export const parse = (text: string): HistoryRecord | null => {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : null
  } catch {
    return null
  }
}

/** Those that can be read, and the numbers of the others. */
export const parseAll = (texts: ReadonlyArray<RecordText>) => {
  const records: Array<Numbered> = []
  const unreadable: Array<number> = []
  for (const { id, text } of texts) {
    const record = parse(text)
    if (record === null) unreadable.push(id)
    else records.push({ id, record })
  }
  return { records, unreadable }
}

/** All that there are: one that lacks here does not compile, instead of being left out. */
const entries: { readonly [tag in HistoryEntry["_tag"]]: true } = {
  Decided: true,
  Delivered: true,
  Failed: true,
  GivenUp: true,
  Held: true,
  Acted: true
}

const isRecord = (value: unknown): value is HistoryRecord => {
  if (!has(value, "at", "number")) return false
  const { _tag, by } = value as { readonly _tag?: unknown; readonly by?: unknown }
  return _tag === "Audited"
    ? has(by, "name", "string")
    : typeof _tag === "string" &&
        Object.hasOwn(entries, _tag) &&
        has(value, "objectKey", "string") &&
        has(value, "name", "string") &&
        has(value, "kind", "string")
}

const has = (value: unknown, field: string, type: "number" | "string"): boolean =>
  typeof value === "object" && value !== null && typeof Reflect.get(value, field) === type
