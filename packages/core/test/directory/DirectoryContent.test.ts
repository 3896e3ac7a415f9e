import { assert, describe, it } from "@effect/vitest"
import { Directory } from "@id-connector/core/directory/Directory"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as MemoryDirectory from "@id-connector/testkit/memory/MemoryDirectory"
import { Effect } from "effect"

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
})
