import { assert, describe, it } from "@effect/vitest"
import * as TargetHttp from "@id-connector/kelvin/client/TargetHttp"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect, Fiber } from "effect"
import * as UndiciTargetHttp from "../../src/targets/UndiciTargetHttp.js"

/** A real server, and a client that has so many connections to it. */
const world = (tls = { verifyCertificate: false, verifyHostname: false }, connections = 1) =>
  Effect.gen(function* () {
    const simulator = yield* KelvinSimulator.make({ schools: ["GYM1"] })
    const { url } = yield* KelvinSimulatorHttp.serve(simulator)
    const http = yield* TargetHttp.TargetHttp
    const send = yield* http.client({ tls, connections })
    const get = (path: string, timeLimit = 20) =>
      send({ method: "GET", url: `${url}${path}`, headers: {}, body: null, timeLimit })
    return { simulator, get, send, url }
  }).pipe(Effect.provide(UndiciTargetHttp.layer))

describe("requests to a target", () => {
  it.scopedLive("bring the whole answer, with header names in lower case", () =>
    Effect.gen(function* () {
      const { send, simulator, url } = yield* world()
      simulator.fail({
        effect: { _tag: "Status", status: 503, headers: { "Retry-After": "7" }, body: "Grüße ".repeat(50_000) }
      })
      const answer = yield* send({ method: "POST", url: `${url}users/`, headers: {}, body: '{"ä": 1}', timeLimit: 20 })
      assert.deepStrictEqual([answer.status, answer.headers["retry-after"]], [503, "7"])
      assert.strictEqual(answer.text, "Grüße ".repeat(50_000))
    })
  )

  it.scopedLive("are all answered, however many answers come at once", () =>
    Effect.gen(function* () {
      const { get } = yield* world(undefined, 30)
      const all = Array.from({ length: 100 })
      const statuses = yield* Effect.forEach(all, () => get("openapi.json"), { concurrency: 30 })
      assert.deepStrictEqual(new Set(statuses.map(({ status }) => status)), new Set([200]))
      assert.strictEqual(statuses.length, 100)
    })
  )

  it.scopedLive("may be addressed in any form that a browser takes", () =>
    Effect.gen(function* () {
      const { get, send, simulator, url } = yield* world()
      yield* get("users/?name=ü b")
      yield* send({ method: "GET", url: url.replace("https://l", "HTTPS://L"), headers: {}, body: null, timeLimit: 20 })
      assert.deepStrictEqual(
        simulator.requests().map(({ path, query }) => `${path}?${query}`),
        ["/users/?name=%C3%BC%20b", "/?"]
      )
    })
  )

  it.scopedLive("end at their time limit, on the way and while they wait for a connection; others go on", () =>
    Effect.gen(function* () {
      const { get, simulator } = yield* world()
      simulator.fail({ path: "/schools/", effect: { _tag: "Hang" } })
      const [hanging, waiting] = yield* Effect.all(
        [Effect.flip(get("schools/", 0.3)), Effect.flip(get("users/", 0.1))],
        { concurrency: 2 }
      )
      assert.deepStrictEqual([hanging._tag, waiting._tag], ["TimedOut", "TimedOut"])
      assert.strictEqual((yield* get("openapi.json")).status, 200)
      // The one that waited was never sent.
      assert.deepStrictEqual(
        simulator.requests().map(({ path }) => path),
        ["/schools/", "/openapi.json"]
      )
    })
  )

  it.scopedLive("are cut off when they are interrupted", () =>
    Effect.gen(function* () {
      const { get, simulator } = yield* world()
      simulator.fail({ path: "/schools/", effect: { _tag: "Hang" } })
      const hanging = yield* Effect.fork(get("schools/"))
      yield* Effect.repeat(Effect.yieldNow(), { until: () => simulator.requests().length === 1 })
      yield* Fiber.interrupt(hanging)
      // There is one connection only: it has been given up.
      assert.strictEqual((yield* get("openapi.json")).status, 200)
    })
  )

  it.scopedLive("say why they failed: a broken connection, a certificate that is not trusted", () =>
    Effect.gen(function* () {
      const { get, simulator } = yield* world()
      simulator.fail({ effect: { _tag: "Drop" } })
      assert.strictEqual((yield* Effect.flip(get("users/")))._tag, "Unreachable")
      const strict = yield* world({ verifyCertificate: true, verifyHostname: true })
      const refused = yield* Effect.flip(strict.get("users/"))
      assert.match(refused._tag === "Unreachable" ? String(refused.cause) : "", /self-signed certificate/)
    })
  )
})
