/**
 * Old and new values of changed attributes as the history may keep them: nothing of an attribute that is excepted, no secret, and
 * not without end. Pure and total: plugins may hand over anything.
 */
import { Redacted, Schema } from "effect"
import type * as ListenerObject from "../changes/ListenerObject.js"
import { mask, secretKeys } from "../schools/SchoolAuthority.js"
import type { Difference } from "../targets/Plugin.js"

/** Null: it had, or has, no value. */
export const ChangedValue = Schema.Struct({ attribute: Schema.String, old: Schema.Unknown, new: Schema.Unknown })
export type ChangedValue = typeof ChangedValue.Type

/** So much of them is kept. What is longer is cut, and says so. `text`, `all`: in characters. */
const most = { attributes: 100, name: 200, text: 500, items: 20, keys: 50, depth: 5, all: 20_000 }

/** `except`: see `HistoryRules`. `secrets`: texts that must not be in it, whatever attribute they are in. */
export const of = (
  differences: ReadonlyArray<Difference>,
  except: ReadonlyArray<string>,
  secrets: ReadonlyArray<string>
): ReadonlyArray<ChangedValue> => {
  const keeping: Keeping = { excepted: new Set(except), secrets: secrets.filter((secret) => !trivial.test(secret)) }
  const named = differences.filter(({ attribute }) => isKept(attribute, keeping))
  const values: Array<ChangedValue> = []
  let size = 0
  for (const { attribute, current, wanted } of named) {
    const [before, after] = kept(() => pair(current, wanted, keeping, 0))
    if (JSON.stringify(before) === JSON.stringify(after)) continue
    if (values.length === most.attributes) {
      values.push({ attribute: "...", old: null, new: "(more attributes are left out)" })
      break
    }
    const length = JSON.stringify([before, after]).length
    const fits = size + length <= most.all
    if (fits) size += length
    const one = fits ? { old: before, new: after } : { old: tooMuch, new: tooMuch }
    values.push({ attribute: cut(attribute, most.name), ...one })
  }
  return values
}

/** What a plugin hands over may even fail when it is looked at. */
const kept = (read: () => readonly [unknown, unknown]): readonly [unknown, unknown] => {
  try {
    return read()
  } catch {
    return ["(not shown)", null]
  }
}

const tooMuch = "(left out: too much of all values together)"

/** The secrets of an object: its password hashes, and what its properties of such names hold. */
export const secretsOf = (object: ListenerObject.ListenerObject): ReadonlyArray<string> => {
  const hashes = object._tag === "ChangedUser" && object.hashes !== null ? Redacted.value(object.hashes) : null
  const properties = "properties" in object ? object.properties : {}
  return [
    ...(hashes === null ? [] : [...hashes.userPassword, hashes.sambaNTPassword, ...hashes.krb5Key]),
    ...Object.entries(properties).flatMap(([name, value]) => (isSecret(name) ? textsIn(value, 0) : []))
  ]
}

const textsIn = (value: unknown, depth: number): ReadonlyArray<string> =>
  typeof value === "string"
    ? [value]
    : typeof value === "object" && value !== null && depth < most.depth
      ? Object.values(value).flatMap((inner) => textsIn(inner, depth + 1))
      : []

const secretWords =
  /passw|passphrase|kennwort|pwd|pwhistory|hash|secret|geheim|token|krb5|credential|privatekey|apikey|totp/

/** Whether an attribute of this name, or a key of a value, holds a secret. Rather one too many. */
export const isSecret = (name: string): boolean =>
  secretKeys.has(name.toLowerCase()) || secretWords.test(name.toLowerCase().replace(/[^a-z0-9]/g, ""))

/** Is the value of many an attribute, and gives nothing away. */
const trivial = /^(?:\d{0,2}|true|false|yes|no|none|never)$/i

interface Keeping {
  readonly excepted: ReadonlySet<string>
  readonly secrets: ReadonlyArray<string>
}

