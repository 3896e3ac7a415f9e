import { Agent, request as httpsRequest } from "node:https"
import { HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect, Fiber, Option, TestClock } from "effect"

const v1 = "/ucsschool/kelvin/v1"
const url = (resource: string, name: string) => `https://k.example.com${v1}/${resource}/${name}`

/** A simulator, and requests to it with a valid token. */
const world = (options: KelvinSimulator.Options = {}) =>
  Effect.gen(function* () {
    const simulator = yield* KelvinSimulator.make({ schools: ["GYM1", "REAL2"], ...options })
    const send = (method: string, path: string, body = "", headers: Record<string, string> = {}) => {
      const plan = simulator.handle({ method, url: path, headers: { host: "k.example.com", ...headers }, body })
      if (plan._tag !== "Answer") throw new Error(plan._tag)
      const { response } = plan
      return {
        status: response.status,
        headers: response.headers,
        json: response.body === undefined ? null : JSON.parse(response.body)
      }
    }
    const logIn = (username = "Administrator", password = "univention") =>
      send("POST", "/ucsschool/kelvin/token", `username=${username}&password=${password}`, {
        "content-type": "application/x-www-form-urlencoded"
      })
    const token = logIn().json.access_token
    const call = (method: string, path: string, body?: unknown, headers = {}) =>
      send(method, `${v1}${path}`, body === undefined ? "" : JSON.stringify(body), {
        authorization: `Bearer ${token}`,
        ...headers
      })
    return { call, logIn, send, simulator, token }
  })

const student = (name: string, more: object = {}) => ({
  name,
  firstname: "Anna",
  lastname: "Meier",
  school: url("schools", "GYM1"),
  roles: [url("roles", "student")],
  record_uid: `rec-${name}`,
  source_uid: "S",
  ...more
})

describe("The simulator's login", () => {
  it.effect("gives out tokens that say when they end, and takes them until then", () =>
    Effect.gen(function* () {
      const { call, token } = yield* world({ tokenTtl: 60 })
      const { exp, sub } = JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString())
      assert.deepStrictEqual([exp, sub.username, sub.kelvin_admin], [60, "Administrator", true])
      assert.strictEqual(call("GET", "/roles/").status, 200)
      yield* TestClock.adjust("60 seconds")
      const late = call("GET", "/roles/")
      assert.deepStrictEqual(
        [late.status, late.json, late.headers["www-authenticate"]],
        [401, { detail: "Could not validate credentials" }, "Bearer"]
      )
    })
  )

  it.effect("refuses wrong passwords, missing fields and missing rights as the API does", () =>
    Effect.gen(function* () {
      const { logIn, send } = yield* world({
        accounts: [
          { username: "Administrator", password: "univention", admin: true },
          { username: "reader", password: "r", reader: true }
        ]
      })
      assert.deepStrictEqual(logIn("Administrator", "x").json, { detail: "Incorrect username or password" })
      assert.deepStrictEqual(logIn("Administrator", "").json.detail, [
        { loc: ["body", "password"], msg: "field required", type: "value_error.missing" }
      ])
      const authorization = `Bearer ${logIn("reader", "r").json.access_token}`
      assert.strictEqual(send("GET", `${v1}/users/`, "", { authorization }).status, 200)
      assert.deepStrictEqual(send("DELETE", `${v1}/users/x`, "", { authorization }).json, { detail: "Unauthorized" })
      assert.deepStrictEqual(send("GET", `${v1}/users/`).json, { detail: "Not authenticated" })
    })
  )
})

describe("The simulator's addresses", () => {
  it.effect("are exact: 307 for the wrong slash, 405 for the wrong method, 404 for the rest", () =>
    Effect.gen(function* () {
      const { call, send } = yield* world()
      const redirect = call("GET", "/users")
      assert.deepStrictEqual([redirect.status, redirect.headers.location], [307, `http://k.example.com${v1}/users/`])
      assert.strictEqual(call("GET", "/users/anna/").status, 307)
      assert.deepStrictEqual(call("HEAD", "/users/").json, { detail: "Method Not Allowed" })
      assert.deepStrictEqual(call("GET", "/nothing/").json, { detail: "Not Found" })
      assert.strictEqual(call("HEAD", "/schools/gym1").status, 200)
      assert.strictEqual(send("GET", `${v1}/openapi.json`).json.info.version, "4.0.0")
    })
  )

  it.effect("echo a version 4 request id, and replace every other", () =>
    Effect.gen(function* () {
      const { call } = yield* world()
      const id = "9b2c1f6e-3f4a-4a6b-8c1d-0123456789ab"
      assert.strictEqual(call("GET", "/roles/", undefined, { "x-request-id": id }).headers["x-request-id"], id)
      assert.notStrictEqual(
        call("GET", "/roles/", undefined, { "x-request-id": "mine" }).headers["x-request-id"],
        "mine"
      )
    })
  )
})

