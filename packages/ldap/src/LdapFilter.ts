/** Which entries are looked for. What is a name is never read as a part of a filter. */
import { Array as Arr } from "effect"
import { AndFilter, EqualityFilter, type Filter, OrFilter, SubstringFilter } from "ldapts"

/** Names in one filter: one of thousands is refused. */
const namesAtOnce = 100

const userRoles = ["teacher", "student", "staff", "legal_guardian"]
const groupRoles = ["school_class", "workgroup"]

/** Users by their names, however many these are. Names that are given twice are looked for once. */
export const users = (names: ReadonlyArray<string>): ReadonlyArray<Filter> => {
  const distinct = [...new Set(names)].filter((name) => name !== "")
  return Arr.chunksOf(distinct, namesAtOnce).map((chunk) => or(chunk.map((name) => equal("uid", name))))
}

export const schoolGroup = (name: string): Filter => and(equal("cn", name), equal("objectClass", "ucsschoolGroup"))

/** The groups of a user. */
export const groupsWith = (dn: string): Filter => equal("uniqueMember", dn)

export const usersOfSchool = (school: string): Filter =>
  and(equal("ucsschoolSchool", school), ofSchool(school, userRoles))

export const groupsOfSchool = (school: string): Filter =>
  and(new SubstringFilter({ attribute: "cn", initial: `${school}-` }), ofSchool(school, groupRoles))

const ofSchool = (school: string, roles: ReadonlyArray<string>) =>
  or(roles.map((role) => equal("ucsschoolRole", `${role}:school:${school}`)))

const equal = (attribute: string, value: string) => new EqualityFilter({ attribute, value })
const and = (...filters: ReadonlyArray<Filter>) => new AndFilter({ filters: [...filters] })
const or = (filters: ReadonlyArray<Filter>) => new OrFilter({ filters: [...filters] })
