import { assert, describe, it } from "@effect/vitest"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import { Effect } from "effect"
import * as LogRotation from "../../src/soak/LogRotation.js"
import * as Wrong from "../../src/soak/Wrong.js"

const user = (name: string, lastname = "Version1") => ({
  name,
  school: "Nord1",
  lastname,
  record_uid: `record-${name}`
})
const schoolClass = { school: "Nord1", name: "1a", description: "Class", users: ["anna"] }

const target = (users: ReadonlyArray<ReturnType<typeof user>>, members: ReadonlyArray<string>) =>
  Effect.map(
    KelvinSimulator.make({ schools: ["Nord1"], users, classes: [{ ...schoolClass, users: members }] }),
    (simulator) => simulator.state()
  )

describe("Wrong.differences", () => {
  it.effect("are none where the target holds what the source says", () =>
    Effect.gen(function* () {
      const held = yield* target([user("anna")], ["anna"])
      const expected = { Nord: { users: [user("anna")], classes: [schoolClass] } }
      assert.deepStrictEqual(Wrong.differences("Nord", expected, held), [])
    })
  )

  it.effect("name what is missing, too much, and other than it should be", () =>
    Effect.gen(function* () {
      const held = yield* target([user("anna", "Version2"), user("carl")], ["anna", "carl"])
      const expected = { Nord: { users: [user("anna"), user("ben")], classes: [schoolClass] } }
      const lines = Wrong.differences("Nord", expected, held)
      assert.strictEqual(lines.length, 4, lines.join("\n"))
      assert.ok(lines.some((line) => line === "Nord: user carl should not be there"))
      assert.ok(lines.some((line) => line === "Nord: user ben is missing"))
      assert.ok(lines.some((line) => line.startsWith("Nord: user anna is ")))
      assert.ok(lines.some((line) => line.startsWith("Nord: class Nord1-1a is ")))
    })
  )
})

describe("LogRotation.countErrors", () => {
  it("counts what is said, whatever it is about", () => {
    const counts = new Map<string, number>()
    const line = (level: string, name: string) =>
      `2026-02-03T05:05:06.789+01:00 ${level} Storage   Cannot write. Will retry. file=${name} reason="no. space=left"`
    LogRotation.countErrors([line("ERROR", "x"), line("ERROR", "y"), line("WARN ", "z"), ""], counts)
    assert.deepStrictEqual([...counts], [["Storage   Cannot write. Will retry.", 2]])
  })
})
