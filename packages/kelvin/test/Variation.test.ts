import { assert, describe, it } from "@effect/vitest"
import { ObjectUndeliverable } from "@id-connector/core/targets/DeliveryError"
import * as KelvinPlugin from "@id-connector/kelvin/KelvinPlugin"
import * as Builders from "@id-connector/testkit/data/Builders"
import { Effect, Fiber, TestClock } from "effect"
import { world } from "./delivery/World.js"

const mapping = {
  users: { ...Builders.usersMapping, initials: "initials" },
  school_classes: Builders.classesMapping
}

/** The letters that names begin with. */
const initialsOf = (properties: { readonly [key: string]: unknown }) =>
  [properties.firstname, properties.lastname].map((name) => String(name ?? "").slice(0, 1)).join("")

const withInitials = KelvinPlugin.make({
  name: "kelvin",
  attributes: { initials: ({ properties }) => initialsOf(properties) }
})

const anna = (more: object = {}) =>
  Builders.user("anna", { schools: ["A"], properties: { firstname: "Anna", lastname: "Meier", ...more } })

const there = { schools: ["A", "B"], udmProperties: { user: ["initials"], school_class: [] } }

describe("A variation of the Kelvin plugin", () => {
  it.scoped("sends what its functions answer, tells it in the preview, and sends only what differs", () =>
    Effect.gen(function* () {
      const { deliver, preview, simulator } = yield* world(there, { mapping }, withInitials)
      const told = yield* preview(anna())
      assert.deepInclude(told.attributes.udm_properties, { initials: "AM" })
      assert.strictEqual(told.sources.initials, "initials")
      const { receipt } = yield* deliver(anna())
      assert.deepInclude(simulator.state().users[0]?.udm_properties, { initials: "AM" })
      assert.strictEqual((yield* deliver(anna(), { receipt })).outcome, "unchanged")
      const { differences } = yield* preview(anna({ lastname: "Huber" }), { receipt })
      assert.deepInclude(differences, { attribute: "udm_properties.initials", current: "AM", wanted: "AH" })
    })
  )

  it.scoped("clears what its functions gave before and do not any more", () =>
    Effect.gen(function* () {
      const { deliver, simulator } = yield* world(there, { mapping }, withInitials)
      const { receipt } = yield* deliver(anna())
      yield* deliver(anna({ firstname: "", lastname: "" }), { receipt })
      assert.notOk(simulator.state().users[0]?.udm_properties.initials)
    })
  )

  it.scoped("has the last word on a user and a class, and chooses members", () =>
    Effect.gen(function* () {
      const plugin = KelvinPlugin.make({
        name: "kelvin",
        changeUser: async (wanted, user) => ({
          ...wanted,
          attributes: { ...wanted.attributes, firstname: `${user.username} the great` }
        }),
        changeClass: (wanted, _, { authority }) => ({
          ...wanted,
          attributes: { ...wanted.attributes, description: `of ${authority.name}` }
        }),
        chooseMembers: ({ local }) => Effect.succeed(local.filter((name) => name !== "ben"))
      })
      const { deliver, simulator } = yield* world({ schools: ["A"] }, {}, plugin)
      for (const name of ["anna", "ben"]) yield* deliver(Builders.user(name, { schools: ["A"], id: `id-${name}` }))
      yield* deliver(
        Builders.schoolClass(
          "A",
          "1a",
          ["anna", "ben"].map((name) => Builders.userDn(name, "A"))
        )
      )
      const { classes, users } = simulator.state()
      assert.deepStrictEqual(
        users.map(({ firstname }) => firstname),
        ["anna the great", "ben the great"]
      )
      assert.deepStrictEqual(
        classes.map(({ description, users }) => [description, users]),
        [["of T", ["anna"]]]
      )
    })
  )

  it.scoped("fails at the one object when a function does, and names it", () =>
    Effect.gen(function* () {
      const refusal = new ObjectUndeliverable({ reasons: ["no initials"] })
      for (const [initials, expected] of [
        [() => refusal, /no initials/],
        [() => () => "a function", /its hook attributes.initials answered with a function that is no JSON/],
        [() => Promise.reject(new Error("no route")), /its hook attributes.initials failed with Error: no route/]
      ] as const) {
        const plugin = KelvinPlugin.make({ name: "kelvin", attributes: { initials } })
        const { deliver } = yield* world(there, { mapping }, plugin)
        assert.match((yield* Effect.flip(deliver(anna()))).message, expected)
      }
    })
  )

  it.scoped("gives its functions the time that a delivery has, and 60 seconds when nothing is said", () =>
    Effect.gen(function* () {
      const slow = (timeLimits: object) =>
        KelvinPlugin.make({
          name: "kelvin",
          attributes: { initials: () => Effect.as(Effect.sleep("2 minutes"), "AM") },
          timeLimits
        })
      for (const [timeLimits, expected] of [
        [{}, /its hook attributes.initials did not end within 1m/],
        [{ deliver: "90 seconds" }, /did not end within 1m 30s/],
        [{ deliver: "10 minutes" }, null],
        [{ deliver: null }, null]
      ] as const) {
        const { deliver } = yield* world(there, { mapping }, slow(timeLimits))
        const delivery = yield* Effect.fork(Effect.either(deliver(anna())))
        yield* TestClock.adjust("3 minutes")
        const ended = yield* Fiber.join(delivery)
        if (expected === null) assert.strictEqual(ended._tag, "Right")
        else assert.match(ended._tag === "Left" ? ended.left.message : "it did", expected)
      }
    })
  )

  it.scoped("warns of functions that no mapping asks for", () =>
    Effect.gen(function* () {
      const { found } = yield* world(there, {}, withInitials)
      assert.deepStrictEqual(found.warnings, [
        'plugin_configs.kelvin.mapping: nothing is mapped from "initials", which the plugin has a function for'
      ])
    })
  )
})
