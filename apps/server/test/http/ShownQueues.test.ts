import { assert, describe, it } from "@effect/vitest"
import * as InQueue from "@id-connector/core/queue/in/InQueue"
import { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import * as ShownQueues from "@id-connector/server/http/ShownQueues"
import { FastCheck } from "effect"

const authorities = FastCheck.uniqueArray(FastCheck.stringMatching(/^[a-z]{1,4}$/)).chain((names) =>
  FastCheck.tuple(
    ...names.map((name) =>
      FastCheck.record({
        name: FastCheck.constant(AuthorityName.make(name)),
        active: FastCheck.boolean(),
        waiting: FastCheck.nat(9),
        inFlight: FastCheck.nat(9),
        hasStatus: FastCheck.boolean()
      })
    )
  )
)

const nothing = { configured: true, due: 0, held: 0, dead: 0, status: null, report: null } as const

describe("the queues that the API shows", () => {
  it("are the in queue, then those of authorities that are active or gone, with what waits or is at work", () => {
    FastCheck.assert(
      FastCheck.property(authorities, (all) => {
        const statuses = all
          .filter(({ hasStatus }) => hasStatus)
          .map(({ inFlight, name, waiting }) => ({ ...nothing, authority: name, waiting, inFlight }))
        const gone = {
          ...nothing,
          authority: AuthorityName.make("zzzzz"),
          configured: { since: 0 },
          waiting: 3,
          inFlight: 0
        }
        const inQueue = { ...InQueue.makeControl(), head: "a.json", waiting: 7 }
        const [first, ...out] = ShownQueues.queues(inQueue, all, [gone, ...statuses.reverse()])
        assert.deepStrictEqual(first, { name: "InQueue", head: "a.json", length: 7, school_authority: "" })
        assert.deepStrictEqual(out, [
          ...all
            .toSorted((a, b) => (a.name < b.name ? -1 : 1))
            .flatMap(({ active, hasStatus, inFlight, name, waiting }) =>
              active ? [{ name, head: "", length: hasStatus ? waiting + inFlight : 0, school_authority: name }] : []
            ),
          { name: "zzzzz", head: "", length: 3, school_authority: "zzzzz" }
        ])
      })
    )
  })

  it("say how many deletions are held back and how many dead letters there are, where there are some", () => {
    const name = AuthorityName.make("North")
    const shown = (held: number, dead: number) =>
      ShownQueues.queues(
        InQueue.makeControl(),
        [{ name, active: true }],
        [{ ...nothing, authority: name, waiting: 0, inFlight: 0, held, dead }]
      )[1]
    assert.deepStrictEqual(shown(0, 0), { name, head: "", length: 0, school_authority: name })
    assert.deepStrictEqual(shown(117, 2), { name, head: "", length: 0, school_authority: name, held: 117, dead: 2 })
  })
})
