import { assert, describe, it } from "@effect/vitest"
import * as Reading from "@id-connector/core/queue/in/Reading"
import type { SpoolEntry } from "@id-connector/core/queue/in/Spool"
import * as Watched from "@id-connector/core/queue/in/Watched"
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
  it("takes a file that breaks off for unfinished until it has not changed for five seconds, whatever its time stamp", () => {
    const future = 4e12
    const first = Reading.readAll([content("1.json", cutOff, future)], Watched.none, 1_000)
    assert.strictEqual(first.held?.again, 5_000)
    const grown = Reading.readAll([content("1.json", `${cutOff} `, future + 1)], first.watched, 3_000)
    assert.strictEqual(grown.held?.again, 5_000)
    const later = Reading.readAll([content("1.json", `${cutOff} `, future + 1)], grown.watched, 7_000)
    assert.strictEqual(later.held?.again, 1_000)
    const end = Reading.readAll([content("1.json", `${cutOff} `, future + 1)], later.watched, 8_000)
    assert.deepStrictEqual([end.held, end.bad.map(({ name }) => name)], [null, ["1.json"]])
  })

  it("watches those behind it, too", () => {
    const files = ["1.json", "2.json"].map((name) => content(name, cutOff))
    const { watched } = Reading.readAll(files, Watched.none, 0)
    assert.lengthOf(Reading.readAll(files, watched, Watched.unfinishedFor).bad, 2)
  })

  it("discards no file at which the machine failed: it is tried again, and those after it wait", () => {
    const failed: SpoolEntry = { _tag: "Failed", name: "2.json", reason: "EMFILE" }
    const { bad, good, held } = Reading.readAll(
      [content("1.json", anna), failed, content("3.json", anna)],
      Watched.none,
      0
    )
    assert.deepStrictEqual([bad.length, good.length], [0, 1])
    assert.deepStrictEqual(held, { name: "2.json", reason: "EMFILE", again: Reading.failedAgain })
  })

  it("does the same with a file that can't be read as text", () => {
    const entry = { _tag: "Unusable", name: "1.json", reason: "no UTF-8", modifiedAt: 0 } as const
    assert.strictEqual(Reading.read({ ...entry, unfinished: true })._tag, "Unfinished")
    assert.deepStrictEqual(Reading.read({ ...entry, unfinished: false }), {
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
        const { bad, good, held } = Reading.readAll(entries, Watched.none, 0)
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
        assert.strictEqual(held?.again ?? null, end === -1 ? null : Watched.unfinishedFor)
      })
    )
  })
})
