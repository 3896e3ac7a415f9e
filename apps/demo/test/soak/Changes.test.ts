import { assert, describe, it } from "@effect/vitest"
import * as Year from "../../src/faults/Year.js"
import * as Changes from "../../src/soak/Changes.js"
import * as Timetable from "../../src/soak/Timetable.js"

describe("Changes.make", () => {
  const make = () => Changes.make(200, Year.generator(7))
  const ended = (times: number) => {
    const changes = make()
    changes.initial()
    for (let count = 0; count < times; count++) changes.next()
    return changes.expected()
  }
  const usersOf = (expected: ReturnType<typeof ended>) => Object.values(expected).flatMap(({ users }) => users)

  it("goes on among the same people, and is the same for the same seed", () => {
    assert.deepStrictEqual(ended(5_000), ended(5_000))
    const present = usersOf(ended(5_000))
    assert.ok(present.length > 100 && present.length < 200)
    assert.ok(present.every(({ name }) => make().people.includes(name)))
  })

  it("says of each class whom it has: those at its school, each in one class", () => {
    for (const { classes, users } of Object.values(ended(2_000))) {
      assert.deepStrictEqual(classes.flatMap(({ users }) => users).sort(), users.map(({ name }) => name).sort())
      for (const { school, users: members } of classes) {
        assert.ok(members.every((name) => users.find((user) => user.name === name)?.school === school))
      }
    }
  })
})

describe("Timetable.make", () => {
  it("restarts in both ways, gives targets every kind of trouble, and leaves the connector alone in the end", () => {
    const events = Timetable.make(1800, 3, Year.generator(1))
    assert.deepStrictEqual(
      events.map(({ at }) => at),
      events.map(({ at }) => at).sort((one, other) => one - other)
    )
    assert.ok(events.every(({ at }) => at >= 0 && at <= 1800 * 0.96))
    const restarts = events.flatMap((event) => (event._tag === "Restart" ? [event] : []))
    assert.deepStrictEqual(new Set(restarts.map(({ signal }) => signal)), new Set(["SIGKILL", "SIGTERM"]))
    assert.ok(restarts.every(({ at }) => at < 900))
    const troubles = events.flatMap((event) => (event._tag === "Trouble" ? [event.trouble] : []))
    assert.strictEqual(new Set(troubles).size, 5)
  })

  it("restarts also in two minutes", () => {
    const events = Timetable.make(120, 3, Year.generator(1))
    assert.strictEqual(events.filter(({ _tag }) => _tag === "Restart").length, 6)
  })
})
