/** `PUT` and `PATCH /users/{name}` of the Kelvin REST API 4.0. */
import { json, type SimulatorResponse, text } from "./Answer.js"
import type { Body } from "./Body.js"
import { bodyOf, check, checkUdm, nameIn, type Server } from "./Server.js"
import { shown } from "./ShownUser.js"
import {
  applyMemberships,
  type Change,
  checkGuardians,
  checkMemberships,
  readChange,
  setGuardians
} from "./UserChange.js"
import { checkEmail, classesFor, isTooLong, otherRoles, resolvedRoles, spelled, values } from "./UserFields.js"
import { named } from "./Users.js"
import { classesOf, keyOf, renameUser, type SimulatedUser, setClasses, setEmail, setRecordUid } from "./World.js"

/** Replace (PUT) and change (PATCH), step by step as the API does: what went before a refusal stays done. */
export const write = (
  server: Server,
  host: string,
  name: string,
  bodyText: string,
  isPatch: boolean
): SimulatorResponse => {
  const user = named(server, name)
  const body = bodyOf(server, bodyText, isPatch)
  const change = readChange(body)
  if (!isPatch) for (const field of ["firstname", "lastname", "roles"]) body.required(field)
  checkUdm(server, body, "user", change.udm_properties)
  check(body)
  const roles = body.has("roles") ? resolvedRoles(change) : user.roles
  checkGuardians(server, change, isPatch ? roles : user.roles, user.name)
  move(server, user, body, change)
  if (change.name !== undefined && change.name !== null && change.name !== user.name) rename(server, user, change.name)
  if (change.name === null || (!isPatch && change.name === undefined)) throw text(400, "No username was created.")
  if (roles.join() !== user.roles.join()) changeRoles(server, user, roles, change)
  modify(server, user, body, change, isPatch)
  return json(200, shown(server, host, user))
}

const move = (server: Server, user: SimulatedUser, body: Body, change: Change) => {
  const wanted = change.schools.map((url) => nameIn("school", url))
  const primary = change.school === undefined ? undefined : nameIn("school", change.school)
  if (primary === undefined && !body.has("schools")) return
  const schools = body.has("schools") ? wanted : primary === undefined ? user.schools : [primary]
  const school = primary ?? (schools.includes(user.school) ? user.school : [...schools].sort()[0])
  if (school === undefined || !schools.includes(school)) {
    throw text(422, `New 'school' '${school}' not in current or future 'schools'.`)
  }
  const unknown = schools.filter((each) => server.world.schools.get(keyOf(each)) !== each)
  if (unknown.includes(school)) throw text(500, "Internal server error")
  if (unknown.length > 0) throw text(400, `School '${unknown[0]}' does not exist.`)
  if (school !== user.school) {
    // A move takes the user out of everything in the school that is left.
    const left = user.school
    if (!schools.includes(left)) leave(server, user, left)
    user.school = school
  }
  const kept = body.has("school_classes") ? spelled(server, change.school_classes ?? {}) : classesOf(server.world, user)
  const groups = body.has("workgroups") ? spelled(server, change.workgroups ?? {}) : user.workgroups
  checkMemberships(schools, kept, "school_classes")
  checkMemberships(schools, groups, "workgroups")
  user.schools = [...new Set(schools)].sort()
}

const leave = (server: Server, user: SimulatedUser, school: string) => {
  const stays = [...user.classes].filter((key) => !key.startsWith(`${keyOf(school)}/`))
  setClasses(server.world, user, new Set(stays))
  user.workgroups = Object.fromEntries(Object.entries(user.workgroups).filter(([each]) => each !== school))
}

const rename = (server: Server, user: SimulatedUser, name: string) => {
  if (isTooLong(server, name, user.roles)) {
    throw text(400, `Renaming of user '${user.name}' to '${name}': the name is longer than allowed.`)
  }
  const holder = server.world.users.get(keyOf(name))
  if (holder !== undefined && holder !== user) throw text(422, `The username is already in use: ${name}`)
  renameUser(server.world, user, name)
}

const changeRoles = (server: Server, user: SimulatedUser, roles: ReadonlyArray<string>, change: Change) => {
  if (roles.includes("student")) {
    const memberships = { ...classesOf(server.world, user), ...spelled(server, change.school_classes ?? {}) }
    if (user.schools.some((school) => (memberships[school] ?? []).length === 0)) {
      throw text(
        400,
        "Type conversion to 'Student' requires at least one school class per school in old user or passed in additionally."
      )
    }
  }
  user.roles = roles
  if (roles.join() === "staff") setClasses(server.world, user, new Set())
}

const modify = (server: Server, user: SimulatedUser, body: Body, change: Change, isPatch: boolean) => {
  const isSet = (field: string) => body.has(field) || !isPatch
  checkMandatory(change, isSet)
  if (body.has("email")) checkEmail(server, change.email ?? null, user)
  if (isSet("school_classes")) {
    const memberships = classesFor(server, user.roles, change)
    checkMemberships(user.schools, memberships, "school_classes")
    applyMemberships(server, user, memberships, !isPatch)
  }
  if (body.has("workgroups")) {
    const workgroups = spelled(server, change.workgroups ?? {})
    checkMemberships(user.schools, workgroups, "workgroups")
    user.workgroups = workgroups
  }
  setFields(server, user, change, isSet)
}

const checkMandatory = (change: Change, isSet: (field: string) => boolean) => {
  if (isSet("record_uid") && !change.record_uid) throw text(400, "source_uid or record_uid are not set")
  if (isSet("source_uid") && !change.source_uid) throw text(400, "source_uid or record_uid are not set")
  if (isSet("firstname") && !change.firstname) throw text(400, "Mandatory attribute 'firstname' has empty value.")
  if (isSet("lastname") && !change.lastname) throw text(400, "Mandatory attribute 'lastname' has empty value.")
}

const setFields = (server: Server, user: SimulatedUser, change: Change, isSet: (field: string) => boolean) => {
  if (change.firstname) user.firstname = change.firstname
  if (change.lastname) user.lastname = change.lastname
  if (isSet("birthday")) user.birthday = change.birthday ?? null
  if (isSet("expiration_date")) user.expiration_date = change.expiration_date ?? null
  if (isSet("disabled")) user.disabled = change.disabled ?? false
  if (isSet("email")) setEmail(server.world, user, change.email || null)
  if (change.record_uid) setRecordUid(server.world, user, change.record_uid)
  if (change.source_uid) user.source_uid = change.source_uid
  if (isSet("ucsschool_roles")) user.ucsschool_roles = otherRoles(change.ucsschool_roles ?? [])
  if (change.udm_properties !== undefined)
    user.udm_properties = values({ ...user.udm_properties, ...change.udm_properties })
  if (change.password) user.password = "set"
  if (change.kelvin_password_hashes !== undefined) user.hashes = change.kelvin_password_hashes
  if (isSet("legal_guardians") || isSet("legal_wards")) setGuardians(server, user, change)
}
