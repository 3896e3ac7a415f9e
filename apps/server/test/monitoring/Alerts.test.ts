import * as Fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { prefix } from "@id-connector/api/Api"
import * as Builders from "@id-connector/testkit/data/Builders"
import { quietly } from "@id-connector/testkit/Quietly"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect } from "effect"
import { url, world } from "../http/ApiWorld.js"
import * as Promtool from "./Promtool.js"

const tls = Effect.runPromise(KelvinSimulatorHttp.certificate)

/** A running connector for the school authority North, whose school is GymNord, and its figures. */
const running = Effect.gen(function* () {
  const api = yield* world()
  const scrape = api.http
    .get(`${prefix}/v1/metrics`, { headers: { authorization: `Bearer ${api.token}` } })
    .pipe(Effect.flatMap(({ text }) => text))
  const value = (text: string, series: string) => Number(Promtool.parse(text).get(series) ?? Number.NaN)
  /** Scrapes until a series is so. */
  const until = (series: string, isSo: (value: number) => boolean) =>
    Effect.repeat(Effect.delay(scrape, "50 millis"), { until: (text) => isSo(value(text, series)) })
  const configure = (options: Parameters<typeof Builders.authority>[1]) =>
    Effect.gen(function* () {
      const created = yield* api.send("POST", "/v1/school_authorities", api.as(Builders.authority("North", options)))
      assert.strictEqual(created.status, 201)
      yield* api.send("PUT", "/v1/school_to_authority_mapping", api.as({ mapping: { GymNord: "North" } }))
    })
  /** At a simulated server that works. */
  const atServer = (kelvin: object = {}) =>
    Effect.gen(function* () {
      const simulator = yield* KelvinSimulator.make({ schools: ["GymNord"] })
      const served = yield* KelvinSimulatorHttp.serve(simulator, { tls: yield* Effect.promise(() => tls) })
      const ssl_context = { verify_mode: 0, check_hostname: false }
      yield* configure({ url: served.url, kelvin: { ssl_context, ...kelvin } })
      return simulator
    })
  let files = 0
  const drop = (contents: ReadonlyArray<unknown>) =>
    Effect.sync(() => {
      for (const content of contents) {
        const name = `2026-02-03-08-00-00-${String(files++).padStart(6, "0")}.json`
        Fs.writeFileSync(join(api.appDir, name), JSON.stringify(content))
        Fs.renameSync(join(api.appDir, name), join(api.settings.listenerDirectory, name))
      }
    })
  return { ...api, atServer, configure, drop, scrape, until }
})

let made = 0
const users = (count: number, school = "GymNord") =>
  Array.from({ length: count }, () => Builders.user(`u${made++}`, { schools: [school] }))

const items = (state: string) => `id_connector_items{school_authority="North",state="${state}"}`
const left = (result: string) => `id_connector_files_total{result="${result}"}`
const held = (minutes: number, text: string | null): Promtool.Held => ({ minutes, text })

