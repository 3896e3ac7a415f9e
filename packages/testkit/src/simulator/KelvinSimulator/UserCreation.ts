/** `POST /users` of the Kelvin REST API 4.0, in the order of the API's own checks. */
import { json, noSchool, type SimulatorResponse, text } from "./Answer.js"
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
import { addUser, keyOf, type SimulatedUser } from "./World.js"

export const create = (server: Server, host: string, bodyText: string): SimulatorResponse => {
  const body = bodyOf(server, bodyText, false)
  const change = readChange(body)
  checkBody(server, body, change)
  const user = userOf(server, change)
  const memberships = classesFor(server, user.roles, change)
  checkMemberships(user.schools, memberships, "school_classes")
  checkMemberships(user.schools, user.workgroups, "workgroups")
  addUser(server.world, user)
  applyMemberships(server, user, memberships, true)
  setGuardians(server, user, change)
  return json(201, shown(server, host, user))
}

const checkBody = (server: Server, body: Body, change: Change): void => {
  for (const field of ["firstname", "lastname", "roles"]) body.required(field)
  if (change.school === undefined && change.schools.length === 0) {
    body.problem(["__root__"], "At least one of 'school' and 'schools' must be set.", "value_error")
  }
  checkUdm(server, body, "user", change.udm_properties)
  check(body)
}

/** The user without classes and guardians, if nothing keeps it from being created. */
const userOf = (server: Server, change: Change): SimulatedUser => {
  const roles = resolvedRoles(change)
  const { school, schools } = schoolsOf(server, change)
  const name = change.name ?? ""
  if (school === undefined || name === "") throw text(400, "No username was created.")
  if (server.world.users.has(keyOf(name))) throw text(409, "School user exists.")
  checkGuardians(server, change, roles, name)
  const record = recordOf(server, change, name, roles)
  const fail = (reason: string) =>
    text(400, `Failed to create ImportStudent(name='${name}', school='${school}'): ${reason}`)
  if (isTooLong(server, name, roles)) throw fail(`Username '${name}' is longer than allowed.`)
  if (!change.firstname || !change.lastname) throw fail("Mandatory attribute 'firstname' has empty value.")
  checkEmail(server, change.email ?? null, null)
  return {
    name,
    firstname: change.firstname,
    lastname: change.lastname,
    school,
    schools,
    roles,
    birthday: change.birthday ?? null,
    expiration_date: change.expiration_date ?? null,
    disabled: change.disabled ?? false,
    email: change.email || null,
    ...record,
    ucsschool_roles: otherRoles(change.ucsschool_roles ?? []),
    udm_properties: values(change.udm_properties ?? {}),
    workgroups: spelled(server, change.workgroups ?? {}),
    legal_guardians: [],
    hashes: change.kelvin_password_hashes ?? null,
    password: change.password ? "set" : null,
    classes: new Set()
  }
}

/** The schools in the server's spelling, and which of them is the first one. `school` alone is enough, and so is `schools`. */
const schoolsOf = (server: Server, { school: url, schools: urls }: Change) => {
  const found = (url: string) => {
    const wanted = nameIn("school", url)
    const school = server.world.schools.get(keyOf(wanted))
    if (school === undefined) throw noSchool(wanted)
    return school
  }
  const own = url === undefined ? undefined : found(url)
  const all = urls.map(found)
  const schools = [...new Set(all.length === 0 && own !== undefined ? [own] : all)].sort()
  return { school: own !== undefined && schools.includes(own) ? own : schools[0], schools }
}

/** What names the user at its source. No other user with the same roles may have it. */
const recordOf = (server: Server, change: Change, name: string, roles: ReadonlyArray<string>) => {
  const recordUid = change.record_uid ?? null
  const sourceUid = change.source_uid ?? "Kelvin"
  if (recordUid === null || recordUid === "") {
    throw text(
      400,
      `Failed to create <${name}>: source_uid or record_uid are not set (source_uid='${sourceUid}' record_uid=None).`
    )
  }
  const twin = [...(server.world.byRecordUid.get(keyOf(recordUid)) ?? [])]
    .flatMap((key) => server.world.users.get(key) ?? [])
    .find((user) => user.source_uid === sourceUid && user.roles.join() === roles.join())
  if (twin !== undefined) {
    throw text(409, `School user exists (name='${twin.name}', record_uid='${recordUid}', source_uid='${sourceUid}').`)
  }
  return { record_uid: recordUid, source_uid: sourceUid }
}
