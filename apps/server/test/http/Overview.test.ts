import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import type { ItemId } from "@id-connector/core/queue/QueueStore"
import { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { arrival, removedUser, user } from "@id-connector/testkit/contract/QueueStoreContract/Changes"
import { quietly } from "@id-connector/testkit/Quietly"
import { Effect } from "effect"
import { authority, world } from "./ApiWorld.js"

const north = AuthorityName.make("North")
const attempt = { at: 7, error: "never", evidence: null }

const connected = Effect.gen(function* () {
  const { as, send, store } = yield* world()
  const look = Effect.map(send("GET", "/v1/overview", as()), ({ body }) => body)
  return { as, look, send, store }
}).pipe(Effect.provide(NodeContext.layer), quietly)

describe("One look at everything", { timeout: 60_000 }, () => {
  it.scopedLive("says that all is right, or what needs somebody and how it is cured", () =>
    Effect.gen(function* () {
      const { as, look, send, store } = yield* connected
      assert.deepInclude(yield* look, { ok: false, text: "1 thing needs somebody. 0 of 0 school authorities run." })
      yield* send("POST", "/v1/school_authorities", as(authority("North")))
      assert.deepInclude(yield* look, {
        ok: true,
        text: "Everything is all right. 0 of 0 school authorities run, 1 inactive.",
        attention: [],
        in_queue: { waiting: 0, head: null, held_up: null, held_back: 0 }
      })
      yield* store.accept([
        arrival("1", user("u1", "anna")),
        arrival("2", removedUser("u2", "bert")),
        arrival("3", user("u3", "carl"))
      ])
      const [first, second] = yield* store.claim(north, 2)
      yield* store.settle([
        { _tag: "Dead", id: first?.id as ItemId, attempt },
        { _tag: "Hold", id: second?.id as ItemId, reason: "too many" }
      ])
      const { attention, ok, school_authorities, totals } = Object(yield* look)
      assert.isFalse(ok)
      assert.deepStrictEqual(
        attention.map(({ code, school_authority, values }: { readonly [key: string]: unknown }) => [
          code,
          school_authority,
          values
        ]),
        [
          ["deletions_held_back", "North", { items: 1 }],
          ["dead_letters", "North", { items: 1 }]
        ]
      )
      assert.include(attention[0].commands, "id-connector queue retry North --all held")
      assert.deepInclude(totals, { school_authorities: 1, waiting: 1, held: 1, dead: 1 })
      assert.deepStrictEqual(school_authorities, [
        {
          name: "North",
          state: "inactive",
          code: null,
          values: {},
          reason: null,
          since: null,
          next_try: null,
          items: { waiting: 1, in_flight: 0, held: 1, dead: 1 },
          delivered_last_minute: 0,
          last_delivery: null
        }
      ])
      yield* send("PATCH", "/v1/school_authorities/North", as({ active: true }))
      yield* send("POST", "/v1/queues/North/pause", as())
      const paused = yield* Effect.repeat(look, {
        until: (body) => Object(body).school_authorities[0].state === "paused_by_hand"
      })
      assert.isString(Object(paused).school_authorities[0].since)
    })
  )

  it.scopedLive("costs little with 400 school authorities that each have something", () =>
    Effect.gen(function* () {
      const { look, store } = yield* connected
      const names = Array.from({ length: 400 }, (_, index) => AuthorityName.make(`A${index}`))
      yield* store.accept(
        names.map((name, index) => arrival(`${index}`, user(`u${index}`, `x${index}`), { to: [name] }))
      )
      yield* look
      const start = performance.now()
      for (let time = 0; time < 5; time++) yield* look
      const each = (performance.now() - start) / 5
      const { attention, school_authorities } = Object(yield* look)
      assert.deepStrictEqual([attention.length, school_authorities.length], [401, 400])
      // 70 ms on a small machine, most of it for writing the answer; a statement for each authority would take as long again.
      assert.isBelow(each, 500)
    })
  )
})
