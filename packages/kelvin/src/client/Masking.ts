/** Requests and answers for people: without secrets, and not without end. */
import { mask } from "@id-connector/core/schools/SchoolAuthority"

const secretFields: ReadonlySet<string> = new Set([
  "password",
  "kelvin_password_hashes",
  "access_token",
  "user_password",
  "samba_nt_password",
  "krb_5_key"
])

/** Nothing that people read lies deeper. */
const deepest = 50

/**
 * A JSON value with the values of secret fields replaced, however deep they are, and its texts as `hide` makes them. What lies
 * too deep is left out.
 */
export const masked = (value: unknown, hide: (text: string) => string = (text) => text, depth = 0): unknown => {
  if (typeof value === "string") return hide(value)
  if (typeof value !== "object" || value === null) return value
  if (depth === deepest) return "..."
  if (Array.isArray(value)) return value.map((inner) => masked(inner, hide, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      hide(key),
      secretFields.has(key) ? mask : masked(inner, hide, depth + 1)
    ])
  )
}

/** The secrets in the body of a request: every text under a secret field. */
export const secretsIn = (body: unknown, isSecret = false): ReadonlyArray<string> => {
  if (typeof body === "string") return isSecret ? [body] : []
  if (typeof body !== "object" || body === null) return []
  return Object.entries(body).flatMap(([key, inner]) => secretsIn(inner, isSecret || secretFields.has(key)))
}

/** So many characters of a secret in a row give it away; an answer may be cut off in the middle of one. */
const piece = 8

/**
 * Replaces secrets wherever they stand in a text, under whatever name: whole or in part, in whatever case, and as JSON, a URL,
 * a form, a page or Python write them.
 */
export const hiding = (secrets: ReadonlyArray<string>): ((text: string) => string) => {
  const forms = [...new Set(secrets.flatMap(formsOf).map(lowerCase))].filter((form) => form !== "")
  if (forms.length === 0) return (text) => text
  const pieces = new Set<string>()
  for (const form of forms) {
    for (let at = 0; at + piece <= form.length; at++) pieces.add(form.slice(at, at + piece))
  }
  const short = forms.filter((form) => form.length < piece).sort((a, b) => b.length - a.length)
  // One or two characters are everywhere: as a word of their own they count.
  const words = short.map((form) =>
    form.length > 2 ? escaped(form) : `(?<![\\p{L}\\p{N}])${escaped(form)}(?![\\p{L}\\p{N}])`
  )
  const anyShort = short.length === 0 ? null : new RegExp(words.join("|"), "giu")
  return (text) => {
    const long = pieces.size === 0 ? text : withoutPieces(text, pieces)
    return anyShort === null ? long : long.replace(anyShort, mask)
  }
}

const withoutPieces = (text: string, pieces: ReadonlySet<string>): string => {
  const searched = lowerCase(text)
  const isPiece = (end: number) => pieces.has(searched.slice(end - piece, end))
  const kept: Array<string> = []
  let from = 0
  for (let end = piece; end <= text.length; end++) {
    if (!isPiece(end)) continue
    const start = Math.max(from, end - piece)
    while (end < text.length && isPiece(end + 1)) end++
    // Pieces that overlap are one secret.
    kept.push(text.slice(from, start), from === start && from > 0 ? "" : mask)
    from = end
  }
  return kept.length === 0 ? text : kept.join("") + text.slice(from)
}

/** Of A to Z only, so that every character keeps its place. */
const lowerCase = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")

const formsOf = (secret: string): ReadonlyArray<string> => {
  const json = JSON.stringify(secret).slice(1, -1)
  const form = new URLSearchParams({ "": secret }).toString().slice(1)
  return [
    secret,
    // `{crypt}` and the like say how a hash was made.
    secret.replace(/^\{[\w-]{1,20}\}/, ""),
    json,
    json.replaceAll("/", "\\/"),
    json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
    form,
    form.replaceAll("+", "%20"),
    secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
    secret.replaceAll("\\", "\\\\").replaceAll("'", "\\'")
  ]
}

/** A secret field and its value in a text: `"password": "..."`, `"krb_5_key": [...]`, `password=...` of a form. */
const secretInText = new RegExp(
  `("(?:${[...secretFields].join("|")})"\\s*:\\s*)(?:"(?:[^"\\\\]|\\\\.)*"?|\\[[^\\]]*\\]?|\\{[^}]*\\}?)|(\\bpassword=)[^&\\s]*`,
  "g"
)

/** A text that is no JSON (or no longer, because it was cut), with what looks like the value of a secret field replaced. */
export const maskedText = (text: string): string =>
  text.replace(secretInText, (_, field: string | undefined, form: string | undefined) =>
    field === undefined ? `${form}${mask}` : `${field}"${mask}"`
  )

/** One line of at most `length` characters. */
export const short = (text: string, length = 500): string => {
  const line = text.replace(/[\s\p{Cc}]+/gu, " ").trim()
  return line.length <= length ? line : `${line.slice(0, length)}...`
}
