import * as Fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Builders from "@id-connector/testkit/data/Builders"
import { quietly } from "@id-connector/testkit/Quietly"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect, Schedule } from "effect"
import { world } from "./http/ApiWorld.js"

const tls = Effect.runPromise(KelvinSimulatorHttp.certificate)

/** Authorities with a simulated target each, active from the beginning. School N belongs to authority N. */
const running = (names: ReadonlyArray<string>, latency: number) =>
  Effect.gen(function* () {
    const api = yield* world()
    const certificate = yield* Effect.promise(() => tls)
    const target = (name: string) =>
      Effect.gen(function* () {
        const simulator = yield* KelvinSimulator.make({
          schools: names.map((name) => `S-${name}`),
          latency: { read: latency, write: latency }
        })
        const { url } = yield* KelvinSimulatorHttp.serve(simulator, { tls: certificate })
        const kelvin = { ssl_context: { verify_mode: 0, check_hostname: false }, deletion_protection: false }
        const created = yield* api.send(
          "POST",
          "/v1/school_authorities",
          api.as(Builders.authority(name, { url, kelvin }))
        )
        assert.strictEqual(created.status, 201)
        return simulator
      })
    const mapping = (names: ReadonlyArray<string>) =>
      api.send(
        "PUT",
        "/v1/school_to_authority_mapping",
        api.as({
          mapping: Object.fromEntries(names.map((name) => [`S-${name}`, name]))
        })
      )
    let count = 0
    const drop = (contents: ReadonlyArray<object>) =>
      Effect.sync(() => {
        for (const content of contents) {
          const name = `2026-02-03-08-00-00-${String(count++).padStart(6, "0")}.json`
          Fs.writeFileSync(join(api.appDir, name), JSON.stringify(content))
          Fs.renameSync(join(api.appDir, name), join(api.settings.listenerDirectory, name))
        }
      })
    const status = (name: string) =>
      Effect.map(api.send("GET", `/v1/school_authorities/${name}/status`, api.as()), ({ body }) => ({
        delivered: Number(body?.delivered),
        items: body?.items as Readonly<Record<string, number>>
      }))
    const until = <E>(isSo: Effect.Effect<boolean, E>) =>
      Effect.repeat(isSo, { until: (is) => is, schedule: Schedule.spaced("20 millis") })
    const isTakenOver = Effect.sync(() =>
      Fs.readdirSync(api.settings.listenerDirectory).every((name) => !name.endsWith(".json"))
    )
    const isDone = (name: string) =>
      Effect.map(status(name), ({ items }) => Object.values(items).every((count) => count === 0))
    return { ...api, drop, isDone, isTakenOver, mapping, status, target, until }
  })

const users = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) =>
    Builders.user(`${name}-${index}`.toLowerCase(), { schools: [`S-${name}`] })
  )

const timeLimit = { timeout: 120_000 }