describe.skipIf(!Promtool.isThere)("The alert rules", { timeout: 120_000 }, () => {
  it("are rules to Prometheus", () => {
    const { isGood, said } = Promtool.checkRules()
    assert.isTrue(isGood, said)
  })

  it.scopedLive("say nothing while a connector delivers what comes, and that it is down when it is", () =>
    Effect.gen(function* () {
      const { atServer, drop, scrape, until } = yield* running
      yield* atServer()
      const idle = yield* scrape
      yield* drop(users(30))
      const done = yield* until(
        'id_connector_deliveries_total{school_authority="North",result="delivered"}',
        (n) => n === 30
      )
      const checked = Promtool.checkMetrics(done)
      assert.isTrue(checked.isGood, checked.said)
      const emptied = yield* until(items("in_flight"), (n) => n === 0)
      assert.deepStrictEqual(Promtool.firing([held(120, idle), held(1, done), held(600, emptied)]), [])
      assert.deepStrictEqual(Promtool.firing([held(30, emptied), held(10, null)]), ["IdConnectorDown"])
      assert.deepStrictEqual(Promtool.firing([held(10, "up 0\n")]), ["IdConnectorDown"])
    }).pipe(quietly)
  )

  it.scopedLive(
    "notice an authority that can't be reached: paused, a queue that grows, stands still, never empties",
    () =>
      Effect.gen(function* () {
        const { configure, drop, until } = yield* running
        yield* configure({ url })
        const history = [
          held(30, yield* until('id_connector_queue_state{school_authority="North",state="paused"}', (n) => n === 1))
        ]
        for (const more of [50, 100, 150, 200]) {
          yield* drop(users(50))
          history.push(held(10, yield* until(items("waiting"), (n) => n === more)))
        }
        assert.deepStrictEqual(Promtool.firing(history), [
          "IdConnectorAuthorityPaused North",
          "IdConnectorQueueGrows North",
          "IdConnectorQueueStandsStill North"
        ])
        const last = history.at(-1)?.text ?? null
        assert.deepStrictEqual(Promtool.firing([...history, held(360, last)]), [
          "IdConnectorAuthorityPaused North",
          "IdConnectorQueueNeverEmpties North",
          "IdConnectorQueueStandsStill North"
        ])
      }).pipe(quietly)
  )

  it.scopedLive("notice an authority that somebody has paused, and one whose file is gone", () =>
    Effect.gen(function* () {
      const { appDir, as, atServer, drop, scrape, send, until } = yield* running
      yield* atServer()
      yield* send("POST", "/v1/queues/North/pause", as())
      assert.deepStrictEqual(Promtool.firing([held(260, yield* scrape)]), ["IdConnectorAuthorityPausedByHand North"])
      yield* drop(users(1))
      yield* until(items("waiting"), (n) => n === 1)
      Fs.rmSync(join(appDir, "conf", "school_authorities", "North.json"))
      const gone = yield* until('id_connector_authority_configured{school_authority="North"}', (n) => n === 0)
      assert.deepStrictEqual(Promtool.firing([held(20, gone)]), ["IdConnectorAuthorityNotConfigured North"])
    }).pipe(quietly)
  )

  it.scopedLive("notice dead letters, and deletions that are held back", () =>
    Effect.gen(function* () {
      const { atServer, drop, until } = yield* running
      yield* atServer({ deletion_protection: { deletions: 1, percent: 0 } })
      const pupils = users(4)
      yield* drop(pupils)
      yield* until('id_connector_deliveries_total{school_authority="North",result="delivered"}', (n) => n === 4)
      yield* drop(
        pupils.map(({ object, ...user }) =>
          Builders.removedUser(object.username, { id: user.id, schools: ["GymNord"] })
        )
      )
      const withHeld = yield* until(items("held"), (n) => n === 3)
      assert.deepStrictEqual(Promtool.firing([held(10, withHeld)]), ["IdConnectorDeletionsHeld North"])
      yield* drop([Builders.user("nameless", { schools: ["GymNord"], properties: { ucsschoolRecordUID: null } })])
      const withDead = yield* until(items("dead"), (n) => n === 1)
      assert.deepStrictEqual(Promtool.firing([held(10, withDead)]), [
        "IdConnectorDeadLetters North",
        "IdConnectorDeletionsHeld North"
      ])
    }).pipe(quietly)
  )

  it.scopedLive("take a change that is tried again later for no queue that stands still, and say so after days", () =>
    Effect.gen(function* () {
      const { atServer, drop, until } = yield* running
      yield* atServer()
      yield* drop([Builders.schoolClass("GymNord", "1a", ["nobody"])])
      yield* until('id_connector_deliveries_total{school_authority="North",result="failed"}', (n) => n > 0)
      const waits = yield* until(items("waiting"), (n) => n === 1)
      assert.deepStrictEqual(Promtool.firing([held(1_440, waits)]), [])
      assert.deepStrictEqual(Promtool.firing([held(3_000, waits)]), ["IdConnectorItemsDelayed North"])
    }).pipe(quietly)
  )

  it.scopedLive("notice a trash that grows, and files that are discarded", () =>
    Effect.gen(function* () {
      const { atServer, drop, scrape, until } = yield* running
      yield* atServer()
      const before = yield* scrape
      yield* drop(users(120, "Elsewhere"))
      yield* until(left("unaffected"), (n) => n === 120)
      const grown = yield* until('id_connector_trash_files{trash="in_queue"}', (n) => n === 120)
      assert.deepStrictEqual(Promtool.firing([held(60, before), held(30, grown)]), ["IdConnectorTrashGrows in_queue"])
      yield* drop([{ id: "no listener file" }])
      const discarded = yield* until(left("discarded"), (n) => n === 1)
      assert.deepStrictEqual(Promtool.firing([held(400, grown), held(30, discarded)]), ["IdConnectorFilesDiscarded"])
    }).pipe(quietly)
  )

  it.scopedLive("notice an in queue that grows, stands still, never empties, since no authority is configured", () =>
    Effect.gen(function* () {
      const { drop, scrape, until } = yield* running
      const history = [held(30, yield* scrape)]
      for (const count of [600, 1_200, 1_800]) {
        yield* drop(users(600))
        history.push(held(10, yield* until("id_connector_in_queue_files", (n) => n === count)))
      }
      assert.deepStrictEqual(Promtool.firing(history), ["IdConnectorInQueueGrows", "IdConnectorInQueueStandsStill"])
      const last = history.at(-1)?.text ?? null
      assert.deepStrictEqual(Promtool.firing([...history, held(60, last)]), [
        "IdConnectorInQueueNeverEmpties",
        "IdConnectorInQueueStandsStill"
      ])
    }).pipe(quietly)
  )

  it.scopedLive("notice an in queue that can't be used", () =>
    Effect.gen(function* () {
      const { atServer, settings, until } = yield* running
      yield* atServer()
      Fs.renameSync(settings.listenerDirectory, `${settings.listenerDirectory}.away`)
      yield* until("id_connector_ready", (n) => n === 0)
      const heldUp = yield* until("id_connector_in_queue_held_up", (n) => n === 1)
      assert.deepStrictEqual(Promtool.firing([held(20, heldUp)]), ["IdConnectorInQueueHeldUp", "IdConnectorNotReady"])
      Fs.renameSync(`${settings.listenerDirectory}.away`, settings.listenerDirectory)
      const again = yield* until("id_connector_ready", (n) => n === 1)
      assert.notInclude(Promtool.firing([held(20, heldUp), held(5, again)]), "IdConnectorNotReady")
    }).pipe(quietly)
  )
})

