/** What is left of somebody in what is told of others, taken out: total functions. */
import * as NameInText from "../input/NameInText.js"
import type { Audited } from "./HistoryEntry.js"

/** Stands where somebody was named. */
export const erased = "(erased)"

/** Who is forgotten. */
export interface Person {
  /** See `ListenerObject.objectKey`. */
  readonly objectKey: string
  /** What the object was called, in lower case; without names that another object has, too. */
  readonly names: ReadonlySet<string>
}

/** Operations whose subject is a person or class, with what stands before the name. */
const about = (kind: string): ReadonlyMap<string, string> =>
  new Map([
    ["history.object", `${kind}/`],
    ["history.export", `${kind}/`],
    ["history.erase", `${kind}/`],
    ["history.list", ""],
    [`schedule.${kind}`, ""]
  ])

/** The entry without the person's name; null: it does not have it. */
export const fromAudit = (audited: Audited, { names, objectKey }: Person): Audited | null => {
  const [kind = "", id = ""] = objectKey.split(/:(.*)/s)
  const before = about(kind).get(audited.action)
  const subject = audited.subject?.toLowerCase() ?? ""
  if (before === undefined || !subject.startsWith(before)) return null
  const name = subject.slice(before.length)
  return names.has(name) || name === id.toLowerCase() ? { ...audited, subject: `${before}${erased}` } : null
}

/** What an entry about another object says, without the person's names; null: it does not have them. */
export const fromTexts = <Fields extends object>(fields: Fields, { names }: Person): Fields | null => {
  const without = (value: unknown): unknown => {
    if (typeof value === "string")
      return [...names].reduce((rest, name) => NameInText.replaced(rest, name, erased), value)
    if (Array.isArray(value)) return value.map(without)
    return typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, without(inner)]))
      : value
  }
  const changed = Object.entries(fields).flatMap(([field, value]) => {
    const left = saying.has(field) ? without(value) : value
    return JSON.stringify(left) === JSON.stringify(value) ? [] : [[field, left]]
  })
  return changed.length === 0 ? null : { ...fields, ...Object.fromEntries(changed) }
}

/** What targets and plugins say, and old and new values: a class has members. */
const saying: ReadonlySet<string> = new Set(["reason", "detail", "warnings", "values"])
