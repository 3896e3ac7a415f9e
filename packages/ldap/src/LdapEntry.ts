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
  return value !== null && /^-?\d+$/.test(value) ? Number(value) : null
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

/** The password hashes, or null when one of them is missing. */
export const hashes = (entry: Entry): PasswordHashes.PasswordHashes | null => {
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
