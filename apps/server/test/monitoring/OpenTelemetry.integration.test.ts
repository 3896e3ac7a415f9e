import * as Fs from "node:fs"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect } from "effect"
import { words } from "../cli/CommandProcess.js"
import { people } from "../http/ApiWorld.js"
import * as Collector from "./Collector.js"
import * as Promtool from "./Promtool.js"

const tls = Effect.runPromise(KelvinSimulatorHttp.certificate)

/** A service for North and South, each with a school, with what OpenTelemetry is told. */
const running = (env: NodeJS.ProcessEnv, active = true) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped()
    const anna = { dn: "uid=anna,dc=x", uid: "anna", entryUUID: "uuid-anna", ...Builders.passwordHashes }
    Fs.writeFileSync(join(directory, "directory.json"), JSON.stringify({ ...people, users: [...people.users, anna] }))
    const authorities = join(directory, "conf", "school_authorities")
    Fs.mkdirSync(authorities, { recursive: true })
    const simulators = yield* Effect.forEach(["North", "South"], (name) =>
      Effect.gen(function* () {
        const simulator = yield* KelvinSimulator.make({ schools: [`Gym${name}`] })
        const { url } = yield* KelvinSimulatorHttp.serve(simulator, { tls: yield* Effect.promise(() => tls) })
        const kelvin = { ssl_context: { verify_mode: 0, check_hostname: false }, sync_password_hashes: true }
        Fs.writeFileSync(
          join(authorities, `${name}.json`),
          JSON.stringify(Builders.authority(name, { active, url, kelvin }))
        )
        return simulator
      })
    )
    Fs.writeFileSync(
      join(directory, "conf", "schools_authorities_mapping.json"),
      JSON.stringify({ mapping: { GymNorth: "North", GymSouth: "South" } })
    )
    const activate = Effect.sync(() => {
      for (const file of Fs.readdirSync(authorities).map((name) => join(authorities, name))) {
        Fs.writeFileSync(file, JSON.stringify({ ...JSON.parse(Fs.readFileSync(file, "utf8")), active: true }))
      }
    })
    const start = Effect.gen(function* () {
      const service = yield* ServiceProcess.serve(
        words("id-connector"),
        ServiceProcess.environment(directory, { IDC_METRICS_ADDRESS: "127.0.0.1:0", ...env })
      )
      yield* service.address
      const stop = Effect.gen(function* () {
        const begun = Date.now()
        service.child.kill("SIGTERM")
        assert.strictEqual(yield* service.ended, 0)
        return Date.now() - begun
      })
      return { service, stop }
    })
    const { service, stop } = yield* start
    let count = 0
    const drop = (content: unknown) =>
      Effect.sync(() => {
        const name = `2026-02-03-08-00-00-${String(count++).padStart(6, "0")}.json`
        Fs.writeFileSync(join(directory, name), JSON.stringify(content))
        Fs.renameSync(join(directory, name), join(directory, "data", "listener", name))
        return name
      })
    const held = () => simulators.map((simulator) => simulator.state().users.length)
    const log = () => Fs.readFileSync(join(directory, "log", "queues.log"), "utf8")
    return { activate, drop, held, log, service, start, stop }
  })

const until = (isSo: () => boolean) =>
  Effect.repeat(Effect.delay(Effect.sync(isSo), "20 millis"), { until: (is) => is })

const both = Builders.user("anna", { schools: ["GymNorth", "GymSouth"] })

