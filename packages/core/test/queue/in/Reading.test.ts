import { assert, describe, it } from "@effect/vitest"
import * as Reading from "@id-connector/core/queue/in/Reading"
import type { SpoolEntry } from "@id-connector/core/queue/in/Spool"
import * as Builders from "@id-connector/testkit/data/Builders"
import { FastCheck as fc } from "effect"

const content = (name: string, text: string, modifiedAt = 0): SpoolEntry => ({
  _tag: "Content",
  file: { name, digest: name },
  text,
  modifiedAt
})
const anna = JSON.stringify(Builders.user("anna", { schools: ["A1"], id: "id-anna" }))
const cutOff = anna.slice(0, -10)

describe("Reading", () => {
  it("takes a file that breaks off for unfinished for five seconds, and for none of ours afterwards", () => {
    assert.deepStrictEqual(Reading.read(content("1.json", cutOff, 1_000), 2_000), { _tag: "Unfinished", again: 4_000 })
    assert.strictEqual(Reading.read(content("1.json", cutOff, 1_000), 6_000)._tag, "Bad")
  })

  it("does the same with a file that can't be read as text", () => {
    const entry = { _tag: "Unusable", name: "1.json", reason: "no UTF-8", modifiedAt: 0 } as const
    assert.strictEqual(Reading.read({ ...entry, unfinished: true }, 0)._tag, "Unfinished")
    assert.deepStrictEqual(Reading.read({ ...entry, unfinished: false }, 0), {
      _tag: "Bad",
      name: "1.json",
      reasons: ["no UTF-8"]
    })
  })

  const Entry = fc.constantFrom("good", "bad", "unfinished", "gone")

  it("reads up to the first unfinished file, and forgets none before it", () => {
    fc.assert(
      fc.property(fc.array(Entry), (kinds) => {
        const entries = kinds.map((kind, index): SpoolEntry => {
          const name = `${index}.json`
          if (kind === "gone") return { _tag: "Gone", name }
          return content(name, { good: anna, bad: "[]", unfinished: cutOff }[kind] ?? "")
        })
        const { bad, good, wait } = Reading.readAll(entries, 0)
        const end = kinds.indexOf("unfinished")
        const before = end === -1 ? kinds : kinds.slice(0, end)
        const namesOf = (wanted: string) => before.flatMap((kind, index) => (kind === wanted ? [`${index}.json`] : []))
        assert.deepStrictEqual(
          good.map(({ file }) => file.name),
          namesOf("good")
        )
        assert.deepStrictEqual(
          bad.map(({ name }) => name),
          namesOf("bad")
        )
        assert.strictEqual(wait, end === -1 ? null : Reading.unfinishedFor)
      })
    )
  })
})
