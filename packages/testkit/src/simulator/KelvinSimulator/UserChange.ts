/** The fields of a write of a user, and the rules that hold for several of them together. */
import { text } from "./Answer.js"
import type { Body } from "./Body.js"
import { nameIn, type Server } from "./Server.js"
import { addClass, classKey, keyOf, type SimulatedUser, setClasses } from "./World.js"

/** What a body says about a user; undefined where it says nothing. */
export interface Change {
  readonly name: string | null | undefined
  readonly firstname: string | null | undefined
  readonly lastname: string | null | undefined
  readonly record_uid: string | null | undefined
  readonly source_uid: string | null | undefined
  readonly email: string | null | undefined
  readonly password: string | null | undefined
  readonly birthday: string | null | undefined
  readonly expiration_date: string | null | undefined
  readonly disabled: boolean | undefined
  /** URLs. */
  readonly school: string | undefined
  readonly schools: ReadonlyArray<string>
  readonly roles: ReadonlyArray<string>
  readonly school_classes: Readonly<Record<string, ReadonlyArray<string>>> | undefined
  readonly workgroups: Readonly<Record<string, ReadonlyArray<string>>> | undefined
  readonly ucsschool_roles: ReadonlyArray<string> | undefined
  readonly udm_properties: Readonly<Record<string, unknown>> | undefined
  readonly legal_guardians: ReadonlyArray<string> | undefined
  readonly legal_wards: ReadonlyArray<string> | undefined
  readonly kelvin_password_hashes: Readonly<Record<string, unknown>> | undefined
}

export const readChange = (body: Body): Change => {
  const change: Change = {
    name: userName(body),
    firstname: body.text("firstname", body.isPatch),
    lastname: body.text("lastname", body.isPatch),
    record_uid: body.text("record_uid", true),
    source_uid: body.text("source_uid", true),
    email: body.text("email", true),
    password: body.text("password", !body.isPatch),
    birthday: body.date("birthday"),
    expiration_date: body.date("expiration_date"),
    disabled: body.boolean("disabled"),
    school: body.url("school"),
    schools: body.urls("schools") ?? [],
    roles: body.urls("roles") ?? [],
    school_classes: body.memberships("school_classes"),
    workgroups: body.memberships("workgroups"),
    ucsschool_roles: body.texts("ucsschool_roles"),
    udm_properties: body.record("udm_properties", !body.isPatch),
    legal_guardians: body.texts("legal_guardians"),
    legal_wards: body.texts("legal_wards"),
    kelvin_password_hashes: hashes(body)
  }
  if (change.password && change.kelvin_password_hashes !== undefined) {
    body.problem(["__root__"], "Only one of 'password' and 'kelvin_password_hashes' must be set.", "value_error")
  }
  return change
}