describe("OpenTelemetry", { timeout: 90_000 }, () => {
  it.scopedLive("follows a change from its file to both school authorities in one trace, without a person in it", () =>
    Effect.gen(function* () {
      const collector = yield* Collector.serve()
      const { drop, held, log, service, stop } = yield* running({
        OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
        OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20top-s3cr3t,x-tenant=state",
        OTEL_SERVICE_NAME: "idc-test",
        OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=test",
        OTEL_METRIC_EXPORT_INTERVAL: "500"
      })
      const file = yield* drop(both)
      yield* until(() => held().every((count) => count === 1))
      const [, metrics = ""] = yield* service.said(/Metrics for Prometheus are listening.* address=(\S+)/)
      const scraped = Promtool.parse(yield* Effect.promise(async () => (await fetch(metrics)).text()))
      yield* stop
      // One trace.
      const spans = collector.spans()
      assert.lengthOf([...new Set(spans.map(({ traceId }) => traceId))], 1)
      const [accepted, ...more] = spans.filter(({ name }) => name === "InQueue.accept")
      assert.lengthOf(more, 0)
      assert.isUndefined(accepted?.parentSpanId)
      assert.match(`${accepted?.traceId} ${accepted?.spanId}`, /^[0-9a-f]{32} [0-9a-f]{16}$/)
      assert.strictEqual(Collector.valueOf(accepted?.attributes ?? [], "file"), file)
      const deliveries = spans.filter(({ name }) => name === "OutQueue.deliver")
      assert.deepStrictEqual(
        deliveries
          .map(({ attributes, parentSpanId }) => [
            Collector.valueOf(attributes, "school_authority"),
            Collector.valueOf(attributes, "outcome"),
            parentSpanId
          ])
          .sort(),
        [
          ["North", "delivered", accepted?.spanId],
          ["South", "delivered", accepted?.spanId]
        ]
      )
      for (const { spanId } of deliveries) {
        const requests = spans.filter(({ parentSpanId }) => parentSpanId === spanId)
        assert.isAbove(requests.length, 0)
        for (const { attributes, name } of requests) {
          assert.strictEqual(name, "Kelvin.request")
          assert.isNumber(Collector.valueOf(attributes, "http.response.status_code"))
        }
      }
      for (const { endTimeUnixNano, startTimeUnixNano } of spans) {
        assert.isBelow(Math.abs(Number(startTimeUnixNano) / 1e6 - Date.now()), 90_000)
        assert.isAtLeast(Number(endTimeUnixNano), Number(startTimeUnixNano))
      }
      const sent = JSON.stringify(spans)
      for (const value of ["anna", "rec-", Builders.passwordHashes.sambaNTPassword, "univention", "/users/"]) {
        assert.notInclude(sent, value)
      }
      // The same lines as in the log, which belong to the trace where they are about its file.
      const lines = collector.lines()
      const saying = (text: string) => lines.filter(({ body }) => body.stringValue?.startsWith(text))
      assert.deepStrictEqual(
        [...saying("Accepted a change."), ...saying("Delivered.")].map(({ traceId }) => traceId),
        [accepted?.traceId, accepted?.traceId, accepted?.traceId]
      )
      assert.match(lines[0]?.body.stringValue ?? "", /starts\.$/)
      assert.match(lines.at(-1)?.body.stringValue ?? "", /has stopped\.$/)
      assert.lengthOf(
        lines.filter(({ attributes }) => Collector.valueOf(attributes, "module") !== "HTTP"),
        log().trimEnd().split("\n").length
      )
      // The same figures as Prometheus gets.
      const measured = new Map(
        collector.metrics().flatMap(
          ({ gauge, name, sum }) =>
            (gauge ?? sum)?.dataPoints.map(({ asDouble, attributes }): [string, number] => {
              const labels = attributes.map(({ key, value }) => `${key}="${value.stringValue}"`).join(",")
              return [labels === "" ? name : `${name}{${labels}}`, asDouble]
            }) ?? []
        )
      )
      assert.deepStrictEqual(
        [...scraped.keys()].filter((series) => !measured.has(series)),
        []
      )
      assert.strictEqual(measured.get('id_connector_deliveries_total{school_authority="North",result="delivered"}'), 1)
      // As it was told.
      const [resource] = collector.resources()
      assert.deepStrictEqual(
        ["service.name", "deployment.environment"].map((name) => Collector.valueOf(resource?.attributes ?? [], name)),
        ["idc-test", "test"]
      )
      for (const { headers } of collector.requests) {
        assert.deepStrictEqual([headers.authorization, headers["x-tenant"]], ["Bearer top-s3cr3t", "state"])
      }
      assert.notInclude(`${log()}${service.output()}${JSON.stringify(lines)}`, "top-s3cr3t")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("keeps to that trace over a restart between acceptance and delivery", () =>
    Effect.gen(function* () {
      const collector = yield* Collector.serve()
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_LOGS_EXPORTER: "none" }
      const { activate, drop, held, log, start, stop } = yield* running(env, false)
      yield* drop(both)
      yield* until(() => log().includes("Accepted a change."))
      yield* stop
      yield* activate
      const again = yield* start
      yield* until(() => held().every((count) => count === 1))
      yield* again.stop
      const [accepted, ...more] = collector.spans().filter(({ name }) => name === "InQueue.accept")
      assert.lengthOf(more, 0)
      assert.deepStrictEqual(
        collector
          .spans()
          .filter(({ name }) => name === "OutQueue.deliver")
          .map(({ parentSpanId, traceId }) => [traceId, parentSpanId]),
        Array(2).fill([accepted?.traceId, accepted?.spanId])
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("holds up nothing while the collector is down, which is said once, and sends later what was kept", () =>
    Effect.gen(function* () {
      let status: number | null = 503
      const collector = yield* Collector.serve(() => status)
      const { drop, held, log, stop } = yield* running({
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_BSP_SCHEDULE_DELAY: "50",
        OTEL_BLRP_SCHEDULE_DELAY: "50",
        OTEL_METRICS_EXPORTER: "none"
      })
      yield* drop(both)
      yield* until(() => held().every((count) => count === 1))
      yield* until(() => collector.requests.filter(({ path }) => path === "/v1/traces").length >= 3)
      const refusals = () => log().match(/The OpenTelemetry collector takes nothing\..* status 503/g)
      assert.lengthOf(refusals() ?? [], 1)
      status = 200
      yield* until(() => log().includes("The OpenTelemetry collector takes everything again. lost=0"))
      const names = new Set(collector.spans().map(({ name }) => name))
      assert.deepStrictEqual([...names].sort(), ["InQueue.accept", "Kelvin.request", "OutQueue.deliver"])
      assert.isBelow(yield* stop, 10_000)
      assert.lengthOf(collector.metrics(), 0)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("holds up neither deliveries nor the stop when the collector never answers", () =>
    Effect.gen(function* () {
      const collector = yield* Collector.serve(() => null)
      const { drop, held, log, stop } = yield* running({
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_TIMEOUT: "300",
        OTEL_BSP_SCHEDULE_DELAY: "50",
        OTEL_BLRP_SCHEDULE_DELAY: "50"
      })
      yield* until(() => log().includes("The OpenTelemetry collector takes nothing"))
      yield* drop(both)
      yield* until(() => held().every((count) => count === 1))
      assert.isBelow(yield* stop, 10_000)
      assert.lengthOf(log().match(/collector takes nothing\..*no answer within 300 ms/g) ?? [], 1)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
