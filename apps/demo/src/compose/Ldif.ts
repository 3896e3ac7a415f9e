/** The small school of the demonstration as the content of an LDAP server: pure. */
import { adminGroup } from "@id-connector/core/directory/Directory"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as School from "../School.js"

/** The connector's own account. */
export const host = { dn: `cn=connector,${Builders.base}`, password: "connector" } as const

type Values = { readonly [attribute: string]: string | ReadonlyArray<string> | Buffer }

const entry = (dn: string, values: Values): string =>
  [line("dn", dn), ...Object.entries(values).flatMap(([name, value]) => linesOf(name, value)), ""].join("\n")

const linesOf = (name: string, value: Values[string]): ReadonlyArray<string> =>
  Buffer.isBuffer(value)
    ? [`${name}:: ${value.toString("base64")}`]
    : (typeof value === "string" ? [value] : value).map((one) => line(name, one))

/** Texts that are not plain are written in base64 (RFC 2849). */
const line = (name: string, value: string): string =>
  /^[!-9;=-~][ -~]*$/.test(value) ? `${name}: ${value}` : `${name}:: ${Buffer.from(value).toString("base64")}`

/** What an entry lies below, from the base on. */
const parentsOf = (dn: string): ReadonlyArray<string> => {
  const parts = dn.slice(0, -Builders.base.length - 1).split(",")
  return parts.slice(1).map((_, index) => `${parts.slice(index + 1).join(",")},${Builders.base}`)
}

const container = (dn: string): string => {
  const [name = "", value = ""] = (dn.split(",")[0] ?? "").split("=")
  return entry(dn, { objectClass: name === "ou" ? "organizationalUnit" : "organizationalRole", [name]: value })
}

const objectClasses = { student: "ucsschoolStudent", teacher: "ucsschoolTeacher", staff: "ucsschoolStaff" } as const

type User = (typeof School.directory.users)[number]

const userEntry = (user: User): string => {
  const names = { objectClass: "inetOrgPerson", uid: user.uid, cn: user.uid, sn: user.uid }
  if ("password" in user) return entry(user.dn, { ...names, userPassword: user.password })
  const kind = user.ucsschoolRole[0]?.split(":")[0] as keyof typeof objectClasses
  return entry(user.dn, {
    ...names,
    objectClass: ["inetOrgPerson", objectClasses[kind]],
    sn: user.properties.lastname,
    givenName: user.properties.firstname,
    displayName: user.displayName,
    entryUUID: user.entryUUID,
    ucsschoolSchool: user.schools,
    ucsschoolRole: user.ucsschoolRole,
    userPassword: user.hashes.userPassword,
    sambaNTPassword: user.hashes.sambaNTPassword,
    krb5Key: Buffer.from(user.hashes.krb5Key[0] ?? "", "base64"),
    krb5KeyVersionNumber: String(user.hashes.krb5KeyVersionNumber),
    sambaPwdLastSet: String(user.hashes.sambaPwdLastSet)
  })
}

const groupEntry = (group: (typeof School.directory.groups)[number]): string =>
  "dn" in group
    ? entry(group.dn, {
        objectClass: ["groupOfUniqueNames", "ucsschoolGroup"],
        cn: group.cn,
        entryUUID: group.entryUUID,
        ucsschoolRole: group.ucsschoolRole,
        uniqueMember: group.uniqueMember
      })
    : entry(`cn=${adminGroup},cn=groups,${Builders.base}`, {
        objectClass: "groupOfUniqueNames",
        cn: group.cn,
        uniqueMember: group.uniqueMember
      })

/** Everything, what lies above first. */
export const content = (): string => {
  const { groups, users } = School.directory
  const dns = [...users, ...groups].map((one) => ("dn" in one ? one.dn : `cn=${one.cn},cn=groups,${Builders.base}`))
  const parents = [...new Set(dns.flatMap(parentsOf))].sort((a, b) => a.split(",").length - b.split(",").length)
  return [
    entry(Builders.base, { objectClass: "domain", dc: "example" }),
    entry(host.dn, { objectClass: "person", cn: "connector", sn: "connector", userPassword: host.password }),
    ...parents.map(container),
    ...users.map(userEntry),
    ...groups.map(groupEntry)
  ].join("\n")
}
