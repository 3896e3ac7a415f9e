/**
 * Which of an authority's mappings is used for a user: `users_<role>` for the first role, by precedence, that the user
 * has in a school of this authority and that has a mapping of its own; otherwise `users`. Mappings are not merged.
 */
import { Option } from "effect"
import type { SchoolSet } from "../schools/SchoolName.js"
import * as SchoolRole from "../schools/SchoolRole.js"

/** Roles that may have a mapping of their own, the strongest first. */
export const precedence = ["school_admin", "staff", "teacher", "legal_guardian", "student"] as const

export type UserMappingName = "users" | `users_${(typeof precedence)[number]}`

export interface MappingChoice {
  readonly name: UserMappingName
  readonly because: string
}

/**
 * `schools` are those this authority handles; roles at other schools do not count. None when neither a role's mapping
 * nor `users` exists.
 */
export const choose = (
  roles: ReadonlyArray<SchoolRole.ContextRole>,
  schools: SchoolSet,
  mappings: ReadonlySet<string>
): Option.Option<MappingChoice> => {
  const held = SchoolRole.inSchools(roles, schools)
  for (const role of precedence) {
    if (held.has(role) && mappings.has(`users_${role}`)) {
      return Option.some({ name: `users_${role}`, because: `the user has the role ${role} here` })
    }
  }
  return mappings.has("users")
    ? Option.some({ name: "users", because: "no role the user has here has a mapping of its own" })
    : Option.none()
}
