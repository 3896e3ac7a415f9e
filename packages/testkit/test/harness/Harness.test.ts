import { assert, describe, it } from "@effect/vitest"
import { KelvinPlugin } from "@id-connector/kelvin"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as Harness from "@id-connector/testkit/harness/Harness"
import { Cause, Effect, Exit } from "effect"

const { url: _, ...north } = Builders.authority("North")
const { url: __, ...south } = Builders.authority("South")

const input: Harness.Input = {
  authorities: [north, south],
  mapping: { A: "North", B: "South" },
  changes: [
    Builders.user("anna", { schools: ["A"] }),
    Builders.schoolClass("A", "1a", ["anna"]),
    Builders.user("ben", { schools: ["A", "B"], kind: "teacher" }),
    "{ no JSON ]",
    Builders.user("nobody", { schools: ["Elsewhere"] })
  ]
}

describe("The harness", () => {
  it.effect("tells what was decided, what was sent, and what the targets have in the end", () =>
    Effect.gen(function* () {
      const outcome = yield* Harness.run(input)
      assert.deepStrictEqual(
        outcome.changes.map(({ decisions, object }) => [
          object,
          ...decisions.map(({ attempts, because, concerned }) => [
            concerned,
            because.join(),
            ...attempts.map(({ outcome, requests }) => `${outcome}: ${requests.map(({ method }) => method).join(" ")}`)
          ])
        ]),
        [
          [
            "user anna",
            [true, "school A", "created: GET GET POST"],
            [false, "none of its schools (B) is one of the object's"]
          ],
          [
            "group A-1a",
            [true, "class of school A", "created: GET POST"],
            [false, "none of its schools (B) is one of the object's"]
          ],
          ["user ben", [true, "school A", "created: GET POST"], [true, "school B", "created: GET GET POST"]],
          [
            "user nobody",
            [false, "none of its schools (A) is one of the object's"],
            [false, "none of its schools (B) is one of the object's"]
          ]
        ]
      )
      assert.deepStrictEqual(
        outcome.trash.map(({ file }) => file),
        ["2026-02-03-08-00-00-000004.json", "2026-02-03-08-00-00-000005.json"]
      )
      const attempt = outcome.changes[0]?.decisions[0]?.attempts[0]
      assert.strictEqual(attempt?.mapping?.name, "users")
      assert.deepInclude(attempt?.attributes ?? [], { attribute: "firstname", value: "F-anna", from: "firstname" })
      assert.deepStrictEqual(
        Object.values(outcome.targets).map(({ classes, users }) => [
          users.map(({ name }) => name),
          classes.map(({ name }) => name)
        ]),
        [
          [["anna", "ben"], ["1a"]],
          [["ben"], []]
        ]
      )
      assert.deepStrictEqual([outcome.undelivered, outcome.paused], [[], {}])
    })
  )

  it.effect("gives the same bytes for the same input", () =>
    Effect.gen(function* () {
      const first = JSON.stringify(yield* Harness.run(input))
      for (let n = 0; n < 20; n++) assert.strictEqual(JSON.stringify(yield* Harness.run(input)), first)
    })
  )

  it("works in a test that knows no Effect", async () => {
    const { targets } = await Harness.promise(input)
    assert.deepStrictEqual(Object.keys(targets), ["North", "South"])
  })

  it.effect("lets go wrong what the script says, and time pass as it is told", () =>
    Effect.gen(function* () {
      const harness = yield* Harness.make({
        ...input,
        targets: {
          North: { faults: [{ nth: 1, answer: 503 }] },
          South: { faults: [{ down: { until: "2 days" } }] }
        }
      })
      yield* harness.drop(...(input.changes ?? []))
      yield* harness.settle()
      const before = yield* harness.outcome
      assert.match(before.paused.South ?? "", /can't be reached now/)
      assert.deepStrictEqual(
        before.undelivered.map(({ authority, object, state }) => [authority, object, state]),
        [["South", "user ben", "waiting"]]
      )
      const [first] = before.changes[0]?.decisions[0]?.attempts ?? []
      assert.match(first?.error ?? "", /503/)
      yield* harness.restart
      yield* harness.advance("2 days")
      yield* harness.settle()
      const after = yield* harness.outcome
      assert.deepStrictEqual([after.paused, after.undelivered], [{}, []])
      assert.strictEqual(after.targets.South?.users.length, 1)
    }).pipe(Effect.scoped)
  )

  it.effect("ends with the reason when nothing will be delivered", () =>
    Effect.gen(function* () {
      const wrongPassword = yield* Harness.run({
        ...input,
        targets: { North: { accounts: [{ username: "Administrator", password: "another", admin: true }] } }
      })
      assert.match(wrongPassword.paused.North ?? "", /refuses the connector's account/)
      const impossible = yield* Harness.run({
        ...input,
        authorities: [{ ...north, plugins: ["webhook"] }, south]
      })
      assert.match(impossible.paused.North ?? "", /there is no plugin "webhook"/)
    })
  )

  it.effect("takes plugins, and shows what their functions made", () =>
    Effect.gen(function* () {
      const plugin = KelvinPlugin.make({
        name: "kelvin-initials",
        attributes: { initials: async ({ properties }) => `${properties.firstname}`.slice(2, 3).toUpperCase() }
      })
      const kelvin = {
        ...north.plugin_configs.kelvin,
        mapping: { users: { ...Builders.usersMapping, initials: "initials" }, school_classes: Builders.classesMapping }
      }
      const { changes } = yield* Harness.run({
        ...input,
        authorities: [{ ...north, plugins: ["kelvin-initials"], plugin_configs: { "kelvin-initials": kelvin } }],
        plugins: [plugin]
      })
      assert.deepInclude(changes[0]?.decisions[0]?.attempts[0]?.attributes ?? [], {
        attribute: "udm_properties.initials",
        value: "A",
        from: "initials"
      })
    })
  )

  it.effect("reads nothing over that is misspelt, and says what may be meant", () =>
    Effect.gen(function* () {
      const mistaken: unknown = {
        authorities: [north],
        mapping: { School1: 1 },
        change: [],
        targets: {
          North: {
            school: ["School1"],
            users: [{ name: "x" }],
            faults: [{ down: { until: "two days" } }, { nth: 1, of: "writes", answer: 422 }, { nht: 1, answer: 500 }]
          }
        },
        directory: { user: [] }
      }
      const { problems } = yield* Effect.flip(Harness.run(mistaken as Harness.Input))
      for (const expected of [
        /^the input has "change", .* Is changes meant\?/,
        /^mapping\.School1: /,
        /^targets\.North: has "school", .* Is schools meant\?/,
        /^targets\.North\.users\.0\.school: /,
        /^targets\.North\.faults\.0\.down\.until: a duration such as "2 days" is expected/,
        /^targets\.North\.faults\.1\.of: /,
        /^targets\.North\.faults\.2\.nht: /,
        /^directory: has "user"/
      ]) {
        assert.isTrue(
          problems.some((problem) => expected.test(problem)),
          `${expected} in ${problems.join("\n")}`
        )
      }
      const plugin = KelvinPlugin.make({ name: "x", atributes: {} } as { readonly name: string })
      const withPlugin = yield* Effect.flip(Harness.run({ authorities: [], mapping: {}, plugins: [plugin] }))
      assert.match(withPlugin.message, /plugins\[0\] \(x\): has "atributes", .* Is attributes meant\?/)
      const harness = yield* Harness.make({ authorities: [north], mapping: { A: "Nroth" } })
      assert.match(
        (yield* harness.outcome).configuration.Nroth?.[0] ?? "",
        /no such school authority.*A is mapped to it/
      )
      const exit = yield* Effect.exit(harness.advance("two days" as never))
      assert.ok(Exit.isFailure(exit))
      assert.match(Cause.pretty(exit.cause), /advance: a duration such as "2 days" is expected/)
    }).pipe(Effect.scoped)
  )

  it.effect("says which authority, place and what is expected when its input can't be used", () =>
    Effect.gen(function* () {
      const { problems } = yield* Effect.flip(
        Harness.run({
          authorities: [{ ...north, url: "nonsense" }, { ...south, plugins: "kelvin" }, 7],
          mapping: { A: "North", a: "South" },
          directory: { users: [{ cn: "x" }] },
          targets: { East: {} },
          start: "yesterday"
        })
      )
      for (const expected of [
        /^authorities\[0\] \(North\): url: /,
        /^authorities\[1\] \(South\): plugins: /,
        /^authorities\[2\]: an object like the file/,
        /^mapping\.A and a: /,
        /^directory\.users\.0\.uid: /,
        /^targets\.East: there is no authority of that name/,
        /^start: /
      ]) {
        assert.isTrue(
          problems.some((problem) => expected.test(problem)),
          `${expected} in ${problems.join("\n")}`
        )
      }
    })
  )
})
