import { assert, describe, it } from "@effect/vitest"
import * as SchoolAuthority from "@id-connector/core/schools/SchoolAuthority"
import * as Plugin from "@id-connector/core/targets/Plugin"
import * as AuthorityChanges from "@id-connector/server/http/AuthorityChanges"
import * as Arbitraries from "@id-connector/testkit/data/Arbitraries"
import * as Builders from "@id-connector/testkit/data/Builders"
import { Effect, Either, FastCheck } from "effect"

const authority = Either.getOrThrow(SchoolAuthority.decode(Builders.authority("Berlin")))

describe("what an administrator sends", () => {
  it("is an authority, or says everything that is wrong with it", () => {
    assert.isTrue(Either.isRight(AuthorityChanges.decode([], Builders.authority("Berlin"))))
    const reasons = AuthorityChanges.decode([], { name: "../x", active: "maybe" }).pipe(Either.flip, Either.getOrThrow)
    for (const key of ["name", "active", "url"]) assert.ok(reasons.some((reason) => reason.startsWith(`${key}: `)))
  })

  it("is refused when a plugin says that it can't work", () => {
    const refusing = Plugin.make({
      name: "kelvin",
      check: () => ({ errors: ["plugin_configs.kelvin: is wrong"], warnings: ["is strange"] }),
      handler: () => Effect.dieMessage("nothing is delivered")
    })
    assert.deepStrictEqual(
      AuthorityChanges.decode([refusing], { ...Builders.authority("Berlin"), plugins: ["kelvin"] }),
      Either.left(["plugin_configs.kelvin: is wrong"])
    )
  })

  it("never renames an authority, whatever a patch has in it", () => {
    const patch = FastCheck.dictionary(FastCheck.constantFrom("name", "url", "active", "plugins"), Arbitraries.json)
    FastCheck.assert(
      FastCheck.property(patch, (json) => {
        const changed = AuthorityChanges.patched([], authority, json)
        if (Either.isRight(changed)) assert.strictEqual(changed.right.name, authority.name)
      })
    )
  })
})
