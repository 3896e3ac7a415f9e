import * as Fs from "node:fs"
import * as Net from "node:net"
import { join } from "node:path"
import { HttpApiClient, HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Api, prefix } from "@id-connector/api/Api"
import * as Builders from "@id-connector/testkit/data/Builders"
import { quietly } from "@id-connector/testkit/Quietly"
import { Effect, Schedule } from "effect"
import { SignJWT } from "jose"
import { authority, people, url, world } from "./ApiWorld.js"

describe("login", () => {
  it.scopedLive("is for enabled members of the admin group with the right password, and never says why not", () =>
    Effect.gen(function* () {
      const { logIn, secretFile, send } = yield* world()
      const refused = yield* Effect.forEach(
        [
          ["admin", "wrong"],
          ["admin", ""],
          ["pupil", "s3cr3t"],
          ["off", "s3cr3t"],
          ["nobody", "s3cr3t"],
          ["*", "s3cr3t"]
        ] as const,
        ([username, password]) => logIn(username, password)
      )
      for (const { body, headers, status } of refused) {
        assert.deepStrictEqual(
          [status, body],
          [401, { detail: "Incorrect username or password", code: "log_in_refused", values: {} }]
        )
        assert.strictEqual(headers["www-authenticate"], "Bearer")
      }
      const missing = yield* send("POST", "/token", { form: { username: "admin" } })
      assert.deepStrictEqual<unknown>(
        [missing.status, missing.body],
        [
          422,
          {
            detail: [{ loc: ["body", "password"], msg: "field required", type: "value_error.missing" }],
            code: "invalid_request",
            values: {},
            findings: [
              {
                severity: "error",
                about: "password",
                code: "field_required",
                values: {},
                text: "field required",
                plugin: null
              }
            ]
          }
        ]
      )
      const { body, status } = yield* logIn("ADMIN")
      assert.deepStrictEqual(
        [status, Object.keys(body ?? {}), body?.token_type],
        [200, ["access_token", "token_type"], "bearer"]
      )
      assert.match(Fs.readFileSync(secretFile, "utf8"), /^[0-9a-f]{64}\n$/)
      assert.strictEqual(Fs.statSync(secretFile).mode & 0o777, 0o600)
    }).pipe(quietly)
  )

  it.scopedLive("is refused for a while after ten failures, also with the right password", () =>
    Effect.gen(function* () {
      const { logIn } = yield* world()
      for (let time = 0; time < 10; time++) assert.strictEqual((yield* logIn("admin", "wrong")).status, 401)
      const { headers, status } = yield* logIn("admin")
      assert.strictEqual(status, 429)
      assert.ok(Number(headers["retry-after"]) > 200)
    }).pipe(quietly)
  )
})

describe("log-ins of many", () => {
  it.scopedLive("are tested ten times only, and shut out nobody else, behind a proxy on this machine or not", () =>
    Effect.gen(function* () {
      const { directoryFile, http, logIn } = yield* world()
      const admins = people.groups.map((group) => ({ ...group, uniqueMember: ["uid=admin,dc=x", "uid=pupil,dc=x"] }))
      yield* Effect.sync(() => Fs.writeFileSync(directoryFile, JSON.stringify({ ...people, groups: admins })))
      const statuses = yield* Effect.forEach(Array(400).keys(), () => logIn("admin", "wrong"), { concurrency: 100 })
      assert.deepStrictEqual(
        [401, 429].map((status) => statuses.filter((answer) => answer.status === status).length),
        [10, 390]
      )
      assert.strictEqual((yield* logIn("pupil")).status, 200)
      const from = (address: string, password = "s3cr3t") =>
        http
          .execute(
            HttpClientRequest.post(`${prefix}/token`, { headers: { "x-forwarded-for": address } }).pipe(
              HttpClientRequest.bodyUrlParams({ username: "admin", password })
            )
          )
          .pipe(Effect.map(({ status }) => status))
      assert.strictEqual(yield* from("198.51.100.7"), 200)
      for (let time = 0; time < 10; time++) yield* from("198.51.100.8", "wrong")
      assert.strictEqual(yield* from("198.51.100.8"), 429)
      assert.strictEqual(yield* from("1.2.3.4, 198.51.100.8"), 429)
      assert.strictEqual(yield* from("198.51.100.9"), 200)
    }).pipe(quietly)
  )
})

