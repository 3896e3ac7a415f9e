import { assert, describe, it } from "@effect/vitest"
import { quietly } from "@id-connector/testkit/Quietly"
import { Effect, Either } from "effect"
import { findings } from "../../../docs/snippets/packages/kelvin.js"
import { storage } from "../../../docs/snippets/packages/sql.js"
import { users as inMemory } from "../../../docs/snippets/packages/testkit.js"
import { users as forReal } from "../../../docs/snippets/whole-connector.js"

describe("The examples of the packages' READMEs", () => {
  it.live("bring a user to a simulated target in memory", () =>
    Effect.map(quietly(inMemory), (users) =>
      assert.deepStrictEqual(
        users?.map(({ name }) => name),
        ["anna"]
      )
    )
  )

  it.live("bring a user to a simulated target over HTTPS, with files and a database", () =>
    Effect.map(quietly(forReal), (users) =>
      assert.deepStrictEqual(
        users.map(({ name }) => name),
        ["anna"]
      )
    )
  )

  it("find a password that is missing", () => {
    const { errors = [], warnings = [] } = Either.getOrThrow(findings) ?? {}
    assert.match([...errors, ...warnings].join("\n"), /plugin_configs\.kelvin\.password: /)
  })

  it.live("open a database", () => Effect.scoped(Effect.asVoid(Effect.provide(Effect.void, storage(":memory:")))))
})
