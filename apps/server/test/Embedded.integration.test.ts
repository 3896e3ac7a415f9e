import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigValues from "@id-connector/core/config/ConfigValues"
import * as Submissions from "@id-connector/core/queue/in/Submissions"
import * as Embedded from "@id-connector/server/Embedded"
import * as Builders from "@id-connector/testkit/data/Builders"
import { quietly } from "@id-connector/testkit/Quietly"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect, Layer } from "effect"
import { deliver } from "../../../docs/snippets/embedded.js"
import { program } from "../../../docs/snippets/embedded-program.js"

const target = Effect.gen(function* () {
  const simulator = yield* KelvinSimulator.make({ schools: ["A"] })
  const { url } = yield* KelvinSimulatorHttp.serve(simulator)
  const kelvin = { ssl_context: { check_hostname: false, verify_mode: 0 } }
  return { simulator, authority: Builders.authority("North", { url, kelvin }) }
})

describe("An embedded connector", () => {
  it.scopedLive("delivers a change that is submitted, and says how that ended", () =>
    Effect.gen(function* () {
      const { authority, simulator } = yield* target
      const ended = yield* deliver(
        { authorities: [authority], mapping: { A: "North" } },
        Builders.user("anna", { schools: ["A"] })
      )
      assert.deepStrictEqual<unknown>(ended, [{ authority: "North", state: "delivered", reason: null }])
      assert.strictEqual(simulator.state().users[0]?.name, "anna")
    }).pipe(quietly)
  )

  it.scopedLive("delivers a pupil in the program that the page shows", () =>
    Effect.gen(function* () {
      const simulator = yield* KelvinSimulator.make({ schools: ["School1"] })
      const { url } = yield* KelvinSimulatorHttp.serve(simulator)
      const ended = yield* program(url, "Administrator", "univention", { check_hostname: false, verify_mode: 0 })
      assert.deepStrictEqual<unknown>(ended, [{ authority: "North", state: "delivered", reason: null }])
      assert.deepStrictEqual(
        simulator.state().users.map(({ firstname, name }) => `${name} ${firstname}`),
        ["anna Anna"]
      )
    }).pipe(quietly)
  )

  it.scopedLive("refuses what it can't understand, takes what is nobody's, and follows its configuration", () =>
    Effect.gen(function* () {
      const { authority, simulator } = yield* target
      const fs = yield* FileSystem.FileSystem
      const database = `${yield* fs.makeTempDirectoryScoped()}/queues.db`
      const options = { authorities: [authority], mapping: {}, database, base: Builders.base }
      yield* Effect.gen(function* () {
        const { ended, submit } = yield* Submissions.Submissions
        const config = yield* ConfigValues.ConfigValues
        const refused = yield* Effect.flip(submit({ id: "x" }))
        assert.match(refused.message, /The change can't be taken: udm_object_type: is missing/)
        const anna = Builders.user("anna", { schools: ["A"] })
        const nobodys = yield* submit(anna)
        assert.deepStrictEqual<unknown>([nobodys.authorities, nobodys.ignored.length], [[], 1])
        const invalid = yield* Effect.flip(config.set({ authorities: [{ name: "x" }], mapping: { A: "a/b" } }))
        assert.match(invalid.message, /authorities\[0\] \(x\): url: [\s\S]*mapping\.A: /)
        yield* config.set({ authorities: [authority], mapping: { A: "North" } })
        const [end] = yield* Effect.flatMap(submit(anna), ended)
        assert.strictEqual(end?.state, "delivered")
        const [dead] = yield* Effect.flatMap(
          submit(Builders.user("ben", { schools: ["A"], properties: { ucsschoolRecordUID: null } })),
          ended
        )
        assert.strictEqual(dead?.state, "dead")
        assert.match(dead?.reason ?? "", /ucsschoolRecordUID/)
      }).pipe(Effect.provide(Embedded.layer(options)))
      assert.strictEqual(simulator.state().users.length, 1)
      assert.strictEqual((yield* fs.stat(database)).mode & 0o777, 0o600)
      // Started again on the same file, it knows what it has delivered.
      simulator.clearLog()
      yield* Effect.gen(function* () {
        const { ended, submit } = yield* Submissions.Submissions
        yield* Effect.flatMap(submit(Builders.removedUser("anna", { schools: ["A"] })), ended)
      }).pipe(Effect.provide(Embedded.layer({ ...options, mapping: { A: "North" } })))
      assert.deepStrictEqual(simulator.state().users, [])
    }).pipe(quietly, Effect.provide(Layer.fresh(NodeContext.layer)))
  )
})