describe("The simulator's users", () => {
  it.effect("are created with classes, and shown with URLs", () =>
    Effect.gen(function* () {
      const { call, simulator } = yield* world()
      const created = call("POST", "/users/", student("anna.m", { school_classes: { GYM1: ["5a", "5ä"] } }))
      assert.deepStrictEqual(
        [
          created.status,
          created.json.dn,
          created.json.schools,
          created.json.school_classes,
          created.json.ucsschool_roles
        ],
        [
          201,
          "uid=anna.m,cn=schueler,cn=users,ou=GYM1,dc=example,dc=com",
          [url("schools", "GYM1")],
          { GYM1: ["5-", "5a"] },
          ["student:school:GYM1"]
        ]
      )
      assert.deepStrictEqual(simulator.writes(), ["POST /users/ 201"])
    })
  )

  it.effect("are refused with all that is wrong, in the API's words", () =>
    Effect.gen(function* () {
      const { call } = yield* world({ udmProperties: { user: ["title"], school_class: [] }, maxNameLength: true })
      const empty = call("POST", "/users/", { name: "a;b", roles: ["student"], udm_properties: { foo: 1 } })
      assert.strictEqual(empty.status, 422)
      assert.deepStrictEqual(
        empty.json.detail.map(({ loc, msg }: { loc: Array<string>; msg: string }) => `${loc.join(".")}: ${msg}`),
        [
          "body.name: May not contain special characters",
          "body.roles.0: invalid or missing URL scheme",
          "body.firstname: field required",
          "body.lastname: field required",
          "body.__root__: At least one of 'school' and 'schools' must be set.",
          "body.udm_properties: UDM properties that were not configured for resource 'user' and are thus not allowed: {'foo'}"
        ]
      )
      const refusal = (more: object) => call("POST", "/users/", student("x", more)).json
      assert.deepStrictEqual(refusal({ school: url("schools", "GYM9") }), {
        detail: "No school with name='GYM9' found."
      })
      assert.deepStrictEqual(refusal({ school: "https://k.example.com/other/GYM1" }), {
        message: "Could not find object of type 'school' with URL('http://k.example.com/other/GYM1')."
      })
      assert.ok(refusal({ name: "name.too.long.for.a.pupil" }).detail.includes("is longer than allowed."))
      assert.ok(refusal({ record_uid: null }).detail.includes("source_uid or record_uid are not set"))
      assert.ok(
        refusal({ school_classes: { REAL2: ["1"] } }).detail.includes("is missing in the users 'school(s)' attributes")
      )
      call("POST", "/users/", student("x"))
      assert.deepStrictEqual(call("POST", "/users/", student("X")).json, { detail: "School user exists." })
      assert.strictEqual(call("POST", "/users/", student("y", { record_uid: "rec-x" })).status, 409)
    })
  )

  it.effect("are found by the parameters the API knows, with wildcards, and by none it does not know", () =>
    Effect.gen(function* () {
      const { call } = yield* world()
      for (const name of ["anna", "ben", "carl"]) call("POST", "/users/", student(name))
      const names = (query: string) => call("GET", `/users/?${query}`).json.map(({ name }: { name: string }) => name)
      assert.deepStrictEqual(names("record_uid=REC-BEN&source_uid=s"), ["ben"])
      assert.deepStrictEqual(names("name=*n*"), ["anna", "ben"])
      assert.deepStrictEqual(names("school=gym1&roles=student"), ["anna", "ben", "carl"])
      assert.deepStrictEqual(names("school=unknown"), [])
      assert.deepStrictEqual(names("typo=ben"), ["anna", "ben", "carl"])
    })
  )

  it.effect("keep on PATCH what is not sent, and lose it on PUT", () =>
    Effect.gen(function* () {
      const { call } = yield* world()
      call(
        "POST",
        "/users/",
        student("anna", { email: "a@x.de", birthday: "2012-05-30", disabled: true, udm_properties: { title: "x" } })
      )
      const patched = call("PATCH", "/users/ANNA", { udm_properties: { phone: ["1"] }, birthday: null }).json
      assert.deepStrictEqual(
        [patched.email, patched.birthday, patched.disabled, patched.udm_properties],
        ["a@x.de", null, true, { title: "x", phone: ["1"] }]
      )
      const put = call("PUT", "/users/anna", student("anna")).json
      assert.deepStrictEqual([put.email, put.disabled, put.udm_properties], [null, false, { title: "x", phone: ["1"] }])
      assert.strictEqual(call("PATCH", "/users/anna", { disabled: null }).json.detail[0].msg, "Null value in property.")
    })
  )

  it.effect("have an e-mail address that nobody else has, until it is free again", () =>
    Effect.gen(function* () {
      const { call } = yield* world()
      call("POST", "/users/", student("anna", { email: "a@x.de" }))
      assert.ok(call("POST", "/users/", student("ben", { email: "A@X.de" })).json.detail.includes("already taken"))
      assert.strictEqual(call("PATCH", "/users/anna", { email: "A@x.de", firstname: "Anne" }).status, 200)
      call("PATCH", "/users/anna", { name: "anne" })
      assert.strictEqual(call("POST", "/users/", student("ben", { email: "a@x.de" })).status, 400)
      call("PATCH", "/users/anne", { email: null })
      assert.strictEqual(call("POST", "/users/", student("ben", { email: "a@x.de" })).status, 201)
      call("DELETE", "/users/ben")
      assert.strictEqual(call("PATCH", "/users/anne", { email: "a@x.de" }).status, 200)
    })
  )

  it.effect("change schools only together with what belongs to them", () =>
    Effect.gen(function* () {
      const { call } = yield* world()
      const both = { schools: [url("schools", "GYM1"), url("schools", "REAL2")] }
      call("POST", "/users/", student("tom", { ...both, school_classes: { GYM1: ["5a"], REAL2: ["7c"] } }))
      const left = call("PATCH", "/users/tom", { schools: [url("schools", "GYM1")] })
      assert.strictEqual(left.status, 400)
      const moved = call("PATCH", "/users/tom", { schools: [url("schools", "REAL2")] })
      assert.deepStrictEqual(
        [moved.status, moved.json.school, moved.json.school_classes],
        [200, url("schools", "REAL2"), { REAL2: ["7c"] }]
      )
      const wrong = call("PATCH", "/users/tom", { school: url("schools", "GYM1"), schools: [url("schools", "REAL2")] })
      assert.deepStrictEqual(wrong.json, { detail: "New 'school' 'GYM1' not in current or future 'schools'." })
    })
  )

  it.effect("are renamed, and removed once", () =>
    Effect.gen(function* () {
      const { call, simulator } = yield* world()
      call("POST", "/users/", student("anna", { school_classes: { GYM1: ["5a"] } }))
      call("PATCH", "/users/anna", { name: "anne" })
      assert.strictEqual(call("GET", "/users/anna").status, 404)
      assert.deepStrictEqual(simulator.state().classes[0]?.users, ["anne"])
      assert.strictEqual(call("DELETE", "/users/anne").status, 204)
      assert.deepStrictEqual(call("DELETE", "/users/anne").json, {
        detail: "No object with name='anne' found or not authorized."
      })
      assert.deepStrictEqual(simulator.state().classes[0]?.users, [])
    })
  )

  it.effect("know guardians and wards in both directions", () =>
    Effect.gen(function* () {
      const { call, simulator } = yield* world()
      call("POST", "/users/", student("gerd", { roles: [url("roles", "legal_guardian")] }))
      const unknown = call("POST", "/users/", student("wanda", { legal_guardians: ["gabi"] }))
      assert.deepStrictEqual(unknown.json, { detail: "Couldn't find legal guardian gabi for student wanda" })
      call("POST", "/users/", student("wanda", { legal_guardians: ["gerd"] }))
      assert.deepStrictEqual(simulator.state().users.find(({ name }) => name === "gerd")?.legal_wards, ["wanda"])
      call("DELETE", "/users/gerd")
      assert.deepStrictEqual(simulator.state().users[0]?.legal_guardians, [])
    })
  )

  it.effect("take password hashes only whole, and never show them", () =>
    Effect.gen(function* () {
      const { call, simulator } = yield* world()
      const hashes = {
        user_password: ["x"],
        samba_nt_password: "y",
        krb_5_key: ["AQ=="],
        krb5_key_version_number: 1,
        samba_pwd_last_set: 2
      }
      const { samba_nt_password: _, ...part } = hashes
      assert.strictEqual(call("POST", "/users/", student("a", { kelvin_password_hashes: part })).status, 422)
      const created = call("POST", "/users/", student("a", { kelvin_password_hashes: hashes }))
      assert.deepStrictEqual([created.status, created.json.kelvin_password_hashes], [201, undefined])
      assert.deepStrictEqual(simulator.state().users[0]?.hashes, hashes)
    })
  )
})

