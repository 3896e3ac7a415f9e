/** The roles people have at schools: from UDM options, and from `ucsschoolRole` strings (`role:context_type:context`). */
import type * as SchoolName from "./SchoolName.js"

/** A role as UCS@school and the Kelvin REST API name it. */
export type Role = "staff" | "student" | "teacher" | "legal_guardian" | "school_admin"

/** UDM options that make an account a school user. */
export const userOptions = ["ucsschoolStaff", "ucsschoolStudent", "ucsschoolTeacher", "ucsschoolLegalGuardian"] as const

/** The roles that a user's UDM options stand for; the first that fits. Empty for an account that is no school user. */
export const fromOptions = (options: ReadonlyArray<string>): ReadonlyArray<Role> => {
  const has = (option: (typeof userOptions)[number]) => options.includes(option)
  if (has("ucsschoolTeacher") && has("ucsschoolStaff")) return ["staff", "teacher"]
  if (has("ucsschoolTeacher")) return ["teacher"]
  if (has("ucsschoolStaff")) return ["staff"]
  if (has("ucsschoolStudent")) return ["student"]
  if (has("ucsschoolLegalGuardian")) return ["legal_guardian"]
  return []
}

const optionOf: { readonly [role in Role]?: (typeof userOptions)[number] } = {
  staff: "ucsschoolStaff",
  student: "ucsschoolStudent",
  teacher: "ucsschoolTeacher",
  legal_guardian: "ucsschoolLegalGuardian"
}

/** The UDM options that go with the roles of `ucsschoolRole` strings, each once. */
export const optionsOf = (roles: ReadonlyArray<string>): ReadonlyArray<(typeof userOptions)[number]> => {
  const held = new Set(parseAll(roles).flatMap(({ contextType, role }) => (contextType === "school" ? [role] : [])))
  return Object.entries(optionOf).flatMap(([role, option]) => (held.has(role) ? [option] : []))
}

/** A `ucsschoolRole` string, taken apart: `teacher:school:DEMOSCHOOL`. */
export interface ContextRole {
  readonly role: string
  readonly contextType: string
  readonly context: string
}

/** Strings that are not `role:context_type:context` are left out: they say nothing about a school. */
export const parseAll = (roles: string | ReadonlyArray<string> | null | undefined): ReadonlyArray<ContextRole> => {
  if (roles === null || roles === undefined) return []
  const parsed: Array<ContextRole> = []
  for (const text of typeof roles === "string" ? [roles] : roles) {
    const [role, contextType, context, ...more] = text.split(":")
    if (role && contextType && context && more.length === 0) parsed.push({ role, contextType, context })
  }
  return parsed
}

/** The roles that someone has in schools of `schools`. */
export const inSchools = (roles: ReadonlyArray<ContextRole>, schools: SchoolName.SchoolSet): ReadonlySet<string> =>
  new Set(roles.filter((role) => role.contextType === "school" && schools.has(role.context)).map((role) => role.role))
