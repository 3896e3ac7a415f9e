/**
 * Distinguished names of the source directory (RFC 4514), as far as the connector reads them: the first value, the
 * school (`ou=`) and comparison without regard to case. Values are in the Unicode form NFC, whatever form the directory
 * has them in: `ö` may be one character or two.
 */
import { Option } from "effect"

/** One `attribute=value` of a DN. `attribute` is lower case, `value` is unescaped and keeps its case. */
export interface Rdn {
  readonly attribute: string
  readonly value: string
}

/** The parts of a DN from left to right, or none when the text is not a DN. Of a multi-valued RDN the first counts. */
export const parse = (dn: string): Option.Option<ReadonlyArray<Rdn>> => {
  const parts = dn.includes("\\") || dn.includes('"') ? splitEscaped(dn) : dn.split(",")
  const rdns: Array<Rdn> = []
  for (const part of parts) {
    const at = part.indexOf("=")
    if (at <= 0) return Option.none()
    const attribute = part.slice(0, at).trim().toLowerCase()
    const value = unescape(part.slice(at + 1).trim()).normalize("NFC")
    if (attribute === "" || value === "") return Option.none()
    rdns.push({ attribute, value })
  }
  return Option.some(rdns)
}

/** The value of the first RDN: the user name of a user's DN, the group's name of a group's DN. */
export const firstValue = (dn: string): Option.Option<string> =>
  Option.flatMap(parse(dn), (rdns) => Option.map(Option.fromNullable(rdns[0]), (rdn) => rdn.value))

/** The school a DN lies in: the value of its first `ou=`. */
export const school = (dn: string): Option.Option<string> =>
  Option.flatMap(parse(dn), (rdns) =>
    Option.map(Option.fromNullable(rdns.find((rdn) => rdn.attribute === "ou")), (rdn) => rdn.value)
  )

/** A text that is the same for DNs that differ only in case, spaces around `,` and `=`, or escaping. */
export const key = (dn: string): string =>
  Option.match(parse(dn), {
    onNone: () => dn.normalize("NFC").toLowerCase(),
    onSome: (rdns) => keyOf(rdns)
  })

/** {@link key} of parts that are parsed already. */
export const keyOf = (rdns: ReadonlyArray<Rdn>): string =>
  rdns.map((rdn) => `${rdn.attribute}=${rdn.value.toLowerCase().replaceAll(",", "\\,")}`).join(",")

/** The DN of parts. */
export const format = (rdns: ReadonlyArray<Rdn>): string =>
  rdns.map(({ attribute, value }) => `${attribute}=${value.replace(/[,+"\\<>;=#]/g, "\\$&")}`).join(",")

const splitEscaped = (dn: string): ReadonlyArray<string> => {
  const parts: Array<string> = []
  let start = 0
  for (let index = 0; index < dn.length; index++) {
    if (dn[index] === "\\") index++
    else if (dn[index] === ",") {
      parts.push(dn.slice(start, index))
      start = index + 1
    }
  }
  parts.push(dn.slice(start))
  return parts
}

const utf8 = new TextDecoder()

/** `\,` is a comma, `\2C` is a byte: several in a row are one UTF-8 character. */
const unescape = (value: string): string =>
  value.includes("\\")
    ? value
        .replace(/(?:\\[0-9a-fA-F]{2})+/g, (bytes) =>
          utf8.decode(Uint8Array.from(bytes.slice(1).split("\\"), (byte) => Number.parseInt(byte, 16)))
        )
        .replace(/\\(.)/g, "$1")
    : value
