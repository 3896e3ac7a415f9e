import { assert, describe, it } from "@effect/vitest"
import * as PreviousStates from "@id-connector/sql/SqlQueueStore/PreviousStates"
import { FastCheck as fc } from "effect"

const now = 1_000

const states = fc.dictionary(
  fc.constantFrom("a", "b", "c", "d"),
  fc.record({
    state: fc.constantFrom("1", "2", null),
    expiresAt: fc.constantFrom(null, now + 1, now + 2)
  })
)

const stored = fc
  .dictionary(
    fc.constantFrom("a", "b", "c", "d"),
    fc.record({ state: fc.constantFrom("1", "2"), expires_at: fc.constantFrom(null, now - 1, now + 1) })
  )
  .map((all) => new Map(Object.entries(all).map(([id, each], row) => [id, { ...each, id, row }])))

describe("previous states that are to be remembered", () => {
  it("are written where that changes something, and only there", () => {
    fc.assert(
      fc.property(states, stored, (wanted, before) => {
        const { changed, news } = PreviousStates.toWrite(new Map(Object.entries(wanted)), before, now)
        const isNew = (id: string) => news.find(([, other]) => other === id)
        const isChanged = (id: string) => changed.find(([row]) => row === before.get(id)?.row)
        for (const [id, { expiresAt, state }] of Object.entries(wanted)) {
          const old = before.get(id)
          if (old === undefined) {
            assert.deepStrictEqual(isNew(id)?.slice(2), state === null ? undefined : [state, expiresAt])
          } else if (state !== null) {
            const isSame = state === old.state && expiresAt === old.expires_at
            assert.deepStrictEqual(isChanged(id), isSame ? undefined : [old.row, state, expiresAt])
          } else {
            // What is gone does not come back by getting another end.
            const isGone = old.expires_at === now - 1
            assert.deepStrictEqual(isChanged(id), isGone ? undefined : [old.row, old.state, expiresAt])
          }
        }
        assert.isAtMost(news.length + changed.length, Object.keys(wanted).length)
      })
    )
  })
})
