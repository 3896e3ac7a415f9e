import { assert, describe, it } from "@effect/vitest"
import * as SchoolAuthority from "@id-connector/core/schools/SchoolAuthority"
import * as KelvinValidation from "@id-connector/kelvin/settings/KelvinValidation"
import * as Builders from "@id-connector/testkit/data/Builders"
import { Either } from "effect"

const check = (kelvin: object | null, url = "https://kelvin.example.com/ucsschool/kelvin/v1/") =>
  KelvinValidation.check(
    Either.getOrThrow(SchoolAuthority.decode({ name: "T", url, plugin_configs: kelvin === null ? {} : { kelvin } })),
    "kelvin"
  )

const mapping = { users: Builders.usersMapping, school_classes: Builders.classesMapping }
const complete = { username: "Administrator", password: "s3cr3t", mapping }

describe("the check of a Kelvin configuration", () => {
  it("finds nothing in one that is complete", () => {
    assert.deepStrictEqual(check(complete), { errors: [], warnings: [] })
  })

  it("warns of what keeps deliveries from working, all at once, each with its path", () => {
    const { errors, warnings } = check({ username: "x", mapping: { users: {} } }, "http://kelvin.example.com/")
    assert.deepStrictEqual(errors, [])
    assert.deepStrictEqual(
      warnings.map((warning) => warning.split(": ")[0]),
      [
        "url",
        "plugin_configs.kelvin.password",
        "plugin_configs.kelvin.mapping.users",
        "plugin_configs.kelvin.mapping.school_classes"
      ]
    )
    assert.deepStrictEqual(
      check(null).warnings.map((warning) => warning.split(": ")[0]),
      ["plugin_configs.kelvin"]
    )
  })

  it("names what may be meant by a misspelt attribute, and says nothing of a mapping that nobody reads", () => {
    const { lastname: _, ...others } = Builders.usersMapping
    const { warnings } = check({
      ...complete,
      mapping: { ...mapping, users: { ...others, lastname: "lastnam" }, users_techer: {} }
    })
    assert.deepStrictEqual(
      warnings.filter((warning) => warning.includes("nothing is mapped to")),
      [
        'plugin_configs.kelvin.mapping.users: nothing is mapped to lastname (is it meant by "lastnam"?): the target refuses users without them'
      ]
    )
  })

  it("names the attributes that a mapping of users must have and lacks", () => {
    const { record_uid: _, ...users } = Object.fromEntries(
      Object.entries(Builders.usersMapping).map(([here, there]) => [there, here])
    )
    const without = Object.fromEntries(Object.entries(users).map(([there, here]) => [here, there]))
    const { warnings } = check({ ...complete, mapping: { ...mapping, users_student: without } })
    assert.deepStrictEqual(warnings, [
      "plugin_configs.kelvin.mapping.users_student: nothing is mapped to record_uid: the target refuses users without them"
    ])
  })

  it("warns of keys that nobody reads, without showing their values", () => {
    const { warnings } = check({
      ...complete,
      passwort: "s3cr3t",
      mapping: { ...mapping, users_pupil: Builders.usersMapping },
      ssl_context: { ca_file: "x", minimum_version: 771, ciphers: "x" },
      deletion_protection: { percentage: 3 }
    })
    assert.deepStrictEqual(
      warnings.map((warning) => warning.split(": ")[0]),
      [
        "plugin_configs.kelvin.passwort",
        "plugin_configs.kelvin.mapping.users_pupil",
        "plugin_configs.kelvin.ssl_context.ciphers",
        "plugin_configs.kelvin.deletion_protection.percentage"
      ]
    )
    assert.notInclude(warnings.join(), "s3cr3t")
  })

  it.each([
    ["students", { users_student: { ucsschoolLegalGuardian: "legal_guardians" } }, "ucsschoolLegalWard"],
    ["guardians", { users_legal_guardian: { ucsschoolLegalWard: "legal_wards" } }, "ucsschoolLegalGuardian"]
  ])("refuses what maps only one direction, here that of %s", (_, more, missing) => {
    const users = { ...Builders.usersMapping }
    const { errors } = check({ ...complete, mapping: { users, ...more } })
    assert.lengthOf(errors, 1)
    assert.match(errors[0] ?? "", new RegExp(`^plugin_configs.kelvin.mapping: .*"${missing}" is not mapped`))
  })
})