describe("The simulator's classes", () => {
  it.effect("are created, changed and removed as the API does it", () =>
    Effect.gen(function* () {
      const { call, simulator } = yield* world()
      call("POST", "/users/", student("anna"))
      const file = { name: "5a", school: url("schools", "gym1"), users: [url("users", "anna")] }
      const created = call("POST", "/classes/", file)
      assert.deepStrictEqual(
        [created.status, created.json.users, created.json.create_share],
        [201, [url("users", "anna")], true]
      )
      assert.deepStrictEqual(call("POST", "/classes/", file).json, { detail: "School class exists." })
      const unknown = call("PATCH", "/classes/GYM1/5a", { users: [url("users", "nobody")] })
      assert.deepStrictEqual(
        [unknown.status, unknown.json],
        [
          404,
          {
            message:
              "Could not find object of type 'user' with URL 'http://k.example.com/ucsschool/kelvin/v1/users/nobody'."
          }
        ]
      )
      assert.deepStrictEqual(call("PATCH", "/classes/gym1/5A", { users: [], description: "d" }).json.users, [])
      assert.strictEqual(call("GET", "/classes/?school=GYM1&name=5*").json.length, 1)
      assert.strictEqual(call("GET", "/classes/?school=GYM9").status, 422)
      assert.strictEqual(call("DELETE", "/classes/GYM1/5a").status, 204)
      assert.deepStrictEqual(call("GET", "/classes/GYM1/5a").json, {
        detail: "No object with name='GYM1-5a' found or not authorized."
      })
      assert.deepStrictEqual(simulator.state().classes, [])
    })
  )
})

