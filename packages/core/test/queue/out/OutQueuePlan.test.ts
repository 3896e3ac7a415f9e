import { assert, describe, it } from "@effect/vitest"
import * as OutQueuePlan from "@id-connector/core/queue/out/OutQueuePlan"
import * as SchoolAuthority from "@id-connector/core/schools/SchoolAuthority"
import * as Builders from "@id-connector/testkit/data/Builders"
import { Either, FastCheck as fc } from "effect"

const authority = (name: string, active: boolean, port = 1): SchoolAuthority.SchoolAuthority =>
  Either.getOrThrow(
    SchoolAuthority.decode({
      ...Builders.authority(name, { active }),
      url: `https://localhost:${port}/ucsschool/kelvin/v1/`
    })
  )

const Configuration = fc.uniqueArray(
  fc.record({ name: fc.constantFrom("A", "B", "C", "D"), active: fc.boolean(), port: fc.constantFrom(1, 2) }),
  { selector: ({ name }) => name }
)

describe("OutQueuePlan", () => {
  it("leaves those alone that have not changed", () => {
    const { after } = OutQueuePlan.plan(OutQueuePlan.nothing, [authority("A", true), authority("B", true)])
    const { start, stop } = OutQueuePlan.plan(after, [authority("A", true), authority("B", true, 2)])
    assert.deepStrictEqual([stop, start.map(({ name }) => name)], [["B"], ["B"]])
  })

  it("stops the queues of authorities that are switched off, or not configured any more", () => {
    const { after } = OutQueuePlan.plan(OutQueuePlan.nothing, [authority("A", true), authority("B", true)])
    const { start, stop } = OutQueuePlan.plan(after, [authority("A", false)])
    assert.deepStrictEqual([stop, start], [["A", "B"], []])
  })

  it("ends with the queues of all active authorities, each under its present configuration, whatever was before", () => {
    fc.assert(
      fc.property(fc.array(Configuration), (configurations) => {
        let followed = OutQueuePlan.nothing
        const running = new Map<string, string>()
        for (const configuration of configurations) {
          const authorities = configuration.map(({ active, name, port }) => authority(name, active, port))
          const { after, start, stop } = OutQueuePlan.plan(followed, authorities)
          for (const name of stop) assert.isTrue(running.delete(name))
          for (const one of start) {
            assert.isFalse(running.has(one.name))
            running.set(one.name, SchoolAuthority.fingerprint(one))
          }
          const wanted = authorities
            .filter(({ active }) => active)
            .map((one) => [one.name, SchoolAuthority.fingerprint(one)])
          assert.deepStrictEqual([...running].sort(), wanted.sort())
          followed = after
        }
      })
    )
  })
})
