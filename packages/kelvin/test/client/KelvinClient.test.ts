import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import {
  CredentialsRefused,
  TargetFailed,
  TargetRefused,
  TargetUnavailable
} from "@id-connector/core/targets/DeliveryError"
import * as KelvinClient from "@id-connector/kelvin/client/KelvinClient"
import { AlreadyExists, NotFound, UnresolvedReference } from "@id-connector/kelvin/client/KelvinError"
import * as TargetHttp from "@id-connector/kelvin/client/TargetHttp"
import { Deferred, Effect, Fiber, Option, Redacted, TestClock } from "effect"

const api = "/ucsschool/kelvin/v1"
const base = `https://kelvin.example.com${api}/`
const tls = { verifyCertificate: true, verifyHostname: true }

interface Call {
  /** Method, path and query. */
  readonly what: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string
}

/** Status and body (JSON, or a text as it is), or what becomes of the request instead. */
type Answer = readonly [status: number, body?: unknown] | Effect.Effect<readonly [number, unknown?], unknown>

const token = "POST /ucsschool/kelvin/token"
const names = (...all: ReadonlyArray<string>) => [200, all.map((name) => ({ name, url: `${base}x/${name}` }))] as const

/** A client before a server that answers what `answer` says, after a token for each login. Its calls are recorded. */
const client = (answer: (call: Call, count: number) => Answer | undefined, requestsPerSecond: number | null = null) =>
  Effect.gen(function* () {
    const calls: Array<Call> = []
    const count = (what: string) => calls.filter((call) => call.what === what).length
    const fallback = (call: Call): Answer =>
      call.what === token
        ? [200, { access_token: `token ${count(token)}`, token_type: "bearer" }]
        : [404, { detail: "Not Found" }]
    const http = HttpClient.make((request, url) => {
      const call = {
        what: `${request.method} ${url.pathname}${url.search}`,
        headers: request.headers,
        body: bodyOf(request)
      }
      calls.push(call)
      const answered = answer(call, count(call.what)) ?? fallback(call)
      return (Effect.isEffect(answered) ? answered : Effect.succeed(answered)).pipe(
        Effect.mapError((cause) => new HttpClientError.RequestError({ request, reason: "Transport", cause })),
        Effect.map(([status, body]) => {
          const text = typeof body === "string" || body === undefined ? (body ?? null) : JSON.stringify(body)
          return HttpClientResponse.fromWeb(request, new Response(text, { status }))
        })
      )
    })
    const kelvin = yield* KelvinClient.make({
      baseUrl: base,
      username: "Administrator",
      password: Redacted.make("ge heim&"),
      tls,
      connections: 4,
      requestsPerSecond
    }).pipe(
      Effect.provideService(TargetHttp.TargetHttp, { client: () => Effect.succeed(TargetHttp.fromHttpClient(http)) })
    )
    return { kelvin, calls, count }
  })

const bodyOf = ({ body }: HttpClientRequest.HttpClientRequest) =>
  body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : ""

const anna = {
  name: "anna.m",
  url: `${base}users/anna.m`,
  firstname: "Anna",
  lastname: "Meier",
  school: `${base}schools/GYM%201`,
  schools: [`${base}schools/GYM%201`],
  roles: [`${base}roles/student`],
  school_classes: { "GYM 1": ["5a"] },
  workgroups: {},
  birthday: null,
  disabled: false,
  email: null,
  record_uid: "r1",
  source_uid: "S",
  ucsschool_roles: ["student:school:GYM 1"],
  udm_properties: { phone: [] },
  legal_guardians: [`${base}users/otto.m`, "olga.m"],
  legal_wards: [],
  field_of_the_future: 1
}

const search = (query: string) => `GET ${api}/users/?${query}`

