/** What scripts written for the Python connector send and read: each answer as a whole, so that no key is lost or renamed. */
import { assert, describe, it } from "@effect/vitest"
import * as Builders from "@id-connector/testkit/data/Builders"
import { quietly } from "@id-connector/testkit/Quietly"
import { Effect } from "effect"
import { url, world } from "./ApiWorld.js"

const kelvin = { username: "Administrator", password: "s3cr3t", mapping: { users: { username: "name" } } }
const file = { name: "T1", active: false, url, plugins: ["kelvin"], plugin_configs: { kelvin } }
const masked = { ...file, plugin_configs: { kelvin: { ...kelvin, password: "**********" } } }

const problem = (loc: ReadonlyArray<string>, msg: string, type: string) => [{ loc, msg, type }]

type Body = { readonly [key: string]: unknown } | null

/** What the Python connector says of a saved authority or mapping. What is strange about it is said besides. */
const known = (body: Body) => {
  const { findings: _, warnings: __, ...others } = body ?? {}
  return others
}

describe("A client of the Python connector", () => {
  it.scopedLive("logs in as ever", () =>
    Effect.gen(function* () {
      const { send } = yield* world()
      const logIn = (form: object) => send("POST", "/token", { form })
      const oauth = { grant_type: "password", scope: "", client_id: "", client_secret: "" }
      const good = yield* logIn({ username: "admin", password: "s3cr3t", ...oauth })
      assert.deepStrictEqual<unknown>(
        [good.status, good.body],
        [200, { access_token: good.body?.access_token, token_type: "bearer" }]
      )
      const bad = yield* logIn({ username: "admin", password: "wrong" })
      assert.deepStrictEqual<unknown>([bad.status, bad.body?.detail], [401, "Incorrect username or password"])
      const missing = yield* logIn({ username: "admin" })
      assert.deepStrictEqual<unknown>(
        [missing.status, missing.body?.detail],
        [422, problem(["body", "password"], "field required", "value_error.missing")]
      )
      const json = yield* send("POST", "/token", { text: JSON.stringify({ username: "admin", password: "s3cr3t" }) })
      assert.strictEqual(json.status, 422)
    }).pipe(quietly)
  )

  it.scopedLive("reads the queues", () =>
    Effect.gen(function* () {
      const { as, send } = yield* world()
      const active = Builders.authority("T1", { url })
      yield* send("POST", "/v1/school_authorities", as(active))
      yield* send("POST", "/v1/school_authorities", as({ ...file, name: "T2" }))
      const queue = { name: "T1", head: "", length: 0, school_authority: "T1" }
      const inQueue = { name: "InQueue", head: "", length: 0, school_authority: "" }
      assert.deepStrictEqual<unknown>((yield* send("GET", "/v1/queues", as())).body, [inQueue, queue])
      assert.deepStrictEqual<unknown>((yield* send("GET", "/v1/queues/T1", as())).body, queue)
      assert.deepStrictEqual<unknown>((yield* send("GET", "/v1/queues/InQueue", as())).body, inQueue)
      const unknown = yield* send("GET", "/v1/queues/T2", as())
      assert.deepStrictEqual([unknown.status, typeof unknown.body?.detail], [404, "string"])
    }).pipe(quietly)
  )

  it.scopedLive("creates, reads, changes and deletes school authorities", () =>
    Effect.gen(function* () {
      const { as, send } = yield* world()
      const authorities = "/v1/school_authorities"
      assert.deepStrictEqual<unknown>((yield* send("GET", authorities, as())).body, [])
      const created = yield* send("POST", authorities, as(file))
      assert.deepStrictEqual<unknown>([created.status, known(created.body)], [201, masked])
      assert.isArray(created.body?.warnings)
      const again = yield* send("POST", authorities, as(file))
      assert.deepStrictEqual([again.status, typeof again.body?.detail], [400, "string"])
      const { name: _, ...nameless } = file
      const invalid = yield* send("POST", authorities, as(nameless))
      const [problem] = (invalid.body?.detail ?? []) as ReadonlyArray<object>
      assert.deepStrictEqual([invalid.status, Object.keys(problem ?? {}).sort()], [422, ["loc", "msg", "type"]])
      assert.deepStrictEqual<unknown>((yield* send("GET", authorities, as())).body, [masked])
      assert.deepStrictEqual<unknown>((yield* send("GET", `${authorities}/T1`, as())).body, masked)
      const patched = yield* send(
        "PATCH",
        `${authorities}/T1`,
        as({ plugin_configs: { kelvin: { username: "other" } } })
      )
      const changed = { ...masked, plugin_configs: { kelvin: { ...masked.plugin_configs.kelvin, username: "other" } } }
      assert.deepStrictEqual<unknown>([patched.status, known(patched.body)], [200, changed])
      assert.isArray(patched.body?.warnings)
      for (const [method, path, status] of [
        ["PATCH", "T9", 400],
        ["GET", "T9", 404],
        ["DELETE", "T9", 404]
      ] as const) {
        const failed = yield* send(method, `${authorities}/${path}`, as(method === "PATCH" ? {} : undefined))
        assert.deepStrictEqual([failed.status, typeof failed.body?.detail], [status, "string"])
      }
      assert.strictEqual((yield* send("PATCH", `${authorities}/T1`, as({ url: "no url" }))).status, 400)
      const removed = yield* send("DELETE", `${authorities}/T1`, as())
      assert.deepStrictEqual([removed.status, removed.body], [204, null])
    }).pipe(quietly)
  )

  it.scopedLive("may leave out what has a default, and configure what can't deliver yet", () =>
    Effect.gen(function* () {
      const { as, send } = yield* world()
      const bare = { name: "T1", url: "http://t1.example.com", plugin_configs: {} }
      const created = yield* send("POST", "/v1/school_authorities", as(bare))
      assert.deepStrictEqual<unknown>(
        [created.status, known(created.body)],
        [201, { ...bare, active: false, plugins: [] }]
      )
      assert.isArray(created.body?.warnings)
    }).pipe(quietly)
  )

  it.scopedLive("reads and replaces the mapping of schools", () =>
    Effect.gen(function* () {
      const { as, send } = yield* world()
      const path = "/v1/school_to_authority_mapping"
      assert.deepStrictEqual<unknown>((yield* send("GET", path, as())).body, { mapping: {} })
      const mapping = { School2: "T2", School1: "T1" }
      const { body } = yield* send("PUT", path, as({ mapping }))
      assert.deepStrictEqual<unknown>(known(body), { mapping })
      assert.lengthOf(body?.warnings as ReadonlyArray<string>, 2, "neither T1 nor T2 is configured")
      assert.deepStrictEqual<unknown>((yield* send("GET", path, as())).body, { mapping })
      const invalid = yield* send("PUT", path, as({ mapping: { School1: 3 } }))
      assert.deepStrictEqual<unknown>(
        [invalid.status, invalid.body?.detail],
        [422, problem(["body", "mapping", "School1"], "a text is expected", "type_error")]
      )
    }).pipe(quietly)
  )

  it.scopedLive("is told that it has to log in, or to send JSON", () =>
    Effect.gen(function* () {
      const { send, token } = yield* world()
      for (const options of [{}, { token: "nonsense" }]) {
        const { body, headers, status } = yield* send("GET", "/v1/school_authorities", options)
        assert.deepStrictEqual([status, headers["www-authenticate"], typeof body?.detail], [401, "Bearer", "string"])
      }
      for (const type of ["text/plain", "application/x-www-form-urlencoded"]) {
        const answer = yield* send("POST", "/v1/school_authorities", { token, text: JSON.stringify(file), type })
        assert.deepStrictEqual<unknown>(
          [answer.status, answer.body?.detail],
          [
            422,
            problem(["body"], "The body has to be JSON: send it with Content-Type: application/json.", "type_error")
          ]
        )
      }
      const broken = yield* send("POST", "/v1/school_authorities", { token, text: "{" })
      assert.strictEqual(broken.status, 422)
    }).pipe(quietly)
  )
})
