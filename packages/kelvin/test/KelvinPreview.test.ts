import { assert, describe, it } from "@effect/vitest"
import { mask } from "@id-connector/core/schools/SchoolAuthority"
import * as Builders from "@id-connector/testkit/data/Builders"
import { Effect, Either, FastCheck as fc } from "effect"
import { world } from "./delivery/World.js"

const user = (name: string, properties: Record<string, unknown> = {}) =>
  Builders.user(name, { schools: ["A"], properties })

const held = (name: string, more: object = {}) => ({
  name,
  school: "A",
  firstname: `F-${name}`,
  lastname: `L-${name}`,
  record_uid: `rec-${name}`,
  source_uid: "S",
  ...more
})

/** Changes that touch each other. The target has the schools A and B. */
const name = fc.constantFrom("anna", "ben")
const change: fc.Arbitrary<unknown> = fc.oneof(
  fc
    .record({
      name,
      schools: fc.subarray(["A", "B", "X"], { minLength: 1 }),
      lastname: fc.constantFrom("L1", "L2"),
      title: fc.constantFrom(null, "Dr.", "Prof.")
    })
    .map(({ name, schools: [first = "A", ...others], ...properties }) =>
      Builders.user(name, { schools: [first, ...others], properties })
    ),
  name.map((name) =>
    Builders.removedUser(name, { previous: { schools: ["A"], record_uid: `rec-${name}`, source_uid: "S" } })
  ),
  fc.subarray(["anna", "ben"]).map((members) => Builders.schoolClass("A", "1a", members)),
  fc.constant(Builders.removedClass("A", "1a"))
)

describe("A preview", () => {
  it.scoped("shows what a new user would be, and sends nothing", () =>
    Effect.gen(function* () {
      const { preview, simulator } = yield* world({})
      const { attributes, differences, mapping, outcome, requests } = yield* preview(user("anna"))
      assert.deepStrictEqual(simulator.writes(), [])
      assert.deepStrictEqual([outcome, mapping?.name, attributes.name], ["created", "users", "anna"])
      assert.deepInclude(differences, { attribute: "firstname", current: null, wanted: "F-anna" })
      assert.deepStrictEqual(
        requests.map(({ method, path }) => [method, path]),
        [["POST", "/ucsschool/kelvin/v1/users/"]]
      )
    })
  )

  it.scoped("shows what differs and only that, each UDM property for itself", () =>
    Effect.gen(function* () {
      const { preview } = yield* world({
        users: [held("anna", { lastname: "Old", udm_properties: { title: "Dr.", city: "Bremen" } })],
        udmProperties: { user: ["title", "city"], school_class: [] }
      })
      const { differences, outcome, requests, warnings } = yield* preview(user("anna", { title: "Prof." }))
      assert.strictEqual(outcome, "modified")
      assert.deepStrictEqual(differences, [
        { attribute: "lastname", current: "Old", wanted: "L-anna" },
        { attribute: "udm_properties.title", current: "Dr.", wanted: "Prof." }
      ])
      assert.deepStrictEqual(requests, [
        {
          method: "PATCH",
          path: "/ucsschool/kelvin/v1/users/anna",
          body: { lastname: "L-anna", udm_properties: { title: "Prof." } }
        }
      ])
      assert.deepStrictEqual(warnings, [])
    })
  )

  it.scoped("shows what would be cleared", () =>
    Effect.gen(function* () {
      const { preview } = yield* world({
        users: [held("anna", { email: "anna@x.de", udm_properties: { title: "Dr." } })]
      })
      const none = user("anna", { title: null, mailPrimaryAddress: null })
      const shown = yield* preview(none, { receipt: JSON.stringify({ given: ["email", "title"] }) })
      assert.deepStrictEqual(shown.differences, [
        { attribute: "email", current: "anna@x.de", wanted: null },
        { attribute: "udm_properties.title", current: "Dr.", wanted: null }
      ])
      assert.deepStrictEqual(shown.requests[0]?.body, { email: null, udm_properties: { title: null } })
      assert.strictEqual((yield* preview(none)).outcome, "unchanged")
    })
  )

  it.scoped("says that password hashes would be sent, without showing them", () =>
    Effect.gen(function* () {
      const { preview } = yield* world({ users: [held("anna")] }, { sync_password_hashes: true })
      const shown = yield* preview({ ...user("anna"), user_passwords: Builders.passwordHashes })
      assert.deepInclude(shown.differences, { attribute: "kelvin_password_hashes", current: null, wanted: mask })
      assert.notInclude(JSON.stringify(shown), Builders.passwordHashes.sambaNTPassword)
    })
  )

  it.scoped("warns of UDM properties and members that the target does not have", () =>
    Effect.gen(function* () {
      const { preview } = yield* world({
        users: [held("anna")],
        udmProperties: { user: ["city"], school_class: [] }
      })
      const { warnings } = yield* preview(user("anna", { title: "Prof." }))
      assert.match(warnings.join(), /^udm_properties.title: /)
      const shown = yield* preview(Builders.schoolClass("A", "1a", ["anna", "ben"]))
      assert.strictEqual(shown.outcome, "created")
      assert.match(shown.warnings.join(), /^users: the target does not have ben yet/)
    })
  )

  it.scoped("fails with what keeps the object from being delivered", () =>
    Effect.gen(function* () {
      const { preview } = yield* world({})
      const error = yield* Effect.flip(preview(user("anna", { birthday: "yesterday" })))
      assert.include(error.message, "birthday")
    })
  )

  it.effect("promises the very requests that the delivery then sends, or warns, whatever comes after whatever", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), (files) =>
          Effect.runPromise(
            Effect.scoped(
              Effect.gen(function* () {
                const { deliver, preview, simulator } = yield* world({})
                for (const file of files) {
                  const foreseen = yield* preview(file)
                  simulator.clearLog()
                  const happened = yield* Effect.either(deliver(file))
                  if (Either.isLeft(happened)) {
                    assert.isNotEmpty(foreseen.warnings)
                    continue
                  }
                  assert.strictEqual(foreseen.outcome, happened.right.outcome)
                  assert.deepStrictEqual(
                    foreseen.requests.map(({ method, path }) => `${method} ${path.replace(/^.*kelvin.v1/, "")}`),
                    simulator.writes().map((write) => write.replace(/ \d+$/, ""))
                  )
                }
              })
            )
          )
        ),
        { numRuns: 150 }
      )
    )
  )
})