describe("tokens", () => {
  it.scopedLive("are needed, and only the connector's own are good", () =>
    Effect.gen(function* () {
      const { http, secretFile, send, token } = yield* world()
      const status = (token?: string) =>
        Effect.map(send("GET", "/v1/queues", token === undefined ? {} : { token }), (answer) => answer.status)
      const key = new TextEncoder().encode(Fs.readFileSync(secretFile, "utf8").trim())
      const make = (claims: object, exp: string | null, secret = key, alg = "HS256") =>
        Effect.promise(() => {
          const jwt = new SignJWT({ ...claims }).setProtectedHeader({ alg })
          return (exp === null ? jwt : jwt.setExpirationTime(exp)).sign(secret)
        })
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url")
      const inAnHour = Math.floor(Date.now() / 1000) + 3600
      assert.strictEqual(yield* status(), 401)
      assert.strictEqual(yield* status(token), 200)
      assert.strictEqual(yield* status(yield* make({ sub: "admin" }, "1h")), 200)
      const bad = [
        yield* make({ sub: "admin" }, "1h", new TextEncoder().encode("x".repeat(64))),
        yield* make({ sub: "admin" }, "-1s"),
        yield* make({ sub: "admin" }, null),
        yield* make({}, "1h"),
        yield* make({ sub: "nobody" }, "1h"),
        yield* make({ sub: "pupil" }, "1h"),
        yield* make({ sub: "off" }, "1h"),
        yield* make({ sub: "admin" }, "1h", key, "HS512"),
        `${part({ alg: "none" })}.${part({ sub: "admin", exp: inAnHour })}.`,
        "x".repeat(10_000),
        "a.b.c",
        ""
      ]
      for (const one of bad) assert.strictEqual(yield* status(one), 401, one.slice(0, 80))
      const basic = yield* http.get(`${prefix}/v1/queues`, { headers: { authorization: `Basic  ${token}` } })
      assert.strictEqual(basic.status, 401)
    }).pipe(quietly)
  )
})

