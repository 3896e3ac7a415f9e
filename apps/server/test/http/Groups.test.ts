import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import type { QueueStoreShape } from "@id-connector/core/queue/QueueStore"
import { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { arrival, user } from "@id-connector/testkit/contract/QueueStoreContract/Changes"
import { quietly } from "@id-connector/testkit/Quietly"
import { Effect } from "effect"
import { authority, world } from "./ApiWorld.js"

const north = AuthorityName.make("North")
const south = AuthorityName.make("South")

const connected = Effect.gen(function* () {
  const { as, send, store } = yield* world()
  yield* send("POST", "/v1/school_authorities", as(authority("North")))
  yield* send("POST", "/v1/school_authorities", as(authority("South")))
  return { as, send, store }
}).pipe(Effect.provide(NodeContext.layer), quietly)

/** Makes so many dead letters of new users, each with its error. */
const die = (
  store: QueueStoreShape,
  to: AuthorityName,
  count: number,
  error: (name: string) => string,
  prefix: string
) =>
  Effect.gen(function* () {
    for (let first = 0; first < count; first += 500) {
      const names = Array.from({ length: Math.min(500, count - first) }, (_, index) => `${prefix}${first + index}`)
      yield* store.accept(names.map((name) => arrival(name, user(`id-${name}`, name), { to: [to] })))
      const items = yield* store.claim(to, 500)
      yield* store.settle(
        items.map(({ file, id }) => ({ _tag: "Dead", id, attempt: { at: 7, error: error(file), evidence: null } }))
      )
    }
  })

const noRecordUid = "The object can't be delivered: ucsschoolRecordUID: the user has none."

const brief = (body: unknown) =>
  (body as ReadonlyArray<{ readonly [key: string]: unknown }>).map(({ cause, items, school_authorities, sample }) => [
    cause,
    items,
    Object(sample).object,
    ...(school_authorities === undefined ? [] : [school_authorities])
  ])

describe("What is dead, by its cause", { timeout: 120_000 }, () => {
  it.scopedLive("is told for one school authority and for all, and retried or discarded as a group", () =>
    Effect.gen(function* () {
      const { as, send, store } = yield* connected
      yield* die(store, north, 3, (name) => `The name '${name}' is taken.`, "n")
      yield* die(store, north, 2, () => noRecordUid, "m")
      yield* die(store, south, 4, () => noRecordUid, "s")
      const taken = "The name … is taken."
      assert.deepStrictEqual(brief((yield* send("GET", "/v1/queues/North/groups", as())).body), [
        [taken, 3, "user n0"],
        [noRecordUid, 2, "user m0"]
      ])
      assert.deepStrictEqual(brief((yield* send("GET", "/v1/groups?state=dead", as())).body), [
        [
          noRecordUid,
          6,
          "user s0",
          [
            { name: "South", items: 4 },
            { name: "North", items: 2 }
          ]
        ],
        [taken, 3, "user n0", [{ name: "North", items: 3 }]]
      ])
      assert.deepStrictEqual<unknown>((yield* send("GET", "/v1/groups?state=held", as())).body, [])
      assert.strictEqual((yield* send("GET", "/v1/queues/West/groups", as())).status, 404)
      const ofGroup = yield* send("GET", `/v1/queues/North/items?group=${encodeURIComponent(taken)}`, as())
      assert.lengthOf(Object(ofGroup.body), 3)

      const discard = (body: object) => send("POST", "/v1/queues/North/discard", as(body))
      const refused = yield* discard({ state: "dead", group: taken, expected: 2 })
      assert.deepStrictEqual<unknown>(
        [refused.status, refused.body],
        [
          409,
          {
            detail: "3 items fit by now, 2 were expected. Nothing was done: look at them again.",
            code: "more_items",
            values: { items: "3", expected: "2" },
            items: 3
          }
        ]
      )
      assert.strictEqual((yield* store.counts(north)).dead, 5)
      assert.deepStrictEqual<unknown>((yield* discard({ state: "dead", object: "user N1", expected: 1 })).body, {
        items: 1
      })
      assert.deepStrictEqual<unknown>((yield* discard({ state: "dead", group: taken, expected: 9 })).body, { items: 2 })
      assert.strictEqual((yield* discard({ group: taken })).status, 422)
      const retried = yield* send("POST", "/v1/queues/North/retry", as({ state: "dead", group: noRecordUid }))
      assert.deepStrictEqual<unknown>([retried.status, retried.body], [200, { items: 2 }])
      assert.deepInclude(yield* store.counts(north), { waiting: 2, dead: 0 })
      // As before there was a body.
      assert.deepStrictEqual<unknown>((yield* send("POST", "/v1/queues/South/retry", as())).body, { items: 4 })
      assert.deepStrictEqual<unknown>((yield* send("POST", "/v1/queues/South/discard?state=dead", as())).body, {
        items: 0
      })
      assert.strictEqual((yield* send("POST", "/v1/queues/South/discard", as())).status, 422)
    })
  )

  it.scopedLive("is told at once when it is very much, and worked off in a job that says how far it is", () =>
    Effect.gen(function* () {
      const { as, send, store } = yield* connected
      const count = 10_500
      yield* die(store, north, count, (name) => `The name '${name}' is taken.`, "n")
      const start = performance.now()
      assert.deepStrictEqual(brief((yield* send("GET", "/v1/queues/North/groups", as())).body), [
        ["The name … is taken.", count, "user n0"]
      ])
      assert.isBelow(performance.now() - start, 1_000)
      const { body, status } = yield* send("POST", "/v1/queues/North/discard", as({ state: "dead", expected: count }))
      assert.deepInclude(body, { action: "discard", queue: "North", total: count, problem: null })
      assert.strictEqual(status, 202)
      const job = Effect.map(send("GET", `/v1/jobs/${body?.id}`, as()), (answer) => answer.body)
      const done = yield* Effect.repeat(job, { until: (one) => one?.state !== "running" })
      assert.deepInclude(done, { state: "done", total: count, done: count, items: count })
      assert.strictEqual((yield* store.counts(north)).dead, 0)
      assert.strictEqual((yield* send("GET", "/v1/jobs/unknown", as())).status, 404)
    })
  )
})
