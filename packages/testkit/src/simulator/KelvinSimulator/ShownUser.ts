/** A user as the Kelvin REST API 4.0 shows it. */
import { type Server, shownUdm, urlOf } from "./Server.js"
import { classesOf, type SimulatedUser, wardsOf } from "./World.js"

export const shown = (server: Server, host: string, user: SimulatedUser) => ({
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