describe("KelvinClient", () => {
  describe("requests", () => {
    it.scoped("log in with a form, then send token, format and a version 4 UUID", () =>
      Effect.gen(function* () {
        const { calls, kelvin } = yield* client((call) =>
          call.what === `GET ${api}/schools/` ? names("A") : undefined
        )
        yield* kelvin.schools
        const [logIn, schools] = calls
        assert.strictEqual(logIn?.what, token)
        assert.strictEqual(logIn?.body, "username=Administrator&password=ge+heim%26")
        assert.strictEqual(schools?.headers.authorization, "Bearer token 1")
        assert.strictEqual(schools?.headers.accept, "application/json")
        const uuid = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/
        assert.match(schools?.headers["x-request-id"] ?? "", uuid)
      })
    )

    it.scoped("write JSON, and name themselves in the evidence without secrets", () =>
      Effect.gen(function* () {
        const { calls, kelvin } = yield* client((call) =>
          call.what === `PATCH ${api}/users/a%20b` ? [422, { detail: "no" }] : undefined
        )
        const error = yield* Effect.flip(kelvin.patchUser("a b", { firstname: "A", password: "s3cr3t" }))
        assert.instanceOf(error, TargetRefused)
        assert.deepStrictEqual(error.evidence, {
          method: "PATCH",
          path: `${api}/users/a%20b`,
          requestId: calls[1]?.headers["x-request-id"] ?? "",
          body: { firstname: "A", password: "**********" },
          status: 422,
          response: { detail: "no" }
        })
        assert.strictEqual(calls[1]?.body, '{"firstname":"A","password":"s3cr3t"}')
        assert.strictEqual(calls[1]?.headers["content-type"], "application/json")
      })
    )

    it.scoped("leave no secret in an error, whatever the target repeats of them", () =>
      Effect.gen(function* () {
        const { kelvin } = yield* client((call) =>
          call.what === `POST ${api}/users/`
            ? [422, { detail: `not valid: ${call.body}, ${call.headers.authorization}`, given: JSON.parse(call.body) }]
            : call.what === `GET ${api}/users/anna.m`
              ? [200, { name: 5, seen: call.headers.authorization }]
              : undefined
        )
        const kelvin_password_hashes = {
          user_password: ["{crypt}$6$abc"],
          samba_nt_password: "0123456789ABCDEF",
          x: ""
        }
        const refused = yield* Effect.flip(kelvin.createUser({ name: "anna.m", kelvin_password_hashes }))
        const unreadable = yield* Effect.flip(kelvin.getUser("anna.m"))
        for (const error of [refused, unreadable]) {
          assert.notMatch(JSON.stringify({ ...error, message: error.message }), /6\$abc|89ABCDEF|token 1/)
        }
        assert.include(refused.message, "anna.m")
      })
    )

    it.scoped("are sent once more with a new token when theirs is refused", () =>
      Effect.gen(function* () {
        const { count, kelvin } = yield* client((call) =>
          call.what !== `GET ${api}/roles/`
            ? undefined
            : call.headers.authorization === "Bearer token 2"
              ? names("staff")
              : [401, { detail: "Could not validate credentials" }]
        )
        assert.deepStrictEqual([...(yield* kelvin.roles)], ["staff"])
        assert.deepStrictEqual([count(token), count(`GET ${api}/roles/`)], [2, 2])
      })
    )

    it.scoped("fail when the new token is refused too", () =>
      Effect.gen(function* () {
        const { count, kelvin } = yield* client((call) =>
          call.what === token ? undefined : [401, { detail: "Unauthorized" }]
        )
        const error = yield* Effect.flip(kelvin.deleteUser("x"))
        assert.instanceOf(error, CredentialsRefused)
        assert.strictEqual(error.detail, "Unauthorized")
        assert.deepStrictEqual([count(token), count(`DELETE ${api}/users/x`)], [2, 2])
      })
    )

    it.scoped("keep their token when the server itself is refused by its directory", () =>
      Effect.gen(function* () {
        const { count, kelvin } = yield* client((call) =>
          call.what === token ? undefined : [401, { detail: [{ loc: [], msg: "no", type: "UdmError:ModifyError" }] }]
        )
        assert.instanceOf(yield* Effect.flip(kelvin.patchUser("x", {})), TargetFailed)
        assert.strictEqual(count(token), 1)
      })
    )

    it.scoped("wait 20 seconds, and 30 for a create", () =>
      Effect.gen(function* () {
        const { kelvin } = yield* client((call) => (call.what === token ? undefined : Effect.never))
        const read = yield* Effect.fork(Effect.flip(kelvin.getUser("x")))
        const create = yield* Effect.fork(Effect.flip(kelvin.createUser({})))
        yield* TestClock.adjust("20 seconds")
        const late = yield* Fiber.join(read)
        assert.instanceOf(late, TargetUnavailable)
        assert.strictEqual(late.detail, `no answer to GET ${api}/users/x within 20 seconds`)
        assert.isTrue(Option.isNone(yield* Fiber.poll(create)))
        yield* TestClock.adjust("10 seconds")
        assert.instanceOf(yield* Fiber.join(create), TargetUnavailable)
      })
    )

    it.scoped("say why the network or the certificate failed", () =>
      Effect.gen(function* () {
        const detailOf = (message: string, code: string) =>
          Effect.gen(function* () {
            const cause = new Error("fetch failed", { cause: Object.assign(new Error(message), { code }) })
            const { kelvin } = yield* client(() => Effect.fail(cause))
            const error = yield* Effect.flip(kelvin.ping)
            assert.instanceOf(error, TargetUnavailable)
            return error.detail
          })
        assert.strictEqual(
          yield* detailOf("connect ECONNREFUSED 10.0.0.1:443", "ECONNREFUSED"),
          "kelvin.example.com: connect ECONNREFUSED 10.0.0.1:443"
        )
        assert.strictEqual(
          yield* detailOf("self-signed certificate", "DEPTH_ZERO_SELF_SIGNED_CERT"),
          "kelvin.example.com: its certificate is not trusted: self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT). Name a file with the certificate of its CA in ssl_context.ca_file of this authority, or in IDC_CA_FILE for all"
        )
        assert.match(yield* detailOf("altnames: localhost", "ERR_TLS_CERT_ALTNAME_INVALID"), /not trusted.* url /)
      })
    )

    it.scoped("are sent again when the connection broke off and they only ask", () =>
      Effect.gen(function* () {
        const broken = Effect.fail(new Error("socket hang up"))
        const { count, kelvin } = yield* client((call, nth) =>
          call.what === token ? undefined : nth === 1 ? broken : [200, anna]
        )
        assert.isTrue(Option.isSome(yield* kelvin.getUser("anna.m")))
        const error = yield* Effect.flip(kelvin.patchUser("anna", {}))
        assert.instanceOf(error, TargetUnavailable)
        assert.isFalse(error.answered)
        assert.deepStrictEqual([count(`GET ${api}/users/anna.m`), count(`PATCH ${api}/users/anna`)], [2, 1])
      })
    )

    it.scoped("fail when the answer is not what it should be", () =>
      Effect.gen(function* () {
        for (const body of ["<html>", "", {}, { ...anna, roles: null }]) {
          const { kelvin } = yield* client((call) => (call.what === token ? undefined : [200, body]))
          const error = yield* Effect.flip(kelvin.getUser("x"))
          assert.instanceOf(error, TargetFailed)
          assert.match(error.detail, /^unexpected answer: /)
        }
      })
    )
  })

  describe("login", () => {
    it.scoped("fails with the server's words for wrong credentials, once for requests at the same time", () =>
      Effect.gen(function* () {
        const { count, kelvin } = yield* client((call) =>
          call.what === token
            ? Effect.as(Effect.sleep("1 second"), [401, { detail: "Incorrect username or password" }] as const)
            : undefined
        )
        const all = Effect.forEach(["a", "b", "c"], (name) => Effect.flip(kelvin.getUser(name)), { concurrency: 3 })
        const requests = yield* Effect.fork(all)
        yield* TestClock.adjust("1 second")
        for (const error of yield* Fiber.join(requests)) {
          assert.instanceOf(error, CredentialsRefused)
          assert.strictEqual(error.detail, "Incorrect username or password")
        }
        assert.strictEqual(count(token), 1)
      })
    )

    it.scoped("waits for a target that is down", () =>
      Effect.gen(function* () {
        const { kelvin } = yield* client(() => [503, "<h1>Service Unavailable</h1>"])
        assert.instanceOf(yield* Effect.flip(kelvin.ping), TargetUnavailable)
      })
    )

    it.scoped("fails without showing the answer when that holds no token", () =>
      Effect.gen(function* () {
        const { kelvin } = yield* client(() => [200, { access_token: 5, other: "s3cr3t" }])
        const error = yield* Effect.flip(kelvin.ping)
        assert.instanceOf(error, TargetUnavailable)
        assert.notInclude(JSON.stringify(error), "s3cr3t")
      })
    )

    it.scoped("that fails in the server is nobody's fault who needed it", () =>
      Effect.gen(function* () {
        const { kelvin } = yield* client((call) =>
          call.what === token ? [500, { detail: "LDAP is down" }] : undefined
        )
        const error = yield* Effect.flip(kelvin.getUser("anna"))
        assert.instanceOf(error, TargetUnavailable)
        assert.include(error.detail, "LDAP is down")
      })
    )
  })

  describe("schools and roles", () => {
    const schools = `GET ${api}/schools/`

    it.scoped("are remembered for ten minutes", () =>
      Effect.gen(function* () {
        const { count, kelvin } = yield* client((call, nth) =>
          call.what === schools ? names("A", `B${nth}`) : undefined
        )
        assert.strictEqual((yield* kelvin.schools).spelling("b1"), "B1")
        yield* TestClock.adjust("599 seconds")
        yield* kelvin.schools
        assert.strictEqual(count(schools), 1)
        yield* TestClock.adjust("1 second")
        assert.isTrue((yield* kelvin.schools).has("B2"))
      })
    )

    it.scoped("are asked for at once by a refresh, once for callers at the same time", () =>
      Effect.gen(function* () {
        const gate = yield* Deferred.make<void>()
        const { count, kelvin } = yield* client((call, nth) =>
          call.what !== schools ? undefined : nth === 1 ? names("A") : Effect.as(Deferred.await(gate), names("B"))
        )
        yield* kelvin.schools
        const refreshes = yield* Effect.fork(
          Effect.all(
            Array.from({ length: 9 }, () => kelvin.refreshSchools),
            { concurrency: 9 }
          )
        )
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual((yield* kelvin.schools).names, ["A"])
        yield* Deferred.succeed(gate, undefined)
        assert.isTrue((yield* Fiber.join(refreshes)).every((set) => set.has("B")))
        assert.deepStrictEqual((yield* kelvin.schools).names, ["B"])
        assert.strictEqual(count(schools), 2)
      })
    )

    it.scoped("are not forgotten by a refresh that fails", () =>
      Effect.gen(function* () {
        const { kelvin } = yield* client((call, nth) =>
          call.what !== schools ? undefined : nth === 1 ? names("A") : [503, ""]
        )
        yield* kelvin.schools
        assert.instanceOf(yield* Effect.flip(kelvin.refreshSchools), TargetUnavailable)
        assert.deepStrictEqual((yield* kelvin.schools).names, ["A"])
      })
    )

    it.scoped("are what a ping asks for, after a login", () =>
      Effect.gen(function* () {
        const { calls, kelvin } = yield* client((call) => (call.what === token ? undefined : names("x")))
        yield* kelvin.ping
        assert.deepStrictEqual(
          calls.map(({ what }) => what),
          [token, `GET ${api}/roles/`, schools]
        )
      })
    )

    it.scoped("fail at an address where there is no Kelvin REST API", () =>
      Effect.gen(function* () {
        const { kelvin } = yield* client(() => undefined)
        const error = yield* Effect.flip(kelvin.ping)
        assert.instanceOf(error, TargetUnavailable)
        assert.include(error.detail, "does not answer at this address")
      })
    )
  })

  it.scoped("has no school only when the target says so", () =>
    Effect.gen(function* () {
      let answer: readonly [number, unknown] = [404, { detail: "No school with name='A' found." }]
      const { kelvin } = yield* client((call) => (call.what === token ? undefined : answer))
      assert.isTrue(Option.isNone(yield* kelvin.findSchool("A")))
      answer = [200, { name: "a" }]
      assert.deepStrictEqual(yield* kelvin.findSchool("A"), Option.some("a"))
      for (const other of [
        [404, { detail: "Not Found" }],
        [404, "<html>"],
        [400, { detail: "no" }],
        [422, { detail: [] }],
        [500, {}],
        [200, {}],
        [200, []]
      ] as const) {
        answer = other
        assert.instanceOf(yield* Effect.flip(kelvin.findSchool("A")), TargetFailed)
      }
    })
  )

  describe("users", () => {
    it.scoped("are found by both ids, with bare names instead of URLs", () =>
      Effect.gen(function* () {
        const { kelvin } = yield* client((call) =>
          call.what === search("record_uid=r+1%261&source_uid=S")
            ? [200, [{ ...anna, record_uid: "R 1&1" }]]
            : undefined
        )
        const [user] = yield* kelvin.findUsers({ record_uid: "r 1&1", source_uid: "S" })
        assert.strictEqual(user?.school, "GYM 1")
        assert.deepStrictEqual(user?.schools, ["GYM 1"])
        assert.deepStrictEqual(user?.roles, ["student"])
        assert.deepStrictEqual(user?.legal_guardians, ["otto.m", "olga.m"])
        assert.deepStrictEqual(user?.udm_properties, { phone: [] })
      })
    )

    it.scoped("of older servers lack fields", () =>
      Effect.gen(function* () {
        const { name, roles, school, schools } = anna
        const { kelvin } = yield* client((call) =>
          call.what === token ? undefined : [200, { name, roles, school, schools, legal_wards: null }]
        )
        const user = Option.getOrThrow(yield* kelvin.getUser("anna.m"))
        assert.isUndefined(user.workgroups)
        assert.isUndefined(user.legal_guardians)
        assert.isUndefined(user.legal_wards)
        assert.isNull(user.expiration_date)
        assert.deepStrictEqual(user.school_classes, {})
      })
    )

    it.scoped(
      "of a search are only those with the ids that were asked for, whatever the server makes of the search",
      () =>
        Effect.gen(function* () {
          const hits = ["r*1", "R*1", "r21", null].map((record_uid) => ({ ...anna, record_uid }))
          const { kelvin } = yield* client((call) => (call.what === token ? undefined : [200, hits]))
          const starred = yield* kelvin.findUsers({ record_uid: "r*1", source_uid: "s" })
          assert.deepStrictEqual(
            starred.map((user) => user.record_uid),
            ["r*1", "R*1"]
          )
          assert.lengthOf(yield* kelvin.findUsers({ record_uid: "r21", source_uid: "S" }), 1)
          assert.lengthOf(yield* kelvin.findUsers({ record_uid: "r21", source_uid: "other" }), 0)
        })
    )

    it.scoped("that are not there are none, not deleted, not found, or unknown", () =>
      Effect.gen(function* () {
        const detail = "No object with name='x' found or not authorized."
        const { kelvin } = yield* client((call) =>
          call.what === token ? undefined : call.what.endsWith("/anna.m") ? [200, anna] : [404, { detail }]
        )
        assert.isTrue(Option.isNone(yield* kelvin.getUser("x")))
        assert.isFalse(yield* kelvin.deleteUser("x"))
        assert.instanceOf(yield* Effect.flip(kelvin.patchUser("x", {})), NotFound)
        assert.deepStrictEqual(yield* kelvin.unknownUsers(["x", "anna.m", "y"]), ["x", "y"])
      })
    )

    it.scoped("are not taken for deleted when a proxy answers", () =>
      Effect.gen(function* () {
        const { kelvin } = yield* client((call) => (call.what === token ? undefined : [404, "<h1>Not Found</h1>"]))
        assert.instanceOf(yield* Effect.flip(kelvin.deleteUser("x")), TargetFailed)
        assert.instanceOf(yield* Effect.flip(kelvin.deleteClass("A", "x")), TargetFailed)
        assert.instanceOf(yield* Effect.flip(kelvin.unknownUsers(["x"])), TargetFailed)
      })
    )

    it.scoped("are deleted", () =>
      Effect.gen(function* () {
        const { kelvin } = yield* client((call) => (call.what === `DELETE ${api}/users/x` ? [204] : undefined))
        assert.isTrue(yield* kelvin.deleteUser("x"))
      })
    )

    it.scoped("that exist can't be created", () =>
      Effect.gen(function* () {
        const { kelvin } = yield* client((call) =>
          call.what === token ? undefined : [409, { detail: "School user exists." }]
        )
        assert.instanceOf(yield* Effect.flip(kelvin.createUser({})), AlreadyExists)
        assert.instanceOf(yield* Effect.flip(kelvin.patchUser("x", {})), TargetRefused)
      })
    )

    it.scoped("of a school that the target does not have (yet) are tried again", () =>
      Effect.gen(function* () {
        const { kelvin } = yield* client((call) =>
          call.what === token ? undefined : [404, { detail: "No school with name='A' found." }]
        )
        const error = yield* Effect.flip(kelvin.createUser({}))
        assert.instanceOf(error, TargetFailed)
        assert.strictEqual(error.detail, "No school with name='A' found.")
      })
    )
  })

  describe("classes", () => {
    const path = `${api}/classes/GYM%201/5a`

    it.scoped("are found by school and name in one request", () =>
      Effect.gen(function* () {
        const body = {
          name: "5a",
          school: `${base}schools/GYM%201`,
          users: [`${base}users/anna.m`],
          create_share: true
        }
        const { calls, kelvin } = yield* client((call) => (call.what === `GET ${path}` ? [200, body] : undefined))
        const found = Option.getOrThrow(yield* kelvin.findClass("GYM 1", "5a"))
        const expected = { name: "5a", school: "GYM 1", description: null, users: ["anna.m"], udm_properties: {} }
        assert.deepStrictEqual(found, expected)
        assert.lengthOf(calls, 2)
      })
    )

    it.scoped("and users and schools are none when the server answers with another one than was asked for", () =>
      Effect.gen(function* () {
        const other = { ...anna, name: "5b", school: `${base}schools/GYM%201`, users: [] }
        const { kelvin } = yield* client((call) =>
          call.what === token ? undefined : [200, call.what.includes("?") ? [other] : other]
        )
        assert.isTrue(Option.isNone(yield* kelvin.findClass("GYM 1", "5a")))
        assert.isTrue(Option.isNone(yield* kelvin.findClass("GYM 2", "5b")))
        assert.isTrue(Option.isSome(yield* kelvin.findClass("gym 1", "5B")))
        assert.deepStrictEqual(yield* kelvin.classesOf("GYM 2"), [])
        assert.isTrue(Option.isNone(yield* kelvin.getUser("anna.m")))
        assert.deepStrictEqual(yield* kelvin.unknownUsers(["anna.m", "5b"]), ["anna.m"])
        assert.instanceOf(yield* Effect.flip(kelvin.findSchool("GYM 1")), TargetFailed)
      })
    )

    it.scoped("that are not there are none, or not deleted", () =>
      Effect.gen(function* () {
        const { kelvin } = yield* client((call) =>
          call.what === token ? undefined : [404, { detail: "No object with name='A-x' found or not authorized." }]
        )
        assert.isTrue(Option.isNone(yield* kelvin.findClass("A", "x")))
        assert.isFalse(yield* kelvin.deleteClass("A", "x"))
        assert.instanceOf(yield* Effect.flip(kelvin.patchClass("A", "x", {})), NotFound)
      })
    )

    it.scoped("name the member that the target does not have", () =>
      Effect.gen(function* () {
        const message = `Could not find object of type 'user' with URL 'http://kelvin.example.com${api}/users/o'brien'.`
        const { kelvin } = yield* client((call) => (call.what === token ? undefined : [404, { message }]))
        for (const write of [Effect.flip(kelvin.createClass({})), Effect.flip(kelvin.patchClass("A", "x", {}))]) {
          const error = yield* write
          assert.instanceOf(error, UnresolvedReference)
          assert.strictEqual(error.name, "o'brien")
        }
      })
    )

    it.scoped("look up many members four at a time", () =>
      Effect.gen(function* () {
        let atOnce = 0
        let most = 0
        const { kelvin } = yield* client((call) =>
          call.what === token
            ? undefined
            : Effect.sync(() => {
                most = Math.max(most, ++atOnce)
              }).pipe(
                Effect.zipRight(Effect.sleep("1 second")),
                Effect.map(() => {
                  atOnce--
                  return [200, { ...anna, name: call.what.split("/").at(-1) }] as const
                })
              )
        )
        const lookUp = yield* Effect.fork(kelvin.unknownUsers(Array.from({ length: 12 }, (_, index) => `u${index}`)))
        yield* TestClock.adjust("3 seconds")
        assert.deepStrictEqual(yield* Fiber.join(lookUp), [])
        assert.strictEqual(most, 4)
      })
    )
  })

  it.scoped("sends no more requests in a second than are allowed", () =>
    Effect.gen(function* () {
      const { calls, kelvin } = yield* client(({ what }) => (what === token ? undefined : [200, anna]), 3)
      const all = yield* Effect.fork(
        Effect.forEach([1, 2, 3, 4, 5, 6, 7, 8], (n) => kelvin.getUser(`user${n}`), { concurrency: "unbounded" })
      )
      const countPerStep: Array<number> = []
      while (Option.isNone(yield* Fiber.poll(all))) {
        yield* TestClock.adjust("250 millis")
        // Answers are read with promises.
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        countPerStep.push(calls.length)
      }
      yield* Fiber.join(all)
      assert.strictEqual(calls.length, 9)
      countPerStep.forEach((count, step) => {
        assert.isAtMost(count, 3 + Math.ceil(((step + 1) / 4) * 3), `after ${step + 1} quarters of a second`)
      })
    })
  )
})
