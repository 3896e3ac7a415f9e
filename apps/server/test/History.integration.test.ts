/** Questions that administrators ask, each answered by one call. */
import * as Fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Builders from "@id-connector/testkit/data/Builders"
import { quietly } from "@id-connector/testkit/Quietly"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect, Schedule } from "effect"
import { story } from "../src/cli/History.js"
import { people, world } from "./http/ApiWorld.js"

interface Entry {
  readonly id: number
  readonly entry: string
  readonly outcome: string
  readonly name: string
  readonly text: string
  readonly request_id: string | null
  readonly changed: ReadonlyArray<string> | null
}

const anna = Builders.user("anna", { schools: ["A"] })
const annaKey = `user:${anna.id.toLowerCase()}`

describe("The history", { timeout: 60_000 }, () => {
  it.scopedLive("answers what an administrator asks at night", () =>
    Effect.gen(function* () {
      const simulator = yield* KelvinSimulator.make({ schools: ["A"] })
      const target = yield* KelvinSimulatorHttp.serve(simulator)
      const api = yield* world({
        ...people,
        users: [...people.users, { uid: "anna", dn: anna.dn, entryUUID: anna.id, ucsschoolRole: ["student:school:A"] }]
      })
      const kelvin = {
        ssl_context: { verify_mode: 0, check_hostname: false },
        deletion_protection: { deletions: 0, percent: 0 }
      }
      const north = Builders.authority("North", { url: target.url, kelvin })
      assert.strictEqual((yield* api.send("POST", "/v1/school_authorities", api.as(north))).status, 201)
      yield* api.send("PUT", "/v1/school_to_authority_mapping", api.as({ mapping: { A: "North" } }))
      let count = 0
      const drop = (content: object) => {
        const name = `2026-02-03-08-00-00-${String(count++).padStart(6, "0")}.json`
        Fs.writeFileSync(join(api.appDir, name), JSON.stringify(content))
        Fs.renameSync(join(api.appDir, name), join(api.settings.listenerDirectory, name))
        return name
      }
      const get = (path: string) => Effect.map(api.send("GET", path, api.as()), ({ body }) => body as never)
      const entries = (query: string): Effect.Effect<ReadonlyArray<Entry>, unknown> =>
        Effect.orDie(get(`/v1/history?${query}`)) as never
      const until = (query: string, isSo: (found: ReadonlyArray<Entry>) => boolean) =>
        Effect.zipRight(
          Effect.repeat(entries(query), { until: isSo, schedule: Schedule.spaced("30 millis") }),
          entries(query)
        )

      // Created, refused, retried in vain, discarded, removed: that is held back, and confirmed.
      const first = drop(anna)
      drop(Builders.user("bert", { schools: ["Nowhere"] }))
      yield* until("name=anna", (found) => found.some(({ outcome }) => outcome === "created"))
      simulator.fail({
        path: "/users",
        method: "PATCH",
        times: 2,
        effect: { _tag: "Status", status: 422, body: { detail: "no such title" } }
      })
      drop({ ...anna, object: { ...anna.object, title: "Dr." } })
      const [dead] = yield* until("outcome=dead", (found) => found.length === 1)
      assert.strictEqual((yield* api.send("POST", "/v1/queues/North/retry", api.as())).status, 200)
      yield* until("outcome=dead", (found) => found.length === 2)
      assert.strictEqual((yield* api.send("POST", "/v1/queues/North/discard?state=dead", api.as())).status, 200)
      drop({ ...Builders.removedUser("anna", { id: anna.id, schools: ["A"] }), dn: anna.dn })
      yield* until("outcome=held", (found) => found.length === 1)
      assert.strictEqual((yield* api.send("POST", "/v1/queues/North/retry?state=held", api.as())).status, 200)
      yield* until("outcome=removed&entry=delivered", (found) => found.length === 1)

      // What happened to anna?
      const ofAnna = yield* entries("name=ANNA")
      assert.deepStrictEqual(ofAnna.map(({ outcome }) => outcome).reverse(), [
        "changed",
        "created",
        "changed",
        "dead",
        "retried",
        "dead",
        "discarded",
        "removed",
        "held",
        "confirmed",
        "removed"
      ])
      // Why did she get to North, and what was written there?
      assert.include(ofAnna.at(-1)?.text, "goes to North (school A)")
      const created = ofAnna.at(-2)
      assert.includeMembers([...(created?.changed ?? [])], ["name", "firstname", "record_uid"])
      // Under which id does North's log have it?
      assert.ok(simulator.requests().some(({ requestId }) => requestId === created?.request_id))
      // Why was she given up?
      assert.match(dead?.text ?? "", /given up at North at attempt 1, a dead letter: .*no such title/)
      // Who discarded her?
      const [discarded] = yield* entries("outcome=discarded")
      assert.match(discarded?.text ?? "", /^discarded at North by admin \(/)
      // Who did not get to any school authority, and why?
      const [bert] = yield* entries("name=bert")
      assert.include(bert?.text, "goes to no school authority; school Nowhere is mapped to no school authority")
      // What did North get, and what not?
      const ofNorth = yield* entries("school_authority=North&entry=delivered")
      assert.deepStrictEqual(
        ofNorth.map(({ outcome }) => outcome),
        ["removed", "created"]
      )
      assert.lengthOf(yield* entries("school_authority=North&entry=given_up&since=2026-01-01"), 2)
      assert.lengthOf(yield* entries("until=2026-01-01"), 0)
      // A page, and the next one.
      const [one] = yield* entries("name=anna&limit=1")
      assert.strictEqual((yield* entries(`name=anna&limit=1&before=${one?.id}`))[0]?.id, ofAnna[1]?.id)
      assert.deepStrictEqual(yield* get(`/v1/history/${one?.id}`), { ...(ofAnna[0] as object) } as never)
      assert.strictEqual((yield* api.send("GET", "/v1/history/999999", api.as())).status, 404)
      assert.strictEqual((yield* api.send("GET", "/v1/history?outcome=deadd", api.as())).status, 422)
      assert.strictEqual((yield* api.send("GET", "/v1/history?since=yesterday", api.as())).status, 422)
      assert.strictEqual((yield* api.send("GET", "/v1/history?limit=0", api.as())).status, 422)

      // The whole story of one person.
      const whole = (yield* get("/v1/objects/user/anna")) as Parameters<typeof story>[0]
      assert.deepInclude(whole, { kind: "user", name: "anna", object_key: annaKey, exists: true })
      assert.deepInclude(whole.school_authorities[0], { name: "North", holds: false, waiting: null })
      const told = story(whole).join("\n")
      assert.match(told, /The newest change came at \S+ in \S+: removed: goes to North/)
      assert.match(told, /North: does not have it\. \S+ delivered to North: removed/)
      assert.strictEqual((yield* api.send("GET", "/v1/objects/user/nobody", api.as())).status, 404)
      assert.strictEqual((yield* api.send("GET", "/v1/objects/school/A", api.as())).status, 422)

      // What is kept about her, and forgetting her.
      const exported = (yield* get("/v1/objects/user/anna/export")) as {
        history: ReadonlyArray<Entry>
        previous_state: object
      }
      assert.lengthOf(exported.history, ofAnna.length)
      assert.deepInclude(exported.previous_state, { schools: ["A"] })
      const refused = yield* api.send("DELETE", "/v1/objects/user/anna", api.as())
      assert.deepStrictEqual(refused.status, 400)
      assert.match(String(refused.body?.detail), /The source directory has the user anna/)
      Fs.writeFileSync(api.directoryFile, JSON.stringify(people))
      yield* Effect.repeat(get("/v1/objects/user/anna") as Effect.Effect<{ readonly exists: boolean }, unknown>, {
        until: ({ exists }) => !exists,
        schedule: Schedule.spaced("50 millis")
      })
      assert.deepStrictEqual((yield* api.send("DELETE", `/v1/objects/user/${anna.id}`, api.as())).body, {
        entries: ofAnna.length
      })
      assert.deepStrictEqual(yield* entries("name=anna"), [])
      assert.strictEqual((yield* api.send("GET", "/v1/objects/user/anna", api.as())).status, 404)
      // The log beside the database has it for half a minute more.
      for (const name of Fs.readdirSync(join(api.appDir, "data"), { recursive: true, encoding: "utf8" })) {
        const file = join(api.appDir, "data", name)
        if (!Fs.statSync(file).isFile() || name.endsWith("id-connector.db-wal")) continue
        const content = Fs.readFileSync(file, "latin1").toLowerCase()
        for (const trace of ["anna", anna.id.toLowerCase(), first.slice(0, -5)]) {
          assert.ok(!content.includes(trace), `${trace} is in ${name}`)
        }
      }

      // Who did what, and who looked at whom?
      const audit = (yield* get("/v1/audit?by=ADMIN&limit=100")) as ReadonlyArray<{
        readonly action: string
        readonly subject: string | null
        readonly status: number
        readonly address: string | null
      }>
      const done = audit.map(({ action, status, subject }) => `${action} ${subject} ${status}`).reverse()
      assert.includeMembers(done, [
        "authorities.create null 201",
        "queues.retryAll North 200",
        "queues.discardAll North 200",
        "history.list (erased) 200",
        "history.object user/(erased) 200",
        "history.export user/(erased) 200",
        "history.erase user/(erased) 400",
        "history.erase (erased) 200"
      ])
      assert.ok(audit.every(({ address }) => address !== null))
      assert.deepStrictEqual(yield* get("/v1/audit?by=pupil"), [] as never)
    }).pipe(quietly)
  )

  it.scopedLive(
    "has old and new values where a school authority keeps them, and none of what is secret or excepted",
    () =>
      Effect.gen(function* () {
        const simulator = yield* KelvinSimulator.make({ schools: ["A", "B"] })
        const target = yield* KelvinSimulatorHttp.serve(simulator)
        const api = yield* world()
        const kelvin = { ssl_context: { verify_mode: 0, check_hostname: false }, sync_password_hashes: true }
        const keeps = { history_values: true, history_values_except: ["birthday"], history_unchanged: false }
        for (const authority of [
          { ...Builders.authority("North", { url: target.url, kelvin }), ...keeps },
          Builders.authority("South", { url: target.url, kelvin })
        ]) {
          const made = yield* api.send("POST", "/v1/school_authorities", api.as(authority))
          assert.deepInclude(made.body, authority.name === "North" ? keeps : {})
        }
        assert.notProperty((yield* api.send("GET", "/v1/school_authorities/South", api.as())).body, "history_values")
        const wrong = yield* api.send("PATCH", "/v1/school_authorities/South", api.as({ history_values: "yes" }))
        assert.match(String(wrong.body?.detail), /history_values: true or false is expected/)
        yield* api.send("PUT", "/v1/school_to_authority_mapping", api.as({ mapping: { A: "North", B: "South" } }))
        const drop = (name: string, content: object) => {
          Fs.writeFileSync(join(api.appDir, name), JSON.stringify(content))
          Fs.renameSync(join(api.appDir, name), join(api.settings.listenerDirectory, `2026-02-03-08-00-00-${name}`))
        }
        const entries = (query: string) =>
          Effect.orDie(
            Effect.map(api.send("GET", `/v1/history?${query}`, api.as()), ({ body }) => body)
          ) as never as Effect.Effect<
            ReadonlyArray<Entry & { readonly values: ReadonlyArray<{ readonly attribute: string }> | null }>
          >
        const until = (query: string, count: number) =>
          Effect.repeat(entries(query), {
            until: (found) => found.length === count,
            schedule: Schedule.spaced("30 millis")
          }).pipe(Effect.zipRight(entries(query)))
        const user = (name: string, school: string, properties: Record<string, unknown>) =>
          Builders.user(name, { schools: [school], properties: { birthday: "2012-03-04", ...properties } })

        drop("000001.json", user("anna", "A", { firstname: "Ana" }))
        yield* until("name=anna&entry=delivered", 1)
        drop("000002.json", user("anna", "A", { firstname: "Anna", mailPrimaryAddress: "anna@x.de" }))
        const [modified, created] = yield* until("name=anna&entry=delivered", 2)
        assert.includeMembers(
          (created?.values ?? []).map(({ attribute }) => attribute),
          ["name", "firstname", "school"]
        )
        const values = [
          { attribute: "firstname", old: "Ana", new: "Anna" },
          { attribute: "email", old: null, new: "anna@x.de" }
        ]
        const one = (yield* api.send("GET", `/v1/history/${modified?.id}`, api.as())).body
        assert.sameDeepMembers(one?.values as Array<object>, values)
        const whole = (yield* api.send("GET", "/v1/objects/user/anna", api.as())).body as never as Parameters<
          typeof story
        >[0]
        assert.include(story(whole).join("\n"), 'firstname: "Ana" -> "Anna"')
        const exported = JSON.stringify(
          (yield* api.send("GET", "/v1/objects/user/anna/export", api.as())).body?.history
        )
        assert.include(exported, JSON.stringify(values[0]))
        assert.notMatch(exported, /2012-03-04/)

        // Nothing to change: North counts it, and does not have it in its history.
        drop("000003.json", user("anna", "A", { firstname: "Anna", mailPrimaryAddress: "anna@x.de" }))
        const status = Effect.orDie(api.send("GET", "/v1/school_authorities/North/status", api.as()))
        yield* Effect.repeat(status, {
          until: ({ body }) => body?.delivered === 3,
          schedule: Schedule.spaced("30 millis")
        })
        drop("000004.json", user("bert", "B", { firstname: "Bert" }))
        const [ofSouth] = yield* until("name=bert&entry=delivered", 1)
        assert.deepStrictEqual([ofSouth?.outcome, ofSouth?.values], ["created", null])
        drop("000005.json", user("anna", "A", { firstname: "Änne", mailPrimaryAddress: "anna@x.de" }))
        const ofAnna = yield* until("name=anna&entry=delivered", 3)
        assert.deepStrictEqual(
          ofAnna.map(({ outcome }) => outcome),
          ["modified", "modified", "created"]
        )
        drop("000006.json", user("bert", "B", { firstname: "Bert" }))
        const ofBert = yield* until("name=bert&entry=delivered", 2)
        assert.deepStrictEqual(
          ofBert.map(({ outcome }) => outcome),
          ["unchanged", "created"]
        )
        for (const name of Fs.readdirSync(join(api.appDir, "data")).filter((name) => name.startsWith("history.db"))) {
          assert.notInclude(Fs.readFileSync(join(api.appDir, "data", name), "latin1"), "2012-03-04", name)
        }
      }).pipe(quietly)
  )
})
