import { assert, describe, it } from "@effect/vitest"
import * as LdapFilter from "@id-connector/ldap/LdapFilter"
import { FastCheck } from "effect"
import { EqualityFilter, OrFilter } from "ldapts"

/** The names that a filter looks for. */
const namesIn = (filter: unknown): ReadonlyArray<unknown> =>
  filter instanceof OrFilter
    ? filter.filters.map((each) => (each instanceof EqualityFilter ? each.value : each))
    : [filter]

describe("LdapFilter", () => {
  it("looks for each name once, a hundred at a time", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(FastCheck.string({ maxLength: 3 }), { maxLength: 400 }), (names) => {
        const filters = LdapFilter.users(names).map(namesIn)
        assert.deepStrictEqual(
          filters.flat(),
          [...new Set(names)].filter((name) => name !== "")
        )
        assert.ok(filters.every(({ length }, index) => length === 100 || index === filters.length - 1))
      })
    )
  })

  it("looks for nobody when no name is given", () => {
    assert.deepStrictEqual(LdapFilter.users([""]), [])
  })

  it("looks for everybody and everything of one school, and not of one that begins alike", () => {
    assert.strictEqual(
      String(LdapFilter.usersOfSchool("Gym")),
      "(&(ucsschoolSchool=Gym)(|(ucsschoolRole=teacher:school:Gym)(ucsschoolRole=student:school:Gym)" +
        "(ucsschoolRole=staff:school:Gym)(ucsschoolRole=legal_guardian:school:Gym)))"
    )
    assert.strictEqual(
      String(LdapFilter.groupsOfSchool("Gym")),
      "(&(cn=Gym-*)(|(ucsschoolRole=school_class:school:Gym)(ucsschoolRole=workgroup:school:Gym)))"
    )
  })
})