describe("While 2,000 items flow", () => {
  it.scopedLive(
    "every change of the configuration takes effect at once, nothing is lost, and others do not notice",
    () =>
      Effect.gen(function* () {
        const { as, drop, isDone, isTakenOver, mapping, send, status, target, until } = yield* running(
          ["A", "B", "C"],
          5
        )
        const a = yield* target("A")
        const b = yield* target("B")
        yield* mapping(["A", "B", "C"])
        yield* drop([...users("A", 1_000), ...users("B", 1_000)])
        yield* until(Effect.map(status("A"), ({ delivered }) => delivered >= 50))
        const patch = (json: object) => send("PATCH", "/v1/school_authorities/A", as(json))
        for (const concurrency of [8, 1, 16]) {
          assert.strictEqual((yield* patch({ plugin_configs: { kelvin: { concurrency } } })).status, 200)
        }
        yield* patch({ active: false })
        assert.strictEqual((yield* send("GET", "/v1/queues/A", as())).status, 404)
        const bGoesOn = Effect.gen(function* () {
          const before = (yield* status("B")).delivered
          yield* until(Effect.map(status("B"), ({ delivered }) => delivered > before + 50))
        })
        // What is at work when it is switched off is finished, nothing else begins.
        yield* bGoesOn
        const quiet = a.requests().length
        yield* bGoesOn
        assert.lengthOf(a.requests(), quiet)
        yield* patch({ active: true })
        const c = yield* target("C")
        yield* drop([...users("C", 10)])
        yield* until(isTakenOver)
        yield* until(isDone("A"))
        yield* until(isDone("B"))
        yield* until(isDone("C"))
        const held = [a, b, c].map((simulator) => simulator.state().users.length)
        assert.deepStrictEqual(held, [1_000, 1_000, 10])
        // Each was created once, however often the queue was stopped; B's queue never was.
        for (const simulator of [a, b]) {
          const created = simulator.writes().filter((write) => write === "POST /users/ 201")
          assert.lengthOf(created, 1_000)
        }
        assert.strictEqual((yield* status("B")).delivered, 1_000)
        const token = b.requests().filter(({ path }) => path === "/token")
        assert.lengthOf(token, 1)
      }).pipe(quietly),
    timeLimit
  )

  it.scopedLive(
    "a school authority can be deleted: what was not delivered is in the trash, and its target is left alone",
    () =>
      Effect.gen(function* () {
        const { appDir, as, drop, isDone, isTakenOver, mapping, send, status, target, until } = yield* running(
          ["A", "B"],
          5
        )
        const a = yield* target("A")
        const b = yield* target("B")
        yield* mapping(["A", "B"])
        yield* drop([...users("A", 500), ...users("B", 500)])
        yield* until(isTakenOver)
        yield* until(Effect.map(status("A"), ({ delivered }) => delivered >= 50))
        assert.strictEqual((yield* send("DELETE", "/v1/school_authorities/A", as())).status, 204)
        assert.strictEqual((yield* send("GET", "/v1/school_authorities/A", as())).status, 404)
        const trash = join(appDir, "data", "out_queues_trash")
        const kept = Effect.sync(() =>
          Fs.existsSync(trash)
            ? Fs.readdirSync(trash).flatMap((directory) => Fs.readdirSync(join(trash, directory)))
            : []
        )
        yield* until(Effect.map(kept, (files) => files.length + a.state().users.length === 500))
        const requests = a.requests().length
        yield* until(isDone("B"))
        assert.lengthOf(b.state().users, 500)
        assert.lengthOf(a.requests(), requests)
        assert.isAbove(requests, 50)
      }).pipe(quietly),
    timeLimit
  )
})

describe("A full disk", () => {
  it.scopedLive(
    "keeps the old configuration, says so, and lets the queues go on",
    () =>
      Effect.gen(function* () {
        const { appDir, as, drop, isDone, isTakenOver, mapping, send, target, until } = yield* running(["A"], 1)
        const a = yield* target("A")
        yield* mapping(["A"])
        const directory = join(appDir, "conf", "school_authorities")
        const file = join(directory, "A.json")
        const before = Fs.readFileSync(file, "utf8")
        // Whatever is written there meets a disk without space.
        Fs.symlinkSync("/dev/full", `${file}.tmp`)
        Fs.symlinkSync("/dev/full", join(directory, "B.json.tmp"))
        Fs.symlinkSync("/dev/full", join(appDir, "conf", "schools_authorities_mapping.json.tmp"))
        yield* drop(users("A", 200))
        const answers = [
          yield* send("PATCH", "/v1/school_authorities/A", as({ active: false })),
          yield* send("POST", "/v1/school_authorities", as(Builders.authority("B"))),
          yield* send("PUT", "/v1/school_to_authority_mapping", as({ mapping: {} }))
        ]
        for (const { body, status } of answers) {
          assert.strictEqual(status, 500)
          assert.match(String(body?.detail), /^The configuration could not be saved, nothing has changed: .*ENOSPC/)
        }
        assert.strictEqual(Fs.readFileSync(file, "utf8"), before)
        assert.strictEqual((yield* send("GET", "/v1/school_authorities/A", as())).body?.active, true)
        assert.strictEqual((yield* send("GET", "/v1/school_authorities/B", as())).status, 404)
        yield* until(isTakenOver)
        yield* until(isDone("A"))
        assert.lengthOf(a.state().users, 200)
        // With space again it works again.
        assert.strictEqual((yield* send("PATCH", "/v1/school_authorities/A", as({ active: false }))).status, 200)
      }).pipe(quietly),
    timeLimit
  )
})
