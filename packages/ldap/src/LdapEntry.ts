/** What the entries of the directory say, read: pure. */
import type { DirectoryGroup, DirectoryUser } from "@id-connector/core/directory/Directory"
import * as PasswordHashes from "@id-connector/core/directory/PasswordHashes"
import { userOptions } from "@id-connector/core/schools/SchoolRole"
import type { Entry } from "ldapts"

export const userAttributes = [
  "uid",
  "displayName",
  "entryUUID",
  "ucsschoolRole",
  "objectClass",
  "sambaAcctFlags",
  "krb5KDCFlags",
  "shadowExpire"
]
export const groupAttributes = ["cn", "entryUUID"]
export const roleAttributes = ["uid", "ucsschoolRole", "objectClass"]
export const memberAttributes = ["uniqueMember"]
export const hashAttributes = [
  "uid",
  "krb5Key",
  "krb5KeyVersionNumber",
  "sambaPwdLastSet",
  "sambaNTPassword",
  "userPassword"
]

type Value = Buffer | string

/** All values of an attribute, whose name may come in any case. */
const values = (entry: Entry, name: string): ReadonlyArray<Value> => {
  const key = Object.keys(entry).find((key) => key.toLowerCase() === name.toLowerCase())
  const value: unknown = key === undefined ? undefined : entry[key]
  const all: ReadonlyArray<unknown> = Array.isArray(value) ? value : value === undefined ? [] : [value]
  return all.filter((one): one is Value => typeof one === "string" || Buffer.isBuffer(one))
}

/** Texts of an attribute; bytes that are no text are left out. */
export const texts = (entry: Entry, name: string): ReadonlyArray<string> =>
  values(entry, name).map((value) => (typeof value === "string" ? value : value.toString("utf8")))

const text = (entry: Entry, name: string): string | null => texts(entry, name)[0] ?? null

const number = (entry: Entry, name: string): number | null => {
  const value = text(entry, name)
  const read = value !== null && /^-?\d{1,20}$/.test(value) ? Number(value) : null
  // Beyond 2^53 it would be another number than the one that stands there.
  return Number.isSafeInteger(read) ? read : null
}

/** Of the entries those of users with these names, by name in lower case. */
export const byName = (names: ReadonlyArray<string>, entries: ReadonlyArray<Entry>): ReadonlyMap<string, Entry> => {
  const wanted = new Set(names.map((name) => name.toLowerCase()))
  const found = new Map<string, Entry>()
  for (const entry of entries) {
    for (const uid of texts(entry, "uid")) {
      if (wanted.has(uid.toLowerCase())) found.set(uid.toLowerCase(), entry)
    }
  }
  return found
}

const millisOfDay = 86_400_000

/** `now` in milliseconds since 1970. */
export const user = (entry: Entry, now: number): DirectoryUser => ({
  dn: entry.dn,
  username: text(entry, "uid") ?? "",
  displayName: text(entry, "displayName"),
  entryUuid: text(entry, "entryUUID") ?? "",
  roles: texts(entry, "ucsschoolRole"),
  isSchoolUser: isSchoolUser(entry),
  isDisabled: isDisabled(entry, now)
})

export const isSchoolUser = (entry: Entry): boolean => schoolOptions(entry).length > 0

/** The object classes that make an entry a school user. UDM's options are called like them. */
export const schoolOptions = (entry: Entry): ReadonlyArray<string> => {
  const classes = texts(entry, "objectClass").map((name) => name.toLowerCase())
  return userOptions.filter((name) => classes.includes(name.toLowerCase()))
}

/** Samba's flag D, Kerberos' 254, or an end (in days since 1970) that has come. */
const isDisabled = (entry: Entry, now: number): boolean => {
  const end = number(entry, "shadowExpire")
  return (
    (text(entry, "sambaAcctFlags") ?? "").includes("D") ||
    number(entry, "krb5KDCFlags") === 254 ||
    (end !== null && end * millisOfDay <= now)
  )
}

export const group = (entry: Entry): DirectoryGroup => ({
  dn: entry.dn,
  name: text(entry, "cn") ?? "",
  entryUuid: text(entry, "entryUUID") ?? ""
})

/** DNs of the members of a group. */
export const members = (entry: Entry): ReadonlyArray<string> => texts(entry, "uniqueMember")

/** Roles of those who are school users. */
export const rolesOf = (entries: ReadonlyMap<string, Entry>): ReadonlyMap<string, ReadonlyArray<string>> => {
  const found = new Map<string, ReadonlyArray<string>>()
  for (const [name, entry] of entries) if (isSchoolUser(entry)) found.set(name, texts(entry, "ucsschoolRole"))
  return found
}

/** Password hashes of those who have all of them. */
export const hashesOf = (entries: ReadonlyMap<string, Entry>): ReadonlyMap<string, PasswordHashes.PasswordHashes> => {
  const found = new Map<string, PasswordHashes.PasswordHashes>()
  for (const [name, entry] of entries) {
    const complete = hashes(entry)
    if (complete !== null) found.set(name, complete)
  }
  return found
}

const hashNumbers = ["krb5KeyVersionNumber", "sambaPwdLastSet"]

/** Whose password hashes can't be used, though they are there, and why. */
export const unfitHashes = (entries: ReadonlyMap<string, Entry>): ReadonlyArray<string> =>
  [...entries].flatMap(([name, entry]) =>
    hashNumbers
      .filter((attribute) => text(entry, attribute) !== null && number(entry, attribute) === null)
      .map((attribute) => `${name}: ${attribute} is no whole number up to 2^53`)
  )

/** The password hashes, or null when one of them is missing. */
const hashes = (entry: Entry): PasswordHashes.PasswordHashes | null => {
  const userPassword = texts(entry, "userPassword")
  const sambaNTPassword = text(entry, "sambaNTPassword")
  const krb5Key = values(entry, "krb5Key").map((value) => Buffer.from(value).toString("base64"))
  const krb5KeyVersionNumber = number(entry, "krb5KeyVersionNumber")
  const sambaPwdLastSet = number(entry, "sambaPwdLastSet")
  const isComplete = userPassword.length > 0 && krb5Key.length > 0 && sambaNTPassword !== null
  return isComplete && krb5KeyVersionNumber !== null && sambaPwdLastSet !== null
    ? PasswordHashes.make({ userPassword, sambaNTPassword, krb5Key, krb5KeyVersionNumber, sambaPwdLastSet })
    : null
}
