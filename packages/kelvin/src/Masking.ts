/** Requests and answers for people: without secrets, and not without end. */
import { mask } from "@id-connector/core/SchoolAuthority"

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

/** One line of at most `length` characters. */
export const short = (text: string, length = 500): string => {
  const line = text.replace(/\s+/g, " ").trim()
  return line.length <= length ? line : `${line.slice(0, length)}...`
}
