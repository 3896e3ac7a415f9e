import { assert, describe, it } from "@effect/vitest"
import * as Unread from "@id-connector/server/files/SpoolDirectory/Unread"
import { FastCheck } from "effect"

describe("the names that are to be read", () => {
  it("are the first ones of all that were added, in their order", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(FastCheck.string()), FastCheck.integer({ min: 1, max: 9 }), (names, most) => {
        const collection = Unread.collect(most)
        for (const name of names) collection.add(name)
        assert.deepStrictEqual(collection.end(), {
          names: [...names].sort().slice(0, most),
          hasMore: names.length > most
        })
      })
    )
  })

  it("are followed by all there are, however long ago the look was", () => {
    assert.strictEqual(Unread.looksOnAfter({ names: ["a", "b"], hasMore: true }, 60_000), "b")
  })

  it("are followed by what came since, for half a second after the look", () => {
    const unread = { names: ["a", "b"], hasMore: false }
    assert.strictEqual(Unread.looksOnAfter(unread, 500), "b")
    assert.strictEqual(Unread.looksOnAfter(unread, 501), null)
  })

  it("are followed by none when there were none", () => {
    assert.strictEqual(Unread.looksOnAfter(Unread.none, 0), null)
  })
})