describe("school authorities", () => {
  it.scopedLive("are created, shown without secrets, changed and removed", () =>
    Effect.gen(function* () {
      const { appDir, as, send } = yield* world()
      const created = yield* send("POST", "/v1/school_authorities", as(authority("T2")))
      assert.strictEqual(created.status, 201)
      assert.notInclude(JSON.stringify(created.body), "univention")
      assert.include(JSON.stringify(created.body), '"password":"**********"')
      yield* send("POST", "/v1/school_authorities", as({ name: "T1", url, plugin_configs: {} }))
      const list = yield* send("GET", "/v1/school_authorities", as())
      assert.deepStrictEqual(
        (list.body as never as ReadonlyArray<{ name: string }>).map(({ name }) => name),
        ["T1", "T2"]
      )
      const twice = yield* send("POST", "/v1/school_authorities", as(authority("T2")))
      assert.deepStrictEqual([twice.status, typeof twice.body?.detail], [400, "string"])
      const patched = yield* send(
        "PATCH",
        "/v1/school_authorities/T2",
        as({ plugins: null, plugin_configs: { kelvin: { password: "**********", username: "new" } } })
      )
      assert.strictEqual(patched.status, 200)
      const file = JSON.parse(Fs.readFileSync(join(appDir, "conf", "school_authorities", "T2.json"), "utf8"))
      assert.deepStrictEqual(
        [file.plugin_configs.kelvin.username, file.plugin_configs.kelvin.password, file.plugins],
        ["new", "univention", ["kelvin"]]
      )
      assert.isObject(file.plugin_configs.kelvin.mapping.users)
      assert.strictEqual((yield* send("PATCH", "/v1/school_authorities/T2", as({ url: "nonsense" }))).status, 400)
      assert.strictEqual((yield* send("PATCH", "/v1/school_authorities/unknown", as({}))).status, 400)
      assert.strictEqual((yield* send("GET", "/v1/school_authorities/unknown", as())).status, 404)
      assert.strictEqual((yield* send("DELETE", "/v1/school_authorities/T1", as())).status, 204)
      assert.strictEqual((yield* send("DELETE", "/v1/school_authorities/T1", as())).status, 404)
    }).pipe(quietly)
  )

  it.scopedLive("keep their secrets when a patch leads to another server: these have to be given again", () =>
    Effect.gen(function* () {
      const { appDir, as, send } = yield* world()
      const other = { token: "stored token" }
      const plugin_configs = { ...authority("T1").plugin_configs, other }
      yield* send("POST", "/v1/school_authorities", as(authority("T1", { plugin_configs })))
      const patch = (json: object) => send("PATCH", "/v1/school_authorities/T1", as(json))
      const stored = () => Fs.readFileSync(join(appDir, "conf", "school_authorities", "T1.json"), "utf8")
      const before = stored()
      const givenAgain = { kelvin: { password: "again" }, other: { token: "again" } }
      for (const elsewhere of [
        "https://localhost:2/ucsschool/kelvin/v1/",
        "http://localhost:1/ucsschool/kelvin/v1/",
        "https://evil.example.com:1/ucsschool/kelvin/v1/"
      ]) {
        for (const plugin_configs of [
          undefined,
          { kelvin: { username: "new" } },
          { kelvin: { password: "**********" }, other: { token: null } }
        ]) {
          const { body, status } = yield* patch({ url: elsewhere, plugin_configs })
          const problems = body?.detail as ReadonlyArray<{ loc: ReadonlyArray<string>; msg: string }>
          assert.deepStrictEqual<unknown>(
            [status, ...problems.map(({ loc }) => loc.join("."))],
            [422, "body.plugin_configs.kelvin.password", "body.plugin_configs.other.token"]
          )
          assert.match(problems[0]?.msg ?? "", /^has to be given again, because scheme, host or port of the URL change/)
        }
        const partly = yield* patch({ url: elsewhere, plugin_configs: { ...givenAgain, other: {} } })
        assert.strictEqual(partly.status, 422)
      }
      const withUser = yield* patch({ url: "https://user:pw@localhost:1/ucsschool/kelvin/v1/" })
      assert.deepStrictEqual([withUser.status, JSON.stringify(withUser.body).includes("pw@")], [400, false])
      assert.strictEqual(stored(), before)
      // The same server, written otherwise.
      assert.strictEqual((yield* patch({ url: "HTTPS://LOCALHOST:1/ucsschool/kelvin/v2/" })).status, 200)
      const moved = yield* patch({ url: "https://new.example.com/ucsschool/kelvin/v1/", plugin_configs: givenAgain })
      assert.strictEqual(moved.status, 200)
      const { kelvin, other: its } = JSON.parse(stored()).plugin_configs
      assert.deepStrictEqual([kelvin.password, its.token], ["again", "again"])
    }).pipe(quietly)
  )

  it.scopedLive("are refused with every reason and its place", () =>
    Effect.gen(function* () {
      const { as, send } = yield* world()
      const { body, status } = yield* send(
        "POST",
        "/v1/school_authorities",
        as({ name: "../x", active: "yes", plugin_configs: { kelvin: "s3cr3t-top" } })
      )
      assert.strictEqual(status, 422)
      const problems = body?.detail as ReadonlyArray<{ loc: ReadonlyArray<string> }>
      assert.deepStrictEqual(problems.map(({ loc }) => loc.join(".")).sort(), [
        "body.active",
        "body.name",
        "body.plugin_configs.kelvin",
        "body.url"
      ])
      assert.notInclude(JSON.stringify(body), "s3cr3t-top")
      const guardians = Builders.authority("T1", {
        kelvin: {
          mapping: { users: Builders.usersMapping, users_student: { ucsschoolLegalGuardian: "legal_guardians" } }
        }
      })
      const refused = yield* send("POST", "/v1/school_authorities", as(guardians))
      assert.strictEqual(refused.status, 422)
      assert.include(JSON.stringify(refused.body), "ucsschoolLegalWard")
    }).pipe(quietly)
  )

  it.scopedLive("may be incomplete: they are saved, and their status says what is missing", () =>
    Effect.gen(function* () {
      const { as, send } = yield* world()
      const bare = {
        name: "T1",
        active: true,
        url: "http://t1.example.com/",
        plugins: ["kelvn"],
        plugin_configs: {},
        nane: 1
      }
      assert.strictEqual((yield* send("POST", "/v1/school_authorities", as(bare))).status, 201)
      const { body } = yield* send("GET", "/v1/school_authorities/T1/status", as())
      const { errors, warnings } = (body?.configuration ?? {}) as { readonly [kind: string]: ReadonlyArray<string> }
      assert.deepStrictEqual(errors, [])
      assert.deepStrictEqual(
        warnings?.map((text) => text.split(": ")[0]),
        ["plugins", "url", "plugin_configs.kelvin"]
      )
    }).pipe(quietly)
  )

  it.scopedLive("lose none of many changes at the same time", () =>
    Effect.gen(function* () {
      const { as, send } = yield* world()
      yield* send("POST", "/v1/school_authorities", as(authority("T1")))
      yield* Effect.forEach(
        Array.from({ length: 20 }, (_, index) => index),
        (index) =>
          send("PATCH", "/v1/school_authorities/T1", as({ plugin_configs: { kelvin: { [`key${index}`]: index } } })),
        { concurrency: "unbounded" }
      )
      const { body } = yield* send("GET", "/v1/school_authorities/T1", as())
      const keys = JSON.stringify(body).match(/"key\d+":/g)
      assert.strictEqual(keys?.length, 20)
    }).pipe(quietly)
  )

  it.scopedLive("are named so that no path comes of it, and bodies can be anything", () =>
    Effect.gen(function* () {
      const { appDir, as, send, token } = yield* world()
      for (const name of ["..%2F..%2Fetc%2Fpasswd", "%00", "x".repeat(10_000), "%E0%A4%A"]) {
        const { status } = yield* send("GET", `/v1/school_authorities/${name}`, as())
        assert.ok([400, 404, 422].includes(status), `${name.slice(0, 30)} ${status}`)
      }
      for (const name of ["../T1", "..", "a/b", "a\u0000b", "x".repeat(10_000), "", "a\nb", 7, null]) {
        const { status } = yield* send("POST", "/v1/school_authorities", as({ ...authority("T1"), name }))
        assert.strictEqual(status, 422, JSON.stringify(name).slice(0, 30))
      }
      const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`
      for (const text of [
        "{",
        "",
        "[]",
        "5",
        '"x"',
        "null",
        deep,
        JSON.stringify({ name: "x".repeat(20 * 1024 * 1024) })
      ]) {
        const { body, status } = yield* send("POST", "/v1/school_authorities", { token, text })
        assert.ok(status === 422 || status === 413, `${text.slice(0, 20)} ${status}`)
        assert.strictEqual(Array.isArray(body?.detail), status === 422)
      }
      const polluting =
        '{"name": "T9", "url": "https://x/", "plugin_configs": {"__proto__": {"polluted": true}}, "__proto__": {"active": true}}'
      assert.strictEqual((yield* send("POST", "/v1/school_authorities", { token, text: polluting })).status, 201)
      assert.isUndefined(({} as { polluted?: boolean }).polluted)
      assert.deepStrictEqual(Fs.readdirSync(join(appDir, "conf", "school_authorities")), ["T9.json"])
    }).pipe(quietly)
  )

  it.scopedLive("take effect at once: a queue starts, pauses, says why, stops", () =>
    Effect.gen(function* () {
      const { as, send } = yield* world()
      yield* send("POST", "/v1/school_authorities", as(authority("T1", { active: true })))
      const queues = yield* send("GET", "/v1/queues", as())
      assert.deepStrictEqual<unknown>(queues.body, [
        { name: "InQueue", head: "", length: 0, school_authority: "" },
        { name: "T1", head: "", length: 0, school_authority: "T1" }
      ])
      const status = yield* send("GET", "/v1/school_authorities/T1/status", as()).pipe(
        Effect.repeat({ until: ({ body }) => body?.reachable === false, schedule: Schedule.spaced("20 millis") }),
        Effect.zipRight(send("GET", "/v1/school_authorities/T1/status", as()))
      )
      assert.include(JSON.stringify(status.body?.paused), "ECONNREFUSED")
      assert.deepStrictEqual<unknown>((yield* send("POST", "/v1/queues/T1/pause", as())).body, { paused: true })
      const byHand = yield* send("GET", "/v1/school_authorities/T1/status", as())
      assert.include(JSON.stringify(byHand.body?.paused), "An administrator has paused the queue")
      assert.deepStrictEqual<unknown>((yield* send("POST", "/v1/queues/T1/resume", as())).body, { paused: false })
      assert.strictEqual((yield* send("POST", "/v1/queues/T9/pause", as())).status, 404)
      yield* send("PATCH", "/v1/school_authorities/T1", as({ active: false }))
      assert.strictEqual(((yield* send("GET", "/v1/queues", as())).body as never as ReadonlyArray<unknown>).length, 1)
      assert.strictEqual((yield* send("GET", "/v1/queues/T1", as())).status, 404)
    }).pipe(quietly)
  )
})

describe("a body that does not say how long it is", () => {
  it.scopedLive("is refused with 413 when it is too large", () =>
    Effect.gen(function* () {
      const { port, token } = yield* world()
      const answer = yield* Effect.promise(
        () =>
          new Promise<string>((resolve) => {
            const socket = Net.connect(port, "127.0.0.1")
            let text = ""
            socket.on("data", (data) => {
              text += data
            })
            socket.on("close", () => resolve(text))
            socket.on("error", () => resolve(text))
            socket.write(
              `PUT ${prefix}/v1/school_to_authority_mapping HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`
            )
            const part = "a".repeat(65_536)
            for (let n = 0; n < 20; n++) socket.write(`10000\r\n${part}\r\n`)
            socket.write("0\r\n\r\n")
          })
      )
      assert.match(answer, /^HTTP\/1.1 413/)
      assert.match(answer, /at most 1 MiB/)
    }).pipe(quietly)
  )
})

describe("the mapping of schools", () => {
  it.scopedLive("is replaced as a whole", () =>
    Effect.gen(function* () {
      const { as, send } = yield* world()
      const mapping = { Gym: "T1", Realschule: "T2" }
      for (const name of ["T1", "T2"]) yield* send("POST", "/v1/school_authorities", as(authority(name)))
      assert.deepStrictEqual<unknown>((yield* send("PUT", "/v1/school_to_authority_mapping", as({ mapping }))).body, {
        mapping
      })
      assert.deepStrictEqual<unknown>((yield* send("GET", "/v1/school_to_authority_mapping", as())).body, { mapping })
      for (const json of [{}, { mapping: { Gym: 5 } }, { mapping: [] }]) {
        assert.strictEqual((yield* send("PUT", "/v1/school_to_authority_mapping", as(json))).status, 422)
      }
    }).pipe(quietly)
  )
})

describe("items of a queue", () => {
  it.scopedLive("are listed, shown, retried and removed", () =>
    Effect.gen(function* () {
      const { as, send, settings } = yield* world()
      yield* send("POST", "/v1/school_authorities", as(authority("T1")))
      yield* send("PUT", "/v1/school_to_authority_mapping", as({ mapping: { School1: "T1" } }))
      for (const name of ["anna", "ben"]) {
        Fs.writeFileSync(join(settings.listenerDirectory, `${name}.json`), JSON.stringify(Builders.user(name)))
      }
      const items = send("GET", "/v1/queues/T1/items?limit=10", as())
      yield* Effect.repeat(items, {
        until: ({ body }) => Array.isArray(body) && body.length === 2,
        schedule: Schedule.spaced("20 millis")
      })
      const [first] = (yield* items).body as never as ReadonlyArray<{ id: number; object: string; state: string }>
      assert.deepInclude(first, { object: "user anna", state: "waiting" })
      const shown = yield* send("GET", `/v1/queues/T1/items/${first?.id}`, as())
      assert.deepStrictEqual<unknown>([shown.status, shown.body?.history], [200, []])
      const named = yield* send("GET", "/v1/queues/T1/items?object=BEN&state=waiting", as())
      assert.strictEqual((named.body as never as ReadonlyArray<unknown>).length, 1)
      assert.deepStrictEqual<unknown>((yield* send("DELETE", `/v1/queues/T1/items/${first?.id}`, as())).body, {
        items: 1
      })
      assert.strictEqual((yield* send("GET", `/v1/queues/T1/items/${first?.id}`, as())).status, 404)
      assert.strictEqual((yield* send("GET", "/v1/queues/T1/items?state=nonsense", as())).status, 422)
      assert.strictEqual((yield* send("GET", "/v1/queues/T1/items?limit=100000", as())).status, 422)
      assert.deepStrictEqual<unknown>((yield* send("POST", "/v1/queues/T1/retry", as())).body, { items: 0 })
      assert.strictEqual((yield* send("GET", "/v1/queues/T9/items", as())).status, 404)
    }).pipe(quietly)
  )
})

describe("a deleted school authority", () => {
  it.scopedLive("leaves its waiting items in the trash, and none for a new one of that name", () =>
    Effect.gen(function* () {
      const { appDir, as, send, settings } = yield* world()
      yield* send("POST", "/v1/school_authorities", as(authority("T1")))
      yield* send("PUT", "/v1/school_to_authority_mapping", as({ mapping: { School1: "T1" } }))
      for (const name of ["anna", "ben"]) {
        Fs.writeFileSync(join(settings.listenerDirectory, `${name}.json`), JSON.stringify(Builders.user(name)))
      }
      const length = Effect.map(send("GET", "/v1/queues/T1/items", as()), ({ body }) =>
        Array.isArray(body) ? body.length : -1
      )
      const soon = { schedule: Schedule.spaced("20 millis") }
      yield* Effect.repeat(length, { until: (items) => items === 2, ...soon })
      yield* send("DELETE", "/v1/school_authorities/T1", as())
      const trash = join(appDir, "data", "out_queues_trash")
      const files = Effect.sync(() =>
        Fs.existsSync(trash)
          ? Fs.readdirSync(trash, { recursive: true })
              .map(String)
              .filter((name) => name.endsWith(".json"))
          : []
      )
      const kept = yield* Effect.flatMap(
        Effect.repeat(files, { until: (names) => names.length === 2, ...soon }),
        () => files
      )
      assert.match(kept[0] ?? "", /^\d{8}_\d{6}\.T1\/\d+_(anna|ben)\.json$/)
      const content = JSON.parse(Fs.readFileSync(join(trash, kept[0] ?? ""), "utf8"))
      assert.strictEqual(content.udm_object_type, "users/user")
      yield* send("POST", "/v1/school_authorities", as(authority("T1")))
      yield* Effect.repeat(length, { until: (items) => items === 0, ...soon })
    }).pipe(quietly)
  )
})

describe("metrics", () => {
  it.scopedLive("are Prometheus' text, for those who have logged in", () =>
    Effect.gen(function* () {
      const { as, http, send, token } = yield* world()
      yield* send("POST", "/v1/school_authorities", as(authority("T 1")))
      const response = yield* http.get(`${prefix}/v1/metrics`, { headers: { authorization: `Bearer ${token}` } })
      assert.match(String(response.headers["content-type"]), /^text\/plain; version=0\.0\.4/)
      const text = yield* response.text
      assert.include(text, '\nid_connector_items{school_authority="T 1",state="waiting"} 0\n')
      assert.include(text, "# TYPE id_connector_deliveries_total counter\n")
      assert.strictEqual((yield* http.get(`${prefix}/v1/metrics`)).status, 401)
    }).pipe(quietly)
  )
})

describe("the documentation", () => {
  it.scopedLive("loads nothing from elsewhere", () =>
    Effect.gen(function* () {
      const { http } = yield* world()
      for (const path of ["docs", "redoc", "readme", "history"]) {
        const { headers, status, text } = yield* http.get(`${prefix}/v1/${path}`)
        assert.strictEqual(status, 200)
        assert.match(String(headers["content-security-policy"]), /^default-src 'none'; script-src 'self'/)
        assert.notMatch(yield* text, /<(script|link|img)[^>]+(src|href)="?https?:/)
      }
    }).pipe(quietly)
  )
})

describe("scheduling", () => {
  it.scopedLive("writes a trigger file for an object that the directory knows", () =>
    Effect.gen(function* () {
      const { appDir, as, directoryFile, send } = yield* world()
      const role = (kind: string) => [`${kind}:school:Gym`]
      Fs.writeFileSync(
        directoryFile,
        JSON.stringify({
          users: [
            ...people.users,
            { dn: "uid=anna,dc=x", uid: "anna", entryUUID: "uuid-anna", ucsschoolRole: role("student") }
          ],
          groups: [
            ...people.groups,
            { dn: "cn=Gym-1a,dc=x", cn: "Gym-1a", entryUUID: "uuid-1a", ucsschoolRole: role("school_class") }
          ]
        })
      )
      const triggers = join(appDir, "triggers")
      assert.deepStrictEqual<unknown>((yield* send("POST", "/v1/schedule/users/ANNA", as())).body, {
        users: 1,
        groups: 0
      })
      const [name = ""] = Fs.readdirSync(triggers)
      assert.match(name, /^\d{4}(-\d\d){5}-\d{6}_uuid-anna\.json$/)
      assert.deepStrictEqual(JSON.parse(Fs.readFileSync(join(triggers, name), "utf8")), {
        entry_uuid: "uuid-anna",
        dn: "uid=anna,dc=x",
        object_type: "users/user",
        command: "m"
      })
      assert.deepStrictEqual<unknown>((yield* send("POST", "/v1/schedule/groups/gym-1a", as())).body, {
        users: 0,
        groups: 1
      })
      assert.deepStrictEqual<unknown>((yield* send("POST", "/v1/schedule/schools/gym", as())).body, {
        users: 1,
        groups: 1
      })
      const order = Fs.readdirSync(triggers).sort()
      assert.deepStrictEqual(
        order.map((file) => file.split("_")[1]),
        ["uuid-anna.json", "uuid-1a.json", "uuid-anna.json", "uuid-1a.json"]
      )
      for (const path of ["users/nobody", "users/pupil", "groups/x", "schools/x"]) {
        const { body, status } = yield* send("POST", `/v1/schedule/${path}`, as())
        assert.deepStrictEqual([status, typeof body?.detail], [404, "string"])
      }
    }).pipe(quietly)
  )
})

describe("every answer", () => {
  it.scopedLive(
    "has a request id and headers that keep browsers safe; methods and paths that are not there are told apart",
    () =>
      Effect.gen(function* () {
        const { as, send } = yield* world()
        const queues = yield* send("GET", "/v1/queues", as())
        assert.match(String(queues.headers["x-request-id"]), /^[0-9a-f-]{36}$/)
        assert.strictEqual(queues.headers["x-content-type-options"], "nosniff")
        const head = yield* send("HEAD", "/v1/queues", as())
        assert.deepStrictEqual(
          [head.status, head.body, head.headers["content-length"]],
          [200, null, queues.headers["content-length"]]
        )
        const options = yield* send("OPTIONS", "/v1/school_authorities")
        assert.deepStrictEqual([options.status, options.headers.allow], [204, "GET, POST, HEAD, OPTIONS"])
        const wrong = yield* send("PUT", "/v1/queues", as())
        assert.deepStrictEqual([wrong.status, wrong.headers.allow], [405, "GET, HEAD, OPTIONS"])
        assert.deepStrictEqual((yield* send("GET", "/v1/nonsense", as())).body?.detail, "Not Found")
        assert.deepStrictEqual((yield* send("GET", "/v1/health/live")).body, { status: "ok" })
        assert.deepStrictEqual((yield* send("GET", "/v1/health/ready")).body, { status: "ok" })
      }).pipe(quietly)
  )

  it.scopedLive("is understood by the client that comes of the contract", () =>
    Effect.gen(function* () {
      const { http, token } = yield* world()
      const client = yield* HttpApiClient.make(Api, {
        transformClient: HttpClient.mapRequest(HttpClientRequest.bearerToken(token))
      }).pipe(Effect.provideService(HttpClient.HttpClient, http))
      const [inQueue] = yield* client.queues.list()
      assert.strictEqual(inQueue?.name, "InQueue")
      const error = yield* Effect.flip(client.authorities.get({ path: { name: "x" } }))
      assert.strictEqual(error._tag, "NotFound")
    }).pipe(quietly)
  )
})
