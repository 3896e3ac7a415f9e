import { assert, describe, it } from "@effect/vitest"
import { Directory, type DirectoryShape } from "@id-connector/core/directory/Directory"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as MemoryDirectory from "@id-connector/testkit/memory/MemoryDirectory"
import { Effect, Option, Redacted } from "effect"

const anna = { dn: "uid=anna,dc=example", uid: "anna", hashes: Builders.passwordHashes }

describe("DirectoryContent", () => {
  it.effect("lets the later entry count of a user who is in it twice, also in what that lacks", () =>
    Effect.gen(function* () {
      const known = (users: ReadonlyArray<unknown>) =>
        Effect.flatMap(Directory, (directory) => directory.passwordHashes(["Anna"])).pipe(
          Effect.provide(MemoryDirectory.layer({ users })),
          Effect.map((found) => found.size)
        )
      const without = { dn: anna.dn, uid: "ANNA" }
      assert.deepStrictEqual([yield* known([anna]), yield* known([without, anna])], [1, 1])
      assert.strictEqual(yield* known([anna, without]), 0)
    })
  )

  const teacher = {
    dn: "uid=ben,dc=example",
    uid: "Ben",
    entryUUID: "b-1",
    displayName: "Ben B.",
    password: "s3cr3t",
    schools: ["A"],
    ucsschoolRole: ["teacher:school:A"],
    properties: { title: "Dr." }
  }
  const schoolClass = {
    dn: "cn=A-5a,dc=example",
    cn: "A-5a",
    entryUUID: "g-1",
    uniqueMember: ["UID=Ben,dc=example"],
    ucsschoolRole: ["school_class:school:A"],
    properties: { description: "Five a" }
  }
  const admins = { dn: "cn=admins,dc=example", cn: "ucsschool-id-connector-admins", uniqueMember: [teacher.dn] }
  const content = { users: [teacher, anna], groups: [schoolClass, admins] }

  const asked = <A>(ask: (directory: DirectoryShape) => Effect.Effect<A, unknown>) =>
    Effect.flatMap(Directory, ask).pipe(Effect.provide(MemoryDirectory.layer(content)))

  it.effect("gives users and groups the form of listener files, with the classes of a user", () =>
    Effect.gen(function* () {
      const user = Option.getOrThrow(yield* asked(({ listenerObject }) => listenerObject("user", "BEN")))
      assert.deepStrictEqual<unknown>(user, {
        id: "b-1",
        dn: teacher.dn,
        udm_object_type: "users/user",
        options: ["default", "ucsschoolTeacher"],
        object: {
          username: "Ben",
          displayName: "Ben B.",
          school: ["A"],
          ucsschoolRole: ["teacher:school:A"],
          disabled: "0",
          groups: [schoolClass.dn, admins.dn],
          title: "Dr."
        }
      })
      const group = Option.getOrThrow(yield* asked(({ listenerObject }) => listenerObject("group", "a-5A")))
      assert.deepStrictEqual<unknown>(group, {
        id: "g-1",
        dn: schoolClass.dn,
        udm_object_type: "groups/group",
        options: ["default"],
        object: {
          name: "A-5a",
          users: schoolClass.uniqueMember,
          ucsschoolRole: ["school_class:school:A"],
          description: "Five a"
        }
      })
      assert.isTrue(Option.isNone(yield* asked(({ listenerObject }) => listenerObject("user", "nobody"))))
    })
  )

  it.effect("knows the people and classes of a school by their roles there", () =>
    Effect.gen(function* () {
      const users = yield* asked(({ usersOfSchool }) => usersOfSchool("a"))
      assert.deepStrictEqual(
        users.map(({ isSchoolUser, username }) => [username, isSchoolUser]),
        [["Ben", true]]
      )
      const groups = yield* asked(({ groupsOfSchool }) => groupsOfSchool("a"))
      assert.deepStrictEqual(
        groups.map(({ name }) => name),
        ["A-5a"]
      )
      assert.deepStrictEqual(yield* asked(({ usersOfSchool }) => usersOfSchool("B")), [])
    })
  )

  it.effect("lets in who has the password, and nobody with an empty one", () =>
    Effect.gen(function* () {
      const isLetIn = (dn: string, password: string) =>
        asked(({ isPassword }) => isPassword(dn, Redacted.make(password)))
      assert.isTrue(yield* isLetIn("uid=BEN,dc=example", "s3cr3t"))
      assert.isFalse(yield* isLetIn(teacher.dn, "s3cr3t-of-another"))
      assert.isFalse(yield* isLetIn(anna.dn, ""))
      assert.isFalse(yield* isLetIn(teacher.dn, ""))
      assert.deepStrictEqual(yield* asked(({ admins }) => admins), [teacher.dn])
    })
  )
})
