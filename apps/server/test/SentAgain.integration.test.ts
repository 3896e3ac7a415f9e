import * as Fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Builders from "@id-connector/testkit/data/Builders"
import { quietly } from "@id-connector/testkit/Quietly"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect, Schedule } from "effect"
import * as CommandProcess from "./cli/CommandProcess.js"
import { people, world } from "./http/ApiWorld.js"

const tls = Effect.runPromise(KelvinSimulatorHttp.certificate)

const anna = (title: string | null) => Builders.user("anna", { properties: { title } })
const annaId = anna(null).id

const directory = {
  ...people,
  users: [
    ...people.users,
    {
      dn: Builders.userDn("anna"),
      uid: "anna",
      entryUUID: annaId.toUpperCase(),
      ucsschoolRole: ["student:school:School1"],
      schools: ["School1"],
      hashes: Builders.passwordHashes
    }
  ]
}

/** Anna was delivered with a title, which was cleared; then the target was restored from a backup. */
const restored = Effect.gen(function* () {
  const api = yield* world(directory)
  const simulator = yield* KelvinSimulator.make({ schools: ["School1"] })
  const certificate = yield* Effect.promise(() => tls)
  const serve = Effect.map(KelvinSimulatorHttp.serve(simulator, { tls: certificate }), ({ url }) => url)
  const kelvin = { sync_password_hashes: true, ssl_context: { verify_mode: 0, check_hostname: false } }
  yield* api.send("POST", "/v1/school_authorities", api.as(Builders.authority("T", { url: yield* serve, kelvin })))
  yield* api.send("PUT", "/v1/school_to_authority_mapping", api.as({ mapping: { School1: "T" } }))
  let count = 0
  const drop = (content: unknown) =>
    Effect.gen(function* () {
      const name = `2026-02-03-08-00-00-${String(count++).padStart(6, "0")}.json`
      Fs.writeFileSync(join(api.appDir, name), JSON.stringify(content))
      Fs.renameSync(join(api.appDir, name), join(api.settings.listenerDirectory, name))
      yield* api.send("GET", "/v1/school_authorities/T/status", api.as()).pipe(
        Effect.repeat({
          until: ({ body }) => Number(body?.delivered) >= 1 && isIdle(body?.items) && !isInQueue(name),
          schedule: Schedule.spaced("20 millis")
        })
      )
    })
  const isInQueue = (name: string) => Fs.existsSync(join(api.settings.listenerDirectory, name))
  /** What the host makes of the trigger files: a listener file that does not say why. */
  const convert = (content: unknown) =>
    Effect.gen(function* () {
      const [trigger = "", ...others] = Fs.readdirSync(api.settings.triggerDirectory ?? "")
      assert.match(trigger, new RegExp(`_${annaId}.json$`, "i"))
      assert.deepStrictEqual(others, [])
      Fs.rmSync(join(api.settings.triggerDirectory ?? "", trigger))
      yield* drop(content)
    })
  const marks = () => Fs.readdirSync(join(api.appDir, "data", "scheduled"))
  const held = () => simulator.state().users[0]
  yield* drop(anna("Dr."))
  yield* drop(anna(null))
  const backup = { ...held(), name: "anna", school: "School1", hashes: "old", udm_properties: { title: "Dr." } }
  const restore = Effect.sync(() => simulator.addUser(backup))
  yield* restore
  yield* drop(anna(null))
  assert.deepStrictEqual([held()?.hashes, held()?.udm_properties], ["old", { title: "Dr." }], "nobody can know")
  return { ...api, convert, drop, held, marks, restore, serve, simulator }
})

const isIdle = (items: unknown) =>
  Object.values(items as Readonly<Record<string, number>>).every((number) => number === 0)

const sent = { samba_nt_password: Builders.passwordHashes.sambaNTPassword }

describe("What can't be compared with what the target has", { timeout: 60_000 }, () => {
  it.scopedLive("is sent again when the user is scheduled by the API or the command, once", () =>
    Effect.gen(function* () {
      const { appDir, as, convert, drop, held, marks, restore, send, simulator } = yield* restored
      assert.strictEqual((yield* send("POST", "/v1/schedule/users/anna", as())).status, 200)
      assert.lengthOf(marks(), 1)
      yield* convert(anna(null))
      assert.deepInclude(held()?.hashes, sent)
      assert.deepStrictEqual([held()?.udm_properties, marks()], [{}, []])
      yield* restore
      yield* CommandProcess.run("schedule_user", ["ANNA"], ServiceProcess.environment(appDir))
      yield* convert(anna(null))
      assert.deepInclude(held()?.hashes, sent)
      simulator.clearLog()
      yield* drop(anna(null))
      assert.deepStrictEqual(simulator.writes(), [])
    }).pipe(quietly)
  )

  it.scopedLive("is sent again after the authority's URL has changed, once", () =>
    Effect.gen(function* () {
      const { as, drop, held, send, serve, simulator } = yield* restored
      const patch = { url: yield* serve, plugin_configs: { kelvin: { password: "univention" } } }
      assert.strictEqual((yield* send("PATCH", "/v1/school_authorities/T", as(patch))).status, 200)
      yield* drop(anna(null))
      assert.deepInclude(held()?.hashes, sent)
      simulator.clearLog()
      yield* drop(anna(null))
      assert.deepStrictEqual(simulator.writes(), [])
    }).pipe(quietly)
  )
})
