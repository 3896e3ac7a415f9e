/** When a value at the target is the wanted one, though it may be written differently. */
import { isEmpty } from "@id-connector/core/mapping/AttributeMapping"
import type { KelvinUser } from "../client/KelvinUser.js"

/** Whether two lists name the same things; order and case do not count (LDAP compares names without case). */
export const sameSet = (a: ReadonlyArray<unknown>, b: ReadonlyArray<unknown>): boolean => {
  const left = new Set(a.map((value) => String(value).toLowerCase()))
  const right = new Set(b.map((value) => String(value).toLowerCase()))
  return left.size === right.size && [...left].every((value) => right.has(value))
}

/** Whether two values are the same to a directory: nothing, an empty text and an empty list are all "no value". */
export const sameValue = (wanted: unknown, current: unknown): boolean => {
  if (isEmpty(wanted) || isEmpty(current)) return isEmpty(wanted) && isEmpty(current)
  if (Array.isArray(wanted) && Array.isArray(current)) {
    const left = new Set(wanted.map((value) => JSON.stringify(value)))
    const right = new Set(current.map((value) => JSON.stringify(value)))
    return left.size === right.size && [...left].every((value) => right.has(value))
  }
  if (typeof wanted === "object" || typeof current === "object")
    return JSON.stringify(wanted) === JSON.stringify(current)
  return String(wanted) === String(current)
}

/** Whether a mapped attribute of a user has to be sent. */
export const differs = (attribute: string, wanted: unknown, current: KelvinUser): boolean => {
  switch (attribute) {
    case "roles":
      return !Array.isArray(wanted) || !sameSet(wanted, current.roles)
    case "legal_guardians":
    case "legal_wards": {
      const names = current[attribute]
      // A server that does not know the attribute ignores it.
      return names !== undefined && Array.isArray(wanted) && !sameSet(wanted, names)
    }
    case "ucsschool_roles":
      // Those of the type `school` belong to the server.
      return !sameValue(otherRoles(wanted), otherRoles(current.ucsschool_roles))
    case "name":
    case "firstname":
    case "lastname":
    case "birthday":
    case "disabled":
    case "email":
    case "expiration_date":
    case "record_uid":
    case "source_uid":
      return !sameValue(wanted, current[attribute])
    default:
      return true
  }
}

const otherRoles = (roles: unknown): ReadonlyArray<unknown> =>
  (Array.isArray(roles) ? roles : [roles]).filter((role) => String(role).split(":")[1] !== "school")