const userName = (body: Body): string | null | undefined => {
  const name = body.text("name", true)
  if (typeof name !== "string") return name
  if (/[,+"<>;=\\]/.test(name)) body.problem(["name"], "May not contain special characters", "value_error")
  else if (!/^[\p{L}\p{N}_]([\p{L}\p{N}_!#$%&'()*.-]*[\p{L}\p{N}_])?$/u.test(name)) {
    body.problem(["name"], "Username must only contain numbers, letters and dots!", "value_error")
  }
  return name
}

const hashKeys = ["user_password", "samba_nt_password", "krb_5_key", "krb5_key_version_number", "samba_pwd_last_set"]

const hashes = (body: Body) => {
  const value = body.record("kelvin_password_hashes", !body.isPatch)
  if (value === undefined) return undefined
  for (const key of hashKeys) {
    if (value[key] === undefined || value[key] === null) {
      body.problem(["kelvin_password_hashes", key], "field required", "value_error.missing")
    }
  }
  const keys = value.krb_5_key
  if (Array.isArray(keys) && !keys.every((key) => /^[A-Za-z0-9+/]*={0,2}$/.test(String(key)))) {
    body.problem(
      ["kelvin_password_hashes", "krb_5_key"],
      "Values of 'krb_5_key' must be base64 encoded.",
      "value_error"
    )
  }
  return value
}

/** Every school in classes or work groups has to be one of the user's. */
export const checkMemberships = (
  schools: ReadonlyArray<string>,
  memberships: Readonly<Record<string, ReadonlyArray<string>>>,
  attribute: string
): void => {
  for (const school of Object.keys(memberships)) {
    if (!schools.includes(school)) {
      throw text(
        400,
        `{'${attribute}': ["School '${school}' in '${attribute}' is missing in the users 'school(s)' attributes."]}`
      )
    }
  }
}

/** Puts the user into exactly these classes; those that do not exist are created. */
export const applyMemberships = (
  server: Server,
  user: SimulatedUser,
  memberships: Readonly<Record<string, ReadonlyArray<string>>>,
  isRepairing: boolean
): void => {
  const keys = new Set<string>()
  for (const [school, names] of Object.entries(memberships)) {
    for (const given of names) {
      // PATCH does not replace what a class name must not contain, it refuses it.
      const name = isRepairing ? given.replace(/[^A-Za-z0-9 ._-]/g, "-") : given
      if (/[^A-Za-z0-9 ._-]/.test(name)) throw text(400, `Invalid school class name: '${school}-${name}'`)
      const key = classKey(school, name)
      if (!server.world.classes.has(key)) addClass(server.world, school, name)
      keys.add(key)
    }
  }
  setClasses(server.world, user, keys)
}

/** Guardians belong to students, wards to guardians; those named have to exist. */
export const checkGuardians = (server: Server, change: Change, roles: ReadonlyArray<string>, name: string): void => {
  const guardians = names(change.legal_guardians)
  const wards = names(change.legal_wards)
  if (guardians.length > 0 && !roles.includes("student")) {
    throw text(400, "Parameter 'legal_guardians' only valid for user-role 'student'")
  }
  if (wards.length > 0 && !roles.includes("legal_guardian")) {
    throw text(400, "Parameter 'legal_wards' only valid for user-role 'legal_guardian'")
  }
  if (guardians.length > 4)
    throw text(400, `User ${name} has more legal guardians (${guardians.length}) than allowed (4)`)
  if (wards.length > 10) throw text(400, `User ${name} has more students (${wards.length}) than allowed (10)`)
  const lacks = (other: string, role: string) => !server.world.users.get(keyOf(other))?.roles.includes(role)
  const guardian = guardians.find((other) => lacks(other, "legal_guardian"))
  if (guardian !== undefined) throw text(400, `Couldn't find legal guardian ${guardian} for student ${name}`)
  const ward = wards.find((other) => lacks(other, "student"))
  if (ward !== undefined) throw text(400, `Couldn't find student ${ward} for legal guardian ${name}`)
}

/** Writes one direction; the server keeps the other. */
export const setGuardians = (server: Server, user: SimulatedUser, change: Change): void => {
  if (change.legal_guardians !== undefined) {
    user.legal_guardians = names(change.legal_guardians)
      .map((name) => spelling(server, name))
      .sort()
  }
  if (change.legal_wards !== undefined && user.roles.includes("legal_guardian")) {
    const wards = new Set(names(change.legal_wards).map(keyOf))
    for (const other of server.world.users.values()) {
      const rest = other.legal_guardians.filter((name) => keyOf(name) !== keyOf(user.name))
      if (wards.has(keyOf(other.name))) other.legal_guardians = [...rest, user.name].sort()
      else if (rest.length !== other.legal_guardians.length) other.legal_guardians = rest
    }
  }
}

const spelling = (server: Server, name: string) => server.world.users.get(keyOf(name))?.name ?? name

/** User names, given as names or as URLs. */
const names = (references: ReadonlyArray<string> | undefined): ReadonlyArray<string> =>
  (references ?? []).map((reference) => (/^https?:/i.test(reference) ? nameIn("user", reference) : reference))