const udm = "udm_properties."

const isKept = (attribute: string, { excepted }: Keeping): boolean =>
  !excepted.has(attribute) &&
  !isSecret(attribute) &&
  !(attribute.startsWith(udm) && (excepted.has(attribute.slice(udm.length)) || excepted.has(udm.slice(0, -1))))

/** Both as they are kept. Of long lists only what differs: of a class with a thousand members, those who come and go. */
const pair = (before: unknown, after: unknown, keeping: Keeping, depth: number): readonly [unknown, unknown] => {
  if (isPlain(before) && isPlain(after) && depth < most.depth) {
    const keys = keysOf({ ...before, ...after }, keeping)
    const pairs = keys.map((key) => [key, pair(before[key], after[key], keeping, depth + 1)] as const)
    const side = (index: 0 | 1, own: object) =>
      Object.fromEntries(pairs.flatMap(([key, both]) => (Object.hasOwn(own, key) ? [[key, both[index]]] : [])))
    return [side(0, before), side(1, after)]
  }
  if (!Array.isArray(before) || !Array.isArray(after) || Math.max(before.length, after.length) <= most.items) {
    return [value(before, keeping, depth), value(after, keeping, depth)]
  }
  const [old, wanted] = [new Set(before.map(jsonOf)), new Set(after.map(jsonOf))]
  const gone = before.filter((item) => !wanted.has(jsonOf(item)))
  const come = after.filter((item) => !old.has(jsonOf(item)))
  return [
    list(gone, before.length - gone.length, keeping, depth),
    list(come, after.length - come.length, keeping, depth)
  ]
}

const jsonOf = (item: unknown): string => {
  try {
    return JSON.stringify(item) ?? ""
  } catch {
    return ""
  }
}

const isPlain = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !Redacted.isRedacted(value)

const keysOf = (record: object, keeping: Keeping): ReadonlyArray<string> =>
  Object.keys(record)
    .filter((key) => isKept(key, keeping))
    .slice(0, most.keys)

const list = (items: ReadonlyArray<unknown>, others: number, keeping: Keeping, depth: number): unknown => [
  ...items.slice(0, most.items).map((item) => value(item, keeping, depth + 1)),
  ...(items.length > most.items ? [`(and ${items.length - most.items} more)`] : []),
  ...(others > 0 ? [`(and ${others} in both)`] : [])
]

const value = (given: unknown, keeping: Keeping, depth: number): unknown => {
  if (given === null || given === undefined) return null
  if (typeof given === "boolean") return given
  if (typeof given === "number") return Number.isFinite(given) ? given : null
  if (typeof given === "string") return text(given, keeping)
  if (Redacted.isRedacted(given)) return mask
  if (typeof given !== "object" || depth >= most.depth) return "(not shown)"
  if (Array.isArray(given)) return list(given, 0, keeping, depth)
  const keys = keysOf(given, keeping)
  return Object.fromEntries(
    keys.map((key) => [cut(key, most.name), value((given as Record<string, unknown>)[key], keeping, depth + 1)])
  )
}

/** `{crypt}$6$...`, `$2b$...`: whatever attribute has it, it is a password's. */
const hash =
  /\{(?:crypt|k5key|kinit|sasl|bcrypt|argon2|pbkdf2|s?md5|s?sha\d*|nt|lanman)[^}]{0,20}\}|\$(?:[1567y]|2[abxy]?|argon2\w{1,2}|pbkdf2[\w-]{0,20})\$/i

const text = (given: string, { secrets }: Keeping): string =>
  hash.test(given) || secrets.some((secret) => holds(given, secret)) ? mask : cut(given, most.text)

/** A short one is in many a text by chance. */
const holds = (given: string, secret: string): boolean =>
  secret.length < 6 ? given === secret : given.includes(secret)

const cut = (given: string, length: number): string =>
  given.length <= length ? given : `${given.slice(0, length)}... (cut, has ${given.length} characters)`
