import { assert, describe, it } from "@effect/vitest"
import * as SchoolAuthority from "@id-connector/core/schools/SchoolAuthority"
import * as AuthorityCheck from "@id-connector/core/targets/AuthorityCheck"
import { ConfigurationUnusable } from "@id-connector/core/targets/DeliveryError"
import * as Plugin from "@id-connector/core/targets/Plugin"
import * as Builders from "@id-connector/testkit/data/Builders"
import { Effect, Either } from "effect"

const authority = Either.getOrThrow(
  SchoolAuthority.decode({ ...Builders.authority("A"), plugins: ["first", "second", "unheard-of"] })
)

const deliver = () => Effect.succeed({ outcome: "unchanged", receipt: null } as const)

/** What is found, as a line each. */
const found = (...plugins: ReadonlyArray<Plugin.Plugin>) =>
  AuthorityCheck.check(authority).pipe(
    Effect.provideService(Plugin.Plugins, plugins),
    Effect.map((all) =>
      all.map(({ about, plugin, severity, text }) => `${plugin ?? "-"} ${severity} ${about}: ${text}`)
    )
  )

const mapping = "plugin_configs.first.mapping"

describe("AuthorityCheck", () => {
  it.effect("says what is wrong with the configuration, then what each plugin finds at the target, nothing twice", () =>
    Effect.gen(function* () {
      const first = Plugin.make({
        name: "first",
        check: () => ({ errors: [`${mapping}: is missing`], warnings: ["url: has no host", "url: is no Kelvin URL"] }),
        handler: () =>
          Effect.succeed({
            ping: () => Effect.void,
            deliver,
            check: () => Effect.succeed([{ severity: "warning", about: "url", text: "has no host" } as const])
          })
      })
      const second = Plugin.make({
        name: "second",
        handler: () =>
          Effect.succeed({
            ping: () => Effect.void,
            deliver,
            check: () => Effect.succeed([{ severity: "ok", about: "login", text: "as Administrator" } as const])
          })
      })
      assert.deepStrictEqual(yield* found(first, second), [
        `- error ${mapping}: is missing`,
        '- warning plugins: there is no plugin "unheard-of" (there are: first, second)',
        "- warning url: is no Kelvin URL",
        "first warning url: has no host",
        "second ok login: as Administrator"
      ])
    })
  )

  it.effect("goes on with the next plugin when one can't use the configuration, or breaks", () =>
    Effect.gen(function* () {
      const first = Plugin.make({
        name: "first",
        handler: () => new ConfigurationUnusable({ problems: [`${mapping}: is missing`, "no path here"] })
      })
      const second = Plugin.make({
        name: "second",
        handler: () => {
          throw new Error("a bug")
        }
      })
      const [missing, pathless, broken, ...others] = yield* found(first, second)
      assert.strictEqual(missing, '- warning plugins: there is no plugin "unheard-of" (there are: first, second)')
      assert.strictEqual(pathless, `first error ${mapping}: is missing`)
      assert.strictEqual(broken, "first error configuration: no path here")
      assert.match(others.join(), /^second error plugins: .*a bug/)
    })
  )
})