describe.skipIf(!Promtool.isThere)("The dashboard", () => {
  it.scopedLive("asks, as the alert rules do, only for figures that there are, in words that Prometheus knows", () =>
    Effect.gen(function* () {
      const { atServer, drop, until } = yield* running
      yield* atServer()
      yield* drop(users(1))
      const text = yield* until(
        'id_connector_deliveries_total{school_authority="North",result="delivered"}',
        (n) => n === 1
      )
      const names = new Set([...Promtool.parse(text).keys()].map((series) => series.replace(/\{.*/, "")))
      const dashboard = JSON.parse(Fs.readFileSync(Promtool.dashboardFile, "utf8"))
      const inPanels = dashboard.panels.flatMap(({ targets }: { targets: ReadonlyArray<{ expr: string }> }) =>
        targets.map(({ expr }) => expr)
      ) as ReadonlyArray<string>
      assert.isAbove(inPanels.length, 10)
      const queries = inPanels.map((query) =>
        query.replaceAll("$__rate_interval", "5m").replaceAll("$instance", ".*").replaceAll("$authority", ".*")
      )
      const { isGood, said } = Promtool.checkQueries(queries)
      assert.isTrue(isGood, said)
      const rules = Fs.readFileSync(Promtool.rulesFile, "utf8")
      const asked = [...queries, rules].flatMap((query) => query.match(/\b(id_connector|process)_[a-z_]+/g) ?? [])
      assert.deepStrictEqual(
        [...new Set(asked)].filter((name) => !names.has(name)),
        []
      )
      // And of every figure there is something to see.
      assert.deepStrictEqual(
        [...names].filter((name) => !queries.some((query) => query.includes(name))),
        []
      )
    }).pipe(quietly)
  )
})
