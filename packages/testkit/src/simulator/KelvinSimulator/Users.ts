/** The resource `users` of the Kelvin REST API 4.0: search, read, create, replace, change, remove. */
import { invalid, json, noObject, noSchool, type SimulatorResponse, text } from "./Answer.js"
import type { Body } from "./Body.js"
import { bodyOf, check, checkUdm, nameIn, roleNames, type Server, shownUdm, urlOf } from "./Server.js"
import {
  applyMemberships,
  type Change,
  checkGuardians,
  checkMemberships,
  readChange,
  setGuardians
} from "./UserChange.js"
import {
  addUser,
  classesOf,
  keyOf,
  removeUser,
  renameUser,
  type SimulatedUser,
  setClasses,
  setEmail,
  setRecordUid,
  wardsOf
} from "./World.js"

export const search = (server: Server, host: string, query: URLSearchParams): SimulatorResponse => {
  const roles = query.getAll("roles")
  const unknown = roles.filter((role) => !roleNames.some((name) => name === role))
  if (unknown.length > 0) {
    throw invalid([
      { loc: ["query", "roles", 0], msg: "value is not a valid enumeration member", type: "type_error.enum" }
    ])
  }
  const tests: Array<(user: SimulatedUser) => boolean> = []
  for (const field of ["name", "firstname", "lastname", "record_uid", "source_uid", "email"] as const) {
    const wanted = last(query, field)
    if (wanted !== undefined) tests.push(matcher(wanted, (user) => user[field]))
  }
  for (const field of ["birthday", "expiration_date"] as const) {
    const wanted = last(query, field)
    if (wanted !== undefined) tests.push((user) => user[field] === wanted)
  }
  const school = last(query, "school")
  if (school !== undefined) {
    const matches = wildcard(school)
    tests.push((user) => user.schools.some(matches))
  }
  const disabled = last(query, "disabled")
  if (disabled !== undefined) tests.push((user) => String(user.disabled) === disabled.toLowerCase())
  if (roles.length > 0) {
    tests.push((user) => user.roles.length === roles.length && roles.every((role) => user.roles.includes(role)))
  }
  const users = candidates(server, last(query, "record_uid"), last(query, "name"))
    .filter((user) => tests.every((test) => test(user)))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return json(
    200,
    users.map((user) => shown(server, host, user))
  )
}

/** Those that can match at all: an index instead of all users where the search has no wildcard. */
const candidates = (server: Server, recordUid: string | undefined, name: string | undefined) => {
  const { byRecordUid, users } = server.world
  if (recordUid !== undefined && !recordUid.includes("*")) {
    return [...(byRecordUid.get(keyOf(recordUid)) ?? [])].flatMap((key) => users.get(key) ?? [])
  }
  if (name !== undefined && !name.includes("*")) return [users.get(keyOf(name))].flatMap((user) => user ?? [])
  return [...users.values()]
}

const last = (query: URLSearchParams, field: string): string | undefined => query.getAll(field).at(-1)

const matcher = (wanted: string, of: (user: SimulatedUser) => string | null) => {
  const matches = wildcard(wanted)
  return (user: SimulatedUser) => {
    const value = of(user)
    return value !== null && matches(value)
  }
}

/** `*` anywhere stands for anything, case does not count. */
export const wildcard = (pattern: string): ((value: string) => boolean) => {
  if (!pattern.includes("*")) return (value) => keyOf(value) === keyOf(pattern)
  const source = pattern
    .split("*")
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*")
  const expression = new RegExp(`^${source}$`, "is")
  return (value) => expression.test(value)
}

export const get = (server: Server, host: string, name: string): SimulatorResponse =>
  json(200, shown(server, host, named(server, name)))

export const remove = (server: Server, name: string): SimulatorResponse => {
  removeUser(server.world, named(server, name))
  return { status: 204, headers: {}, body: undefined }
}

const named = (server: Server, name: string): SimulatedUser => {
  const user = server.world.users.get(keyOf(name))
  if (user === undefined) throw noObject(name)
  return user
}