describe("The simulator's faults", () => {
  it.effect("meet the requests they are meant for, as often as told", () =>
    Effect.gen(function* () {
      const { call, simulator } = yield* world()
      simulator.fail({
        method: "POST",
        path: "/users/",
        user: "anna",
        after: 1,
        times: 2,
        effect: { _tag: "Status", status: 500 }
      })
      const statuses = ["anna", "ben", "anna", "anna", "anna"].map(
        (name, at) => call("POST", "/users/", student(name, { record_uid: `${at}` })).status
      )
      assert.deepStrictEqual(statuses, [201, 201, 500, 500, 409])
    })
  )

  it.effect("carry a request out whose answer is lost", () =>
    Effect.gen(function* () {
      const { simulator, token } = yield* world()
      simulator.fail({ method: "POST", effect: { _tag: "DropAfter" } })
      const plan = simulator.handle({
        method: "POST",
        url: `${v1}/users/`,
        headers: { host: "k.example.com", authorization: `Bearer ${token}` },
        body: JSON.stringify(student("anna"))
      })
      assert.deepStrictEqual([plan._tag, simulator.state().users.length], ["Drop", 1])
    })
  )
})

describe("The simulator behind HTTP", () => {
  it.effect("is reached in process by its host, in the time of the test's clock", () =>
    Effect.gen(function* () {
      const simulator = yield* KelvinSimulator.make({ latency: { read: 5_000 } })
      const client = KelvinSimulatorHttp.client({ "k.example.com": simulator })
      const nobody = yield* Effect.flip(client.execute(HttpClientRequest.get("https://other.example.com/")))
      assert.strictEqual(nobody._tag, "RequestError")
      const slow = yield* Effect.fork(client.execute(HttpClientRequest.get(url("roles", ""))))
      yield* TestClock.adjust("4999 millis")
      assert.ok(Option.isNone(yield* Fiber.poll(slow)))
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* Fiber.join(slow)).status, 401)
    })
  )

  it.scopedLive("is a real HTTPS server, and drops connections when told", () =>
    Effect.gen(function* () {
      const simulator = yield* KelvinSimulator.make()
      const { port, url } = yield* KelvinSimulatorHttp.serve(simulator)
      assert.strictEqual(url, `https://localhost:${port}/ucsschool/kelvin/v1/`)
      const agent = new Agent({ rejectUnauthorized: false })
      const get = Effect.async<number | string | undefined>((resume) => {
        httpsRequest(`${url}openapi.json`, { agent }, (answer) => {
          answer.resume()
          resume(Effect.succeed(answer.statusCode))
        })
          .on("error", (error) => resume(Effect.succeed("code" in error ? String(error.code) : error.message)))
          .end()
      })
      assert.strictEqual(yield* get, 200)
      simulator.fail({ effect: { _tag: "Drop" } })
      assert.strictEqual(yield* get, "ECONNRESET")
      assert.strictEqual(yield* get, 200)
      agent.destroy()
    })
  )
})
