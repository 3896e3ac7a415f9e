import { Distribution, ListenerObject, SchoolAuthority, SchoolMapping, SourceDomain } from "@id-connector/core"
import { Either } from "effect"

const url = "https://kelvin.example.com/ucsschool/kelvin/v1/"
const dn = "uid=anna,cn=schueler,cn=users,ou=DemoSchool,dc=example,dc=com"
const id = "5fd1f0a2-0c5e-4a0a-9d3c-0a1b2c3d4e5f"

/** Who gets a change, and why: no clock, no network, nothing to be started. */
export const reasons = Either.gen(function* () {
  const north = yield* SchoolAuthority.decode({ name: "North", active: true, url, plugin_configs: {} })
  const anna = { options: ["default", "ucsschoolStudent"], object: { username: "anna", school: ["DemoSchool"] } }
  const change = yield* ListenerObject.decode({ id, dn, udm_object_type: "users/user", ...anna })
  const mapping = SchoolMapping.make({ DEMOSCHOOL: "North" })
  const layout = { ...SourceDomain.defaultLayout, base: "dc=example,dc=com" }
  const facts = { mapping, authorities: Distribution.byName([north]), layout, added: [], concerned: [] }
  return Distribution.distribute(change, facts).recipients.map(
    ({ authority, because }) => `${authority}: ${because.map(Distribution.describeBecause).join(", ")}`
  )
})
