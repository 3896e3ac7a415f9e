import { deliver } from "./embedded.js"

/** Delivers a pupil to the target at `url`: `https://HOST/ucsschool/kelvin/v1/`. Answers with what came of it. */
export const program = (url: string, username: string, password: string, ssl_context = {}) =>
  deliver(
    {
      authorities: [
        {
          name: "North",
          active: true,
          url,
          plugins: ["kelvin"],
          plugin_configs: { kelvin: { username, password, ssl_context, mapping: { users } } }
        }
      ],
      mapping: { School1: "North" }
    },
    anna
  )

const users = {
  username: "name",
  firstname: "firstname",
  lastname: "lastname",
  school: "school",
  schools: "schools",
  roles: "roles",
  ucsschoolRecordUID: "record_uid",
  ucsschoolSourceUID: "source_uid"
}

/** A change as listener files hold it. */
const anna = {
  id: "00000000-0000-4000-8000-000000000001",
  dn: "uid=anna,cn=schueler,cn=users,ou=School1,dc=example,dc=com",
  udm_object_type: "users/user",
  options: ["default", "ucsschoolStudent"],
  object: {
    username: "anna",
    firstname: "Anna",
    lastname: "Meier",
    school: ["School1"],
    ucsschoolRole: ["student:school:School1"],
    ucsschoolRecordUID: "anna-1",
    ucsschoolSourceUID: "State"
  }
}