describe("The check of a target", () => {
  it.scoped("finds schools and UDM properties that are mapped and not there", () =>
    Effect.gen(function* () {
      const { check, simulator } = yield* world({
        schools: ["A"],
        users: [held("anna")],
        classes: [{ name: "1a", school: "A", users: ["anna"] }],
        udmProperties: { user: ["city"], school_class: [] }
      })
      const findings = yield* check
      assert.deepStrictEqual(
        findings.map(({ about, severity }) => [severity, about]),
        [
          ["ok", "login"],
          ["ok", "roles"],
          ["ok", "schools"],
          ["warning", "schools"],
          ["warning", "mapping.users"]
        ]
      )
      assert.deepStrictEqual(
        findings.map(({ code, values }) => [code, values]),
        [
          ["account_known", {}],
          ["roles_known", { roles: "staff, student, teacher, legal_guardian, school_admin" }],
          ["schools_known", { common: "1", schools: "3" }],
          ["schools_missing", { schools: "B, C" }],
          ["property_unknown", { property: "title", object: "user" }]
        ]
      )
      assert.include(findings[3]?.text, "does not have B, C")
      assert.include(findings[4]?.text, '"title"')
      assert.deepStrictEqual(simulator.writes(), [])
    })
  )

  it.scoped("tells a wrong password from a target that does not answer", () =>
    Effect.gen(function* () {
      const { check, simulator } = yield* world({})
      const about = Effect.map(check, (findings) => findings.map(({ about, severity }) => [severity, about]))
      simulator.setPassword("Administrator", "another")
      assert.deepStrictEqual(yield* about, [["error", "login"]])
      simulator.fail({ effect: { _tag: "Status", status: 503 } })
      assert.deepStrictEqual(yield* about, [["error", "connection"]])
    })
  )
})
