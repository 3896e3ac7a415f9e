import { Distribution, ListenerObject, SchoolAuthority, SchoolMapping, SourceDomain } from "@id-connector/core"
import { Either } from "effect"

const north = Either.getOrThrow(
  SchoolAuthority.decode({
    name: "North",
    active: true,
    url: "https://kelvin.example.com/ucsschool/kelvin/v1/",
    plugin_configs: {}
  })
)

const change = Either.getOrThrow(
  ListenerObject.decode({
    id: "5fd1f0a2-0c5e-4a0a-9d3c-0a1b2c3d4e5f",
    dn: "uid=anna,cn=schueler,cn=users,ou=DemoSchool,dc=example,dc=com",
    udm_object_type: "users/user",
    options: ["default", "ucsschoolStudent"],
    object: { username: "anna", school: ["DemoSchool", "Elsewhere"] }
  })
)

/** Who gets the change, with the reasons, and what was left out of account. */
export const distribution = Distribution.distribute(change, {
  mapping: SchoolMapping.make({ DEMOSCHOOL: "North" }),
  authorities: Distribution.byName([north]),
  layout: { ...SourceDomain.defaultLayout, base: "dc=example,dc=com" },
  added: [],
  concerned: []
})
