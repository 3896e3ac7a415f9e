import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as RequestIds from "../../src/client/RequestIds.js"

const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe("request ids", () => {
  it.effect("are version 4 UUIDs that begin alike and count the requests of a client", () =>
    Effect.gen(function* () {
      const next = yield* RequestIds.make
      const ids = Array.from({ length: 300 }, next)
      for (const id of ids) assert.match(id, uuid4)
      assert.strictEqual(new Set(ids.map((id) => id.slice(0, 24))).size, 1)
      assert.deepStrictEqual(
        ids.map((id) => Number.parseInt(id.slice(24), 16)),
        ids.map((_, index) => index + 1)
      )
    })
  )

  it.effect("of two clients have nothing in common", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* RequestIds.make, yield* RequestIds.make]
      assert.notStrictEqual(one().slice(0, 24), other().slice(0, 24))
    })
  )
})
