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

/** A JSON value with the values of secret fields replaced, however deep they are. */
export const masked = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(masked)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, secretFields.has(key) ? mask : masked(inner)])
  )
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