/** Create, in the order of the API's own checks. */
export const create = (server: Server, host: string, bodyText: string): SimulatorResponse => {
  const body = bodyOf(server, bodyText, false)
  const change = readChange(body)
  for (const field of ["firstname", "lastname", "roles"]) body.required(field)
  if (change.school === undefined && change.schools.length === 0) {
    body.problem(["__root__"], "At least one of 'school' and 'schools' must be set.", "value_error")
  }
  checkUdm(server, body, "user", change.udm_properties)
  check(body)
  const roles = resolvedRoles(change)
  const places = [...(change.school === undefined ? [] : [change.school]), ...change.schools].map((url) => {
    const wanted = nameIn("school", url)
    const school = server.world.schools.get(keyOf(wanted))
    if (school === undefined) throw noSchool(wanted)
    return school
  })
  const own = change.school === undefined ? [...places].sort()[0] : places[0]
  const schools = [
    ...new Set(change.schools.length === 0 ? places : places.slice(change.school === undefined ? 0 : 1))
  ].sort()
  const school = own !== undefined && schools.includes(own) ? own : schools[0]
  const name = change.name ?? ""
  if (school === undefined || name === "") throw text(400, "No username was created.")
  if (server.world.users.has(keyOf(name))) throw text(409, "School user exists.")
  checkGuardians(server, change, roles, name)
  const recordUid = change.record_uid ?? null
  const sourceUid = change.source_uid ?? "Kelvin"
  if (recordUid === null || recordUid === "") {
    throw text(
      400,
      `Failed to create <${name}>: source_uid or record_uid are not set (source_uid='${sourceUid}' record_uid=None).`
    )
  }
  const sameRecord = [...(server.world.byRecordUid.get(keyOf(recordUid)) ?? [])]
  const twin = sameRecord
    .flatMap((key) => server.world.users.get(key) ?? [])
    .find((user) => user.source_uid === sourceUid && user.roles.join() === roles.join())
  if (twin !== undefined) {
    throw text(409, `School user exists (name='${twin.name}', record_uid='${recordUid}', source_uid='${sourceUid}').`)
  }
  const fail = (reason: string) =>
    text(400, `Failed to create ImportStudent(name='${name}', school='${school}'): ${reason}`)
  if (server.maxNameLength && name.length > (roles.includes("student") ? 15 : 20)) {
    throw fail(`Username '${name}' is longer than allowed.`)
  }
  if (!change.firstname || !change.lastname) throw fail("Mandatory attribute 'firstname' has empty value.")
  checkEmail(server, change.email ?? null, null)
  const memberships = roles.join() === "staff" ? {} : spelled(server, change.school_classes ?? {})
  checkMemberships(schools, memberships, "school_classes")
  checkMemberships(schools, spelled(server, change.workgroups ?? {}), "workgroups")
  const user: SimulatedUser = {
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
    record_uid: recordUid,
    source_uid: sourceUid,
    ucsschool_roles: otherRoles(change.ucsschool_roles ?? []),
    udm_properties: values(change.udm_properties ?? {}),
    workgroups: spelled(server, change.workgroups ?? {}),
    legal_guardians: [],
    hashes: change.kelvin_password_hashes ?? null,
    password: change.password ? "set" : null,
    classes: new Set()
  }
  addUser(server.world, user)
  applyMemberships(server, user, memberships, true)
  setGuardians(server, user, change)
  return json(201, shown(server, host, user))
}

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
  if (server.maxNameLength && name.length > (user.roles.includes("student") ? 15 : 20)) {
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
  if (isSet("record_uid") && !change.record_uid) throw text(400, "source_uid or record_uid are not set")
  if (isSet("source_uid") && !change.source_uid) throw text(400, "source_uid or record_uid are not set")
  if (isSet("firstname") && !change.firstname) throw text(400, "Mandatory attribute 'firstname' has empty value.")
  if (isSet("lastname") && !change.lastname) throw text(400, "Mandatory attribute 'lastname' has empty value.")
  if (body.has("email")) checkEmail(server, change.email ?? null, user)
  if (isSet("school_classes")) {
    const memberships = user.roles.join() === "staff" ? {} : spelled(server, change.school_classes ?? {})
    checkMemberships(user.schools, memberships, "school_classes")
    applyMemberships(server, user, memberships, !isPatch)
  }
  if (body.has("workgroups")) {
    const workgroups = spelled(server, change.workgroups ?? {})
    checkMemberships(user.schools, workgroups, "workgroups")
    user.workgroups = workgroups
  }
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

const resolvedRoles = (change: Change): ReadonlyArray<string> => {
  const roles = change.roles.map((url) => nameIn("role", url)).sort()
  if (roles.length === 0 || roles.some((role) => !roleNames.some((name) => name === role))) {
    throw text(500, "Internal server error")
  }
  return roles
}

const checkEmail = (server: Server, email: string | null, own: SimulatedUser | null) => {
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
const spelled = (server: Server, memberships: Readonly<Record<string, ReadonlyArray<string>>>) =>
  Object.fromEntries(
    Object.entries(memberships).map(([school, names]) => [server.world.schools.get(keyOf(school)) ?? school, names])
  )

const otherRoles = (roles: ReadonlyArray<string>) => roles.filter((role) => role.split(":")[1] !== "school")

const values = (properties: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null))

const shown = (server: Server, host: string, user: SimulatedUser) => ({
  dn: `uid=${user.name},cn=${containerOf(user.roles)},cn=users,ou=${user.school},${server.base}`,
  url: urlOf(host, "users", user.name),
  ucsschool_roles: [
    ...user.schools.flatMap((school) => user.roles.map((role) => `${role}:school:${school}`)),
    ...user.ucsschool_roles
  ],
  udm_properties: shownUdm(server, "user", user.udm_properties),
  name: user.name,
  school: urlOf(host, "schools", user.school),
  firstname: user.firstname,
  lastname: user.lastname,
  birthday: user.birthday,
  disabled: user.disabled,
  email: user.email,
  expiration_date: user.expiration_date,
  record_uid: user.record_uid,
  roles: user.roles.map((role) => urlOf(host, "roles", role)),
  schools: user.schools.map((school) => urlOf(host, "schools", school)),
  school_classes: classesOf(server.world, user),
  workgroups: user.workgroups,
  source_uid: user.source_uid,
  legal_guardians: user.legal_guardians.map((name) => urlOf(host, "users", name)),
  legal_wards: wardsOf(server.world, user).map((name) => urlOf(host, "users", name))
})

const containerOf = (roles: ReadonlyArray<string>): string => {
  if (roles.join() === "staff,teacher") return "lehrer und mitarbeiter"
  const containers: Readonly<Record<string, string>> = {
    student: "schueler",
    teacher: "lehrer",
    staff: "mitarbeiter",
    legal_guardian: "sorgeberechtigte"
  }
  return containers[roles[0] ?? ""] ?? "admins"
}
