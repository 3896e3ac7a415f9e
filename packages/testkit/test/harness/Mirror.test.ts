import { assert, describe, it } from "@effect/vitest"
import * as TargetHttp from "@id-connector/kelvin/client/TargetHttp"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as Harness from "@id-connector/testkit/harness/Harness"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect } from "effect"

const host = "kelvin.north.example"

const url = `https://${host}/ucsschool/kelvin/v1/`

const mapping = {
  users: { ...Builders.usersMapping, phone: "phone" },
  school_classes: Builders.classesMapping
}

const inSchool = { school: "A", source_uid: "S" }

/** A target that is there already, and a run of the harness that begins with what it has. */
const begun = (holds: KelvinSimulator.Options, password?: string) =>
  Effect.gen(function* () {
    const target = yield* KelvinSimulator.make({ schools: ["A"], ...holds })
    if (password !== undefined) target.setPassword("Administrator", password)
    const http: TargetHttp.TargetHttpShape = {
      client: () => Effect.succeed(TargetHttp.fromHttpClient(KelvinSimulatorHttp.client({ [host]: target })))
    }
    const before = JSON.stringify(target.state())
    const run = (...changes: ReadonlyArray<unknown>) =>
      Effect.tap(
        Harness.run({
          authorities: [Builders.authority("North", { url, kelvin: { mapping } })],
          mapping: { A: "North" },
          real: { authorities: ["North"], http },
          changes
        }),
        () =>
          Effect.sync(() => {
            assert.deepStrictEqual(target.writes(), [])
            assert.strictEqual(JSON.stringify(target.state()), before)
          })
      )
    return { run, target }
  })

const outcomesOf = ({ changes }: Harness.Outcome) =>
  changes.map(({ decisions, object }) => [object, ...(decisions[0]?.attempts.map(({ outcome }) => outcome) ?? [])])

describe("A run that begins with what a real target has", () => {
  it.effect("modifies the user who is there, and writes nothing to the target", () =>
    Effect.gen(function* () {
      const { run } = yield* begun({
        users: [
          { name: "anna", firstname: "Old", record_uid: "rec-anna", ...inSchool },
          { name: "other", record_uid: "rec-other", ...inSchool }
        ],
        classes: [{ name: "1a", school: "A", users: ["anna", "other"] }]
      })
      const outcome = yield* run(Builders.user("anna", { schools: ["A"] }))
      assert.deepStrictEqual(outcomesOf(outcome), [["user anna", "modified"]])
      const requests = outcome.changes[0]?.decisions[0]?.attempts[0]?.requests ?? []
      assert.deepStrictEqual(requests.map(({ method, path }) => `${method} ${path}`).at(-1), "PATCH /v1/users/anna")
      assert.deepInclude(requests.at(-1)?.body, { firstname: "F-anna" })
      const { classes, isReal, users } = outcome.targets.North ?? {}
      assert.deepStrictEqual(
        [isReal, users?.map(({ firstname, name }) => `${name} ${firstname}`), classes],
        [true, ["anna F-anna"], []]
      )
    })
  )

  it.effect("reads a class with all its members, and sends what is new", () =>
    Effect.gen(function* () {
      const { run, target } = yield* begun({
        users: ["anna", "ben", "carl"].map((name) => ({ name, record_uid: `rec-${name}`, ...inSchool })),
        classes: [{ name: "1a", school: "A", users: ["anna", "carl"] }]
      })
      const outcome = yield* run(Builders.schoolClass("A", "1a", ["anna", "ben"]))
      assert.deepStrictEqual(outcomesOf(outcome), [["group A-1a", "modified"]])
      assert.deepStrictEqual(
        outcome.targets.North?.classes.map(({ users }) => users),
        [["anna", "ben"]]
      )
      const reads = target
        .requests()
        .filter(({ method }) => method === "GET")
        .map(({ path, query }) => `${path}?${query}`)
      assert.deepStrictEqual(new Set(reads).size, reads.length, "each is asked for once")
    })
  )

  it.effect("meets the names and addresses that others have there", () =>
    Effect.gen(function* () {
      const { run } = yield* begun({
        users: [{ name: "anna", record_uid: "somebody-else", source_uid: "other", school: "A" }]
      })
      const outcome = yield* run(Builders.user("anna", { schools: ["A"] }))
      assert.deepStrictEqual(
        outcome.undelivered.map(({ object, state }) => `${object} ${state}`),
        ["user anna dead"]
      )
      assert.match(outcome.undelivered[0]?.reason ?? "", /somebody-else/)
    })
  )

  it.effect("refuses properties that the target's administrator has not allowed", () =>
    Effect.gen(function* () {
      const { run } = yield* begun({
        users: [{ name: "anna", record_uid: "rec-anna", ...inSchool }],
        udmProperties: { user: ["title"], school_class: [] }
      })
      const outcome = yield* run(Builders.user("anna", { schools: ["A"], properties: { phone: ["1"] } }))
      assert.match(outcome.undelivered[0]?.reason ?? "", /phone/)
    })
  )

  it.effect("says what the target says to a wrong password, and ends", () =>
    Effect.gen(function* () {
      const { run } = yield* begun({}, "another one")
      const outcome = yield* run(Builders.user("anna", { schools: ["A"] }))
      assert.match(outcome.paused.North ?? "", /refuses the connector/)
      assert.deepStrictEqual(
        outcome.undelivered.map(({ state }) => state),
        ["waiting"]
      )
    })
  )

  it.effect("says that the authority has no URL, or is not there", () =>
    Effect.gen(function* () {
      const { url: _, ...without } = Builders.authority("North")
      const http: TargetHttp.TargetHttpShape = { client: () => Effect.never }
      const { problems } = yield* Effect.flip(
        Harness.run({ authorities: [without], mapping: {}, real: { authorities: ["North", "West"], http } })
      )
      assert.deepStrictEqual(problems, [
        "real target West: there is no authority of that name (there are: North)",
        "real target North: the authority needs a URL, and a host that no other one has"
      ])
    })
  )
})
