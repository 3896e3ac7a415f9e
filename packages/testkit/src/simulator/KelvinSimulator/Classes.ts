/** The resources `classes`, `schools` and `roles` of the Kelvin REST API 4.0. */
import { invalid, json, noObject, noSchool, type SimulatorResponse, text, udm, unresolved } from "./Answer.js"
import type { Body } from "./Body.js"
import { bodyOf, check, checkUdm, nameIn, roleNames, type Server, shownUdm, urlOf } from "./Server.js"
import { wildcard } from "./Wildcard.js"
import { addClass, classKey, keyOf, removeClass, renameClass, type SimulatedClass, setMembers } from "./World.js"

export const search = (server: Server, host: string, query: URLSearchParams): SimulatorResponse => {
  const school = query.get("school")
  if (school === null) {
    throw invalid([{ loc: ["query", "school"], msg: "field required", type: "value_error.missing" }])
  }
  if (!server.world.schools.has(keyOf(school))) throw udm(422, null, "Unprocessable Entity", "APICommunicationError")
  const matches = wildcard(query.get("name") ?? "*")
  const found = [...server.world.classes.values()].filter((each) => each.school === school && matches(each.name))
  return json(
    200,
    found.map((each) => shown(server, host, each))
  )
}

export const get = (server: Server, host: string, school: string, name: string): SimulatorResponse =>
  json(200, shown(server, host, named(server, school, name)))

export const remove = (server: Server, school: string, name: string): SimulatorResponse => {
  removeClass(server.world, named(server, school, name))
  return { status: 204, headers: {}, body: undefined }
}

const named = (server: Server, school: string, name: string): SimulatedClass => {
  const found = server.world.classes.get(classKey(school, name))
  if (found === undefined) throw noObject(`${server.world.schools.get(keyOf(school)) ?? school}-${name}`)
  return found
}

export const create = (server: Server, host: string, bodyText: string): SimulatorResponse => {
  const body = bodyOf(server, bodyText, false)
  const fields = read(body)
  body.required("name")
  body.required("school")
  checkUdm(server, body, "school_class", fields.udm_properties)
  check(body)
  const wanted = nameIn("school", fields.school ?? "")
  const members = resolved(server, fields.users ?? [])
  const school = server.world.schools.get(keyOf(wanted))
  if (school === undefined) throw noSchool(wanted)
  if (server.world.classes.has(classKey(school, fields.name ?? ""))) throw text(409, "School class exists.")
  const created = addClass(server.world, school, fields.name ?? "")
  created.description = fields.description ?? null
  created.udm_properties = { ...fields.udm_properties }
  setMembers(server.world, created, members)
  return json(201, shown(server, host, created))
}

export const write = (
  server: Server,
  host: string,
  [school, name]: readonly [string, string],
  bodyText: string,
  isPatch: boolean
): SimulatorResponse => {
  const body = bodyOf(server, bodyText, isPatch)
  const fields = read(body)
  if (!isPatch) {
    body.required("name")
    body.required("school")
  }
  checkUdm(server, body, "school_class", fields.udm_properties)
  check(body)
  if (!server.world.schools.has(keyOf(school))) throw noSchool(school)
  const found = named(server, school, name)
  if (!isPatch && keyOf(nameIn("school", fields.school ?? "")) !== keyOf(found.school)) {
    throw text(422, "Moving of class to other school is not allowed.")
  }
  const members = fields.users === undefined ? undefined : resolved(server, fields.users)
  if (fields.name && fields.name !== found.name) {
    const taken = server.world.classes.get(classKey(found.school, fields.name))
    if (taken !== undefined && taken !== found)
      throw udm(422, "name", `The name is already in use: ${fields.name}`, "ModifyError")
    renameClass(server.world, found, fields.name)
  }
  if (body.has("description") || !isPatch) found.description = fields.description ?? null
  if (fields.udm_properties !== undefined) found.udm_properties = { ...found.udm_properties, ...fields.udm_properties }
  if (members !== undefined) setMembers(server.world, found, members)
  else if (!isPatch) setMembers(server.world, found, new Set())
  return json(200, shown(server, host, found))
}

const read = (body: Body) => {
  const name = body.text("name", body.isPatch)
  const school = body.isPatch ? undefined : body.url("school")
  const label = `${school === undefined ? "" : decodeURIComponent(school.slice(school.lastIndexOf("/") + 1))}-${name}`
  if (typeof name === "string" && !/^[A-Za-z0-9 ._-]*[A-Za-z0-9]$/.test(body.isPatch ? name : label)) {
    body.problem(
      [body.isPatch ? "name" : "__root__"],
      "Value must not contain anything other than digits, letters, dots or spaces, must be at least 2 characters long, and start and end with a digit or letter!",
      "value_error"
    )
  }
  const users = body.values.users
  return {
    name,
    school,
    description: body.text("description", true),
    udm_properties: body.record("udm_properties", true),
    users: Array.isArray(users) ? users.flatMap((url, at) => body.checkedUrl(["users", at], url) ?? []) : undefined
  }
}

const resolved = (server: Server, urls: ReadonlyArray<string>): ReadonlySet<string> =>
  new Set(
    urls.map((url) => {
      const name = nameIn("user", url)
      if (!server.world.users.has(keyOf(name)))
        throw unresolved("user", decodeURIComponent(url.replace(/^https:/i, "http:")))
      return keyOf(name)
    })
  )

const shown = (server: Server, host: string, each: SimulatedClass) => ({
  dn: `cn=${each.school}-${each.name},cn=klassen,cn=schueler,cn=groups,ou=${each.school},${server.base}`,
  url: urlOf(host, "classes", each.school, each.name),
  ucsschool_roles: [`school_class:school:${each.school}`],
  udm_properties: shownUdm(server, "school_class", each.udm_properties),
  name: each.name,
  school: urlOf(host, "schools", each.school),
  description: each.description,
  users: [...each.members].sort().map((key) => urlOf(host, "users", server.world.users.get(key)?.name ?? key)),
  create_share: true
})

export const schools = (server: Server, host: string, query: URLSearchParams): SimulatorResponse => {
  const matches = wildcard(query.get("name") ?? "*")
  return json(
    200,
    [...server.world.schools.values()].filter(matches).map((school) => shownSchool(server, host, school))
  )
}

export const school = (server: Server, host: string, name: string): SimulatorResponse => {
  const found = server.world.schools.get(keyOf(name))
  if (found === undefined) throw noSchool(name)
  return json(200, shownSchool(server, host, found))
}

const shownSchool = (server: Server, host: string, school: string) => ({
  dn: `ou=${school},${server.base}`,
  url: urlOf(host, "schools", school),
  ucsschool_roles: [`school:school:${school}`],
  udm_properties: {},
  name: school,
  display_name: school,
  educational_servers: [],
  administrative_servers: [],
  class_share_file_server: null,
  home_share_file_server: null
})

export const roles = (host: string): SimulatorResponse =>
  json(
    200,
    roleNames.map((name) => shownRole(host, name))
  )

export const role = (host: string, name: string): SimulatorResponse => {
  if (!roleNames.some((each) => each === name)) throw noObject(name)
  return json(200, shownRole(host, name))
}

const shownRole = (host: string, name: string) => ({ name, display_name: name, url: urlOf(host, "roles", name) })
