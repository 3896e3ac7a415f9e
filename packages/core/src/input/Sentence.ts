/**
 * A sentence for people, and the same for programs: a code, and the values that stand in it. A sentence is written once, as a
 * template with its values in braces, and its code is the key of the template.
 *
 * What is logged, stored and passed on is the text. {@link reader} finds code and values of a text again, so that also what was
 * stored by an earlier version has them, and what plugins answer as plain text.
 */

/** By their names in the template. */
export type Values = { readonly [name: string]: string }

export interface Sentence<Code extends string = string> {
  readonly code: Code
  readonly values: Values
  readonly text: string
}

/** Sentences by their codes: `{ school_missing: "The target does not have {school}." }` */
export type Templates = { readonly [code: string]: string }

/** The names that stand in braces. */
type NamesIn<Template extends string> = Template extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NamesIn<Rest>
  : never

/** What has to be given for a template besides its code. */
export type Given<Template extends string> = [NamesIn<Template>] extends [never]
  ? readonly []
  : readonly [values: { readonly [name in NamesIn<Template>]: string | number }]

const inBraces = /\{(\w+)\}/g

/** A template with values in place of the names. */
export const fill = (template: string, values: Values): string =>
  template.replaceAll(inBraces, (_, name: string) => (Object.hasOwn(values, name) ? (values[name] ?? "") : ""))

/** Every value that a template names has to be given, and no other one. */
export type Saying<T extends Templates> = <Code extends keyof T & string>(
  code: Code,
  ...given: Given<T[Code]>
) => Sentence<Code>

/** Makes sentences of templates. */
export const saying =
  <const T extends Templates>(templates: T): Saying<T> =>
  (code, ...[given]) => {
    const values = Object.fromEntries(Object.entries<string | number>(given ?? {}).map(([k, v]) => [k, String(v)]))
    return { code, values, text: fill(templates[code] ?? "", values) }
  }

/** The names of the values that stand in a template, in their order. */
export const namesIn = (template: string): ReadonlyArray<string> => [
  ...new Set([...template.matchAll(inBraces)].map(([, name = ""]) => name))
]

/** Values that may be any text, and so may hold what stands around others. Where a template has none of them: its last one. */
const free: ReadonlySet<string> = new Set(["detail", "reason", "reasons", "problem", "problems", "message"])

/** What {@link saying} has said with one of these templates; null: it was none of them. */
export const reader = <const T extends Templates>(
  templates: T
): ((text: string) => Sentence<keyof T & string> | null) => {
  const patterns = Object.entries(templates)
    .map(([code, template]) => ({ code, template, ...partsOf(template) }))
    // The one that says most by itself first: others may have a value that could be all that this one says.
    .sort((a, b) => b.literals.join("").length - a.literals.join("").length)
  return (text) => {
    for (const { code, literals, names, template } of patterns) {
      const values = valuesIn(text, literals, names)
      if (values !== null && fill(template, values) === text) return { code, values, text }
    }
    return null
  }
}

const partsOf = (template: string) => {
  const parts = template.split(inBraces)
  return {
    literals: parts.filter((_, index) => index % 2 === 0),
    names: parts.filter((_, index) => index % 2 === 1)
  }
}

/** From both ends to the value that may be any text: takes a time that grows with the text, whatever is in it. */
const valuesIn = (text: string, literals: ReadonlyArray<string>, names: ReadonlyArray<string>): Values | null => {
  const [first = "", ...others] = literals
  if (others.length === 0) return text === first ? {} : null
  const last = others.at(-1) ?? ""
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return null
  const values: Record<string, string> = {}
  const named = names.findIndex((name) => free.has(name))
  const middle = named === -1 ? names.length - 1 : named
  let from = first.length
  let to = text.length - last.length
  for (let index = 0; index < middle; index += 1) {
    const literal = literals[index + 1] ?? ""
    const at = text.indexOf(literal, from)
    if (at === -1 || at + literal.length > to) return null
    values[names[index] ?? ""] = text.slice(from, at)
    from = at + literal.length
  }
  for (let index = names.length - 1; index > middle; index -= 1) {
    const literal = literals[index] ?? ""
    const at = text.lastIndexOf(literal, to - literal.length)
    if (at < from) return null
    values[names[index] ?? ""] = text.slice(at + literal.length, to)
    to = at
  }
  values[names[middle] ?? ""] = text.slice(from, to)
  return values
}
