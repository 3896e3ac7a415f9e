/** What single fields of a user have to keep, and the form in which they are kept. */
import { text } from "./Answer.js"
import { nameIn, roleNames, type Server } from "./Server.js"
import type { Change } from "./UserChange.js"
import { keyOf, type SimulatedUser } from "./World.js"

/** Names of the roles, in order. */
export const resolvedRoles = (change: Change): ReadonlyArray<string> => {
  const roles = change.roles.map((url) => nameIn("role", url)).sort()
  if (roles.length === 0 || roles.some((role) => !roleNames.some((name) => name === role))) {
    throw text(500, "Internal server error")
  }
  return roles
}

/** `own`: whose address it is to be, null for a new user. */
export const checkEmail = (server: Server, email: string | null, own: SimulatedUser | null) => {
  if (email === null || email === "") return
  if (!/^[^@\s]+@[^@\s]+$/.test(email)) throw text(400, `Email address '${email}' has invalid format.`)
  const domain = email.slice(email.indexOf("@") + 1)
  if (server.mailDomains !== "any" && !server.mailDomains.includes(domain)) {
    throw text(422, `The domain part of the primary mail address is not in list of configured mail domains: ${email}.`)
  }
  const holders = server.world.byEmail.get(keyOf(email)) ?? new Set()
  if ([...holders].some((holder) => own === null || holder !== keyOf(own.name))) {
    throw text(
      400,
      "{'email': ['The email address is already taken by another user. Please change the email address.']}"
    )
  }
}

/** Memberships with the schools in the server's spelling. */
export const spelled = (server: Server, memberships: Readonly<Record<string, ReadonlyArray<string>>>) =>
  Object.fromEntries(
    Object.entries(memberships).map(([school, names]) => [server.world.schools.get(keyOf(school)) ?? school, names])
  )

/** Those that are not of a school: these follow from roles and schools. */
export const otherRoles = (roles: ReadonlyArray<string>) => roles.filter((role) => role.split(":")[1] !== "school")

/** Properties that have a value. */
export const values = (properties: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null))

/** Names may be longer for those who are not students. */
export const isTooLong = (server: Server, name: string, roles: ReadonlyArray<string>): boolean =>
  server.maxNameLength && name.length > (roles.includes("student") ? 15 : 20)

/** Classes that are sent. Staff is in none. */
export const classesFor = (server: Server, roles: ReadonlyArray<string>, change: Change) =>
  roles.join() === "staff" ? {} : spelled(server, change.school_classes ?? {})
