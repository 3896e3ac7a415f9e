/**
 * Entries of the directory as UDM would show them, in the form of listener files: pure. Only properties that stand in one
 * attribute each are known here; what UDM computes of several is left out.
 */
import { DateTime } from "effect"
import type { Entry } from "ldapts"
import * as LdapEntry from "./LdapEntry.js"

/** UDM properties with one value, and the attributes they stand in. */
const single = {
  username: "uid",
  firstname: "givenName",
  lastname: "sn",
  displayName: "displayName",
  title: "title",
  initials: "initials",
  description: "description",
  organisation: "o",
  employeeNumber: "employeeNumber",
  employeeType: "employeeType",
  birthday: "univentionBirthday",
  mailPrimaryAddress: "mailPrimaryAddress",
  street: "street",
  postcode: "postalCode",
  city: "l",
  preferredLanguage: "preferredLanguage",
  uidNumber: "uidNumber",
  gidNumber: "gidNumber",
  unixhome: "homeDirectory",
  ucsschoolRecordUID: "ucsschoolRecordUID",
  ucsschoolSourceUID: "ucsschoolSourceUID"
} as const

/** Those with many. */
const many = {
  school: "ucsschoolSchool",
  ucsschoolRole: "ucsschoolRole",
  "e-mail": "mail",
  phone: "telephoneNumber",
  mobileTelephoneNumber: "mobile",
  homeTelephoneNumber: "homePhone",
  mailAlternativeAddress: "mailAlternativeAddress",
  ucsschoolLegalGuardian: "ucsschoolLegalGuardian",
  ucsschoolLegalWard: "ucsschoolLegalWard"
} as const

export const userAttributes = [...LdapEntry.userAttributes, ...Object.values(single), ...Object.values(many)]
export const groupAttributes = [...LdapEntry.groupAttributes, "description", "uniqueMember", "ucsschoolRole"]

const millisOfDay = 86_400_000

/** `groups`: the DNs of the groups the user is a member of. `now` in milliseconds since 1970. */
export const user = (entry: Entry, groups: ReadonlyArray<string>, now: number) => {
  const { dn, entryUuid, isDisabled } = LdapEntry.user(entry, now)
  const end = Number(LdapEntry.texts(entry, "shadowExpire")[0] ?? "")
  return {
    id: entryUuid,
    dn,
    udm_object_type: "users/user",
    options: ["default", ...LdapEntry.schoolOptions(entry)],
    object: {
      ...properties(entry, single, (values) => values[0] ?? null),
      ...properties(entry, many, (values) => values),
      disabled: isDisabled ? "1" : "0",
      userexpiry: end > 0 ? DateTime.formatIsoDateUtc(DateTime.unsafeMake(end * millisOfDay)) : null,
      groups
    }
  }
}

export const group = (entry: Entry) => {
  const { dn, entryUuid, name } = LdapEntry.group(entry)
  return {
    id: entryUuid,
    dn,
    udm_object_type: "groups/group",
    options: ["default"],
    object: {
      name,
      description: LdapEntry.texts(entry, "description")[0] ?? null,
      users: LdapEntry.texts(entry, "uniqueMember"),
      ucsschoolRole: LdapEntry.texts(entry, "ucsschoolRole")
    }
  }
}

const properties = <A>(
  entry: Entry,
  names: { readonly [property: string]: string },
  valueOf: (values: ReadonlyArray<string>) => A
): { readonly [property: string]: A } =>
  Object.fromEntries(
    Object.entries(names).map(([property, attribute]) => [property, valueOf(LdapEntry.texts(entry, attribute))])
  )
