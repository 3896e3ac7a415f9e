import * as Fs from "node:fs"
import { networkInterfaces } from "node:os"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { quietly } from "@id-connector/testkit/Quietly"
import { Effect } from "effect"
import { decodeJwt, SignJWT } from "jose"
import { authority, people, world } from "./ApiWorld.js"
import * as Browser from "./Browser.js"

/** Somebody is logged in, in a browser. `ask` sends what that browser would, and what is given. */
const loggedIn = (username = "admin", directory: object = withReader) =>
  Effect.gen(function* () {
    const started = yield* world(directory)
    const { port } = started
    const cookie = Browser.cookieOf(yield* Browser.logIn(port, username)) ?? ""
    const ask = (method: string, path: string, headers: Browser.Sending["headers"] = {}, body?: object) =>
      Browser.send({
        port,
        method,
        path,
        headers: { cookie, ...headers },
        ...(body === undefined ? {} : { text: JSON.stringify(body) })
      })
    const key = new TextEncoder().encode(Fs.readFileSync(started.secretFile, "utf8").trim())
    /** A session's token with other claims, signed with the connector's own key. */
    const forged = (claims: object, expiresIn: number) =>
      Effect.promise(() =>
        new SignJWT({ ...decodeJwt(cookie.split("=")[1] ?? ""), ...claims })
          .setProtectedHeader({ alg: "HS256" })
          .setExpirationTime(Math.floor(Date.now() / 1000) + expiresIn)
          .sign(key)
      ).pipe(Effect.map((token) => `__Host-id-connector=${token}`))
    return { ...started, ask, cookie, forged }
  }).pipe(Effect.provide(NodeContext.layer))

const withReader = {
  users: people.users,
  groups: [...people.groups, { cn: "ucsschool-id-connector-readers", uniqueMember: ["uid=pupil,dc=x"] }]
}

const mapping = "/v1/school_to_authority_mapping"
const change = { mapping: { DEMOSCHOOL: "North" } }

const without = (name: string, headers: { readonly [name: string]: string } = Browser.ofOwnPage) =>
  Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name))

describe("The session of a browser", () => {
  it.scopedLive(
    "begins with a cookie that scripts can't read and other sites can't use, and does all that a token does",
    () =>
      Effect.gen(function* () {
        const { ask, cookie, port } = yield* loggedIn()
        const [header = ""] = (yield* Browser.logIn(port, "admin")).headers["set-cookie"] ?? []
        assert.match(header, /^__Host-id-connector=[\w-]+\.[\w-]+\.[\w-]+; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
        assert.strictEqual((yield* ask("GET", "/v1/queues")).status, 200)
        assert.strictEqual((yield* ask("PUT", mapping, Browser.ofOwnPage, change)).status, 200)
        const { body } = yield* ask("GET", "/v1/session")
        const { auth_time = 0, exp = 0, jti } = decodeJwt<{ auth_time: number }>(cookie.split("=")[1] ?? "")
        assert.deepStrictEqual(body, {
          username: "admin",
          role: "administrator",
          expires_at: new Date(exp * 1000).toISOString(),
          ends_at: new Date((auth_time + 36_000) * 1000).toISOString()
        })
        assert.match(String(jti), /^[0-9a-f-]{36}$/)
        assert.strictEqual(exp - auth_time, 1800)
      }).pipe(quietly)
  )

  it.scopedLive("is not begun with a wrong password, and counts with the log-ins of programs", () =>
    Effect.gen(function* () {
      const { logIn, port } = yield* Effect.provide(world(), NodeContext.layer)
      const wrong = Browser.send({
        port,
        method: "POST",
        path: "/v1/session",
        headers: Browser.ofOwnPage,
        text: JSON.stringify({ username: "admin", password: "wrong" })
      })
      const first = yield* wrong
      assert.deepInclude(first, {
        status: 401,
        body: { detail: "Incorrect username or password", code: "log_in_refused", values: {} }
      })
      assert.isNull(Browser.cookieOf(first))
      for (let time = 0; time < 9; time++) assert.strictEqual((yield* logIn("admin", "wrong")).status, 401)
      assert.strictEqual((yield* wrong).status, 429)
      assert.strictEqual((yield* Browser.logIn(port, "admin")).status, 429)
    }).pipe(quietly)
  )

  it.scopedLive("is renewed while somebody uses the page, and not by what the page asks for by itself", () =>
    Effect.gen(function* () {
      const { ask, forged } = yield* loggedIn()
      const used = yield* forged({}, 600)
      const tokenOf = (answer: Browser.Answer) => (Browser.cookieOf(answer) ?? "").split("=")[1] ?? ""
      for (const [method, headers] of [
        ["GET", { "x-id-connector": "console" }],
        ["PUT", Browser.ofOwnPage]
      ] as const) {
        const answer = yield* ask(method, mapping, { ...headers, cookie: used }, method === "GET" ? undefined : change)
        const claims = decodeJwt<{ auth_time: number }>(tokenOf(answer))
        assert.strictEqual(claims.jti, decodeJwt(used.split("=")[1] ?? "").jti)
        assert.closeTo((claims.exp ?? 0) - Date.now() / 1000, 1800, 5)
      }
      assert.isNull(Browser.cookieOf(yield* ask("GET", mapping, { cookie: used })))
      // A page asks for many things at once.
      assert.isNull(Browser.cookieOf(yield* ask("GET", mapping, { "x-id-connector": "console" })))
    }).pipe(quietly)
  )

  it.scopedLive("ends ten hours after the log-in, however much it is used", () =>
    Effect.gen(function* () {
      const { ask, forged } = yield* loggedIn()
      const began = Math.floor(Date.now() / 1000) - 36_000 + 300
      const late = yield* forged({ auth_time: began }, 60)
      const renewed = Browser.cookieOf(yield* ask("GET", mapping, { "x-id-connector": "console", cookie: late })) ?? ""
      assert.strictEqual(decodeJwt(renewed.split("=")[1] ?? "").exp, began + 36_000)
    }).pipe(quietly)
  )

  it.scopedLive("is refused when it has expired", () =>
    Effect.gen(function* () {
      const { ask, forged } = yield* loggedIn()
      const answer = yield* ask("GET", "/v1/queues", { cookie: yield* forged({}, -1) })
      assert.deepInclude(answer, {
        status: 401,
        body: { detail: "The session has ended. Log in again.", code: "session_ended", values: {} }
      })
    }).pipe(quietly)
  )

  it.scopedLive("is good in its cookie only, and a program's token nowhere but in its header", () =>
    Effect.gen(function* () {
      const { ask, cookie, port, token } = yield* loggedIn()
      const asBearer = Browser.send({
        port,
        path: "/v1/queues",
        headers: { authorization: `Bearer ${cookie.split("=")[1]}` }
      })
      assert.strictEqual((yield* asBearer).status, 401)
      assert.strictEqual((yield* ask("GET", "/v1/queues", { cookie: `__Host-id-connector=${token}` })).status, 401)
      assert.strictEqual((yield* ask("GET", "/v1/queues", { authorization: "Bearer nonsense" })).status, 401)
      assert.strictEqual((yield* ask("GET", "/v1/queues", { cookie: cookie.replace("__Host-", "") })).status, 401)
      const unsigned = cookie.replace(/\.[^.]*$/, ".")
      assert.strictEqual((yield* ask("GET", "/v1/queues", { cookie: unsigned })).status, 401)
    }).pipe(quietly)
  )
})

describe("Whoever logs out", () => {
  it.scopedLive("is out at once, with every token of the session, also after a restart", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const at = yield* fs.makeTempDirectoryScoped()
      const [cookie, other, renewed] = yield* Effect.gen(function* () {
        const { port, secretFile } = yield* world(people, undefined, { at })
        const cookie = Browser.cookieOf(yield* Browser.logIn(port, "admin")) ?? ""
        const other = Browser.cookieOf(yield* Browser.logIn(port, "admin")) ?? ""
        const key = new TextEncoder().encode(Fs.readFileSync(secretFile, "utf8").trim())
        const later = yield* Effect.promise(() =>
          new SignJWT(decodeJwt(cookie.split("=")[1] ?? ""))
            .setProtectedHeader({ alg: "HS256" })
            .setExpirationTime("20m")
            .sign(key)
        )
        const answer = yield* Browser.send({
          port,
          method: "DELETE",
          path: "/v1/session",
          headers: { ...Browser.ofOwnPage, cookie }
        })
        assert.strictEqual(answer.status, 204)
        assert.match(answer.headers["set-cookie"]?.[0] ?? "", /^__Host-id-connector=; Max-Age=0; Path=\/; HttpOnly/)
        const { status } = yield* Browser.send({ port, path: "/v1/queues", headers: { cookie } })
        assert.strictEqual(status, 401)
        return [cookie, other, `__Host-id-connector=${later}`] as const
      }).pipe(Effect.scoped)
      const { port } = yield* world(people, undefined, { at })
      const statuses = yield* Effect.forEach([cookie, renewed, other], (cookie) =>
        Effect.map(Browser.send({ port, path: "/v1/queues", headers: { cookie } }), ({ status }) => status)
      )
      assert.deepStrictEqual(statuses, [401, 401, 200])
    }).pipe(quietly, Effect.provide(NodeContext.layer))
  )

  it.scopedLive("may do so with a program's token, too, but not with one that has no id", () =>
    Effect.gen(function* () {
      const { logIn, secretFile, send } = yield* Effect.provide(world(), NodeContext.layer)
      const token = String((yield* logIn("admin")).body?.access_token)
      assert.strictEqual((yield* send("DELETE", "/v1/session", { token })).status, 204)
      assert.strictEqual((yield* send("GET", "/v1/queues", { token })).status, 401)
      const key = new TextEncoder().encode(Fs.readFileSync(secretFile, "utf8").trim())
      const plain = yield* Effect.promise(() =>
        new SignJWT({ sub: "admin" }).setProtectedHeader({ alg: "HS256" }).setExpirationTime("1h").sign(key)
      )
      assert.strictEqual((yield* send("DELETE", "/v1/session", { token: plain })).status, 500)
    }).pipe(quietly)
  )

  it.scopedLive("can't be logged out by a page of another site", () =>
    Effect.gen(function* () {
      const { ask } = yield* loggedIn()
      assert.strictEqual((yield* ask("DELETE", "/v1/session", { "sec-fetch-site": "cross-site" })).status, 403)
      assert.strictEqual((yield* ask("GET", "/v1/queues")).status, 200)
    }).pipe(quietly)
  )
})

describe("Pages of other sites", () => {
  it.scopedLive("change nothing: each lock holds alone, when all others are open", () =>
    Effect.gen(function* () {
      const { ask } = yield* loggedIn()
      for (const [headers, said] of [
        [without("sec-fetch-site"), "Sec-Fetch-Site: same-origin is missing"],
        [{ ...Browser.ofOwnPage, "sec-fetch-site": "none" }, "Sec-Fetch-Site: same-origin is missing"],
        [{ ...Browser.ofOwnPage, "sec-fetch-site": "cross-site" }, "A page of another site"],
        [{ ...Browser.ofOwnPage, "sec-fetch-site": "same-site" }, "A page of another site"],
        [without("x-id-connector"), "X-ID-Connector: console is missing"],
        [{ ...Browser.ofOwnPage, "x-id-connector": "1" }, "X-ID-Connector: console is missing"],
        [without("content-type"), "Content-Type: application/json is expected"]
      ] as const) {
        const { body, status } = yield* ask("PUT", mapping, headers, change)
        assert.strictEqual(status, 403, JSON.stringify(headers))
        assert.include(String(body?.detail), said)
      }
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
        const { status } = yield* ask("PUT", mapping, { ...Browser.ofOwnPage, "content-type": type }, change)
        assert.oneOf(status, [403, 422], type)
      }
      assert.deepStrictEqual((yield* ask("GET", mapping)).body, { mapping: {} })
    }).pipe(quietly)
  )

  it.scopedLive("send forms, with the cookie or without, in vain", () =>
    Effect.gen(function* () {
      const { ask, cookie, port } = yield* loggedIn()
      for (const path of ["/v1/queues/North/pause", "/v1/school_authorities", "/v1/session"]) {
        for (const type of ["application/x-www-form-urlencoded", "text/plain"]) {
          const headers = {
            "content-type": type,
            origin: "https://evil.example",
            "sec-fetch-site": "cross-site",
            cookie
          }
          const text = '{"username":"pupil","password":"s3cr3t","x":"="}'
          const answer = yield* Browser.send({ port, method: "POST", path, headers, text })
          assert.oneOf(answer.status, [403, 422], `${path} ${type}`)
          assert.isNull(Browser.cookieOf(answer))
        }
        // With neither body nor type, as a form without fields.
        const empty = yield* ask("POST", path, { origin: "https://evil.example", "sec-fetch-site": "cross-site" })
        assert.oneOf(empty.status, [403, 422], path)
      }
    }).pipe(quietly)
  )

  it.scopedLive("log nobody in as somebody else", () =>
    Effect.gen(function* () {
      const { port } = yield* Effect.provide(world(), NodeContext.layer)
      for (const headers of [
        { "sec-fetch-site": "cross-site" },
        { "sec-fetch-site": "same-site" },
        { "x-id-connector": "no" }
      ]) {
        const answer = yield* Browser.logIn(port, "admin", headers)
        assert.strictEqual(answer.status, 403)
        assert.isNull(Browser.cookieOf(answer))
      }
      const answer = yield* Browser.send({
        port,
        method: "POST",
        path: "/v1/session",
        headers: without("content-type"),
        text: JSON.stringify({ username: "admin", password: "s3cr3t" })
      })
      assert.strictEqual(answer.status, 403)
    }).pipe(quietly)
  )

  it.scopedLive("do not even read: GET with the cookie is refused, and no preflight is allowed", () =>
    Effect.gen(function* () {
      const { ask } = yield* loggedIn()
      for (const site of ["cross-site", "same-site", "Cross-Site", "same-origin, cross-site", ""]) {
        for (const method of ["GET", "HEAD"]) {
          assert.strictEqual((yield* ask(method, "/v1/queues", { "sec-fetch-site": site })).status, 403)
        }
      }
      assert.strictEqual((yield* ask("GET", "/v1/queues", { "sec-fetch-site": "none" })).status, 200)
      const preflight = yield* ask("OPTIONS", mapping, {
        origin: "https://evil.example",
        "access-control-request-method": "PUT",
        "access-control-request-headers": "x-id-connector"
      })
      const allowed = Object.keys(preflight.headers).filter((name) => name.startsWith("access-control-"))
      assert.deepStrictEqual(allowed, [])
    }).pipe(quietly)
  )

  it.scopedLive("have no cookie with SameSite=Strict, and the headers alone let nobody in", () =>
    Effect.gen(function* () {
      const { port } = yield* loggedIn()
      for (const method of ["GET", "PUT"]) {
        const { body, status } = yield* Browser.send({
          port,
          method,
          path: mapping,
          headers: Browser.ofOwnPage,
          ...(method === "GET" ? {} : { text: JSON.stringify(change) })
        })
        assert.deepInclude(
          { status, body },
          { status: 401, body: { detail: "Not authenticated", code: "not_authenticated", values: {} } }
        )
      }
    }).pipe(quietly)
  )

  it.scopedLive("are no matter for programs, whose token no browser adds by itself", () =>
    Effect.gen(function* () {
      const { port, token } = yield* Effect.provide(world(), NodeContext.layer)
      const { status } = yield* Browser.send({
        port,
        method: "PUT",
        path: mapping,
        headers: { authorization: `Bearer ${token}`, "sec-fetch-site": "cross-site" },
        text: JSON.stringify(change)
      })
      assert.strictEqual(status, 200)
    }).pipe(quietly)
  )
})

describe("Plain HTTP from another machine", () => {
  const elsewhere = { "x-forwarded-for": "198.51.100.7" }

  it.scopedLive("brings nobody in, neither with a password nor with a cookie", () =>
    Effect.gen(function* () {
      const { ask, port } = yield* loggedIn()
      const answer = yield* Browser.logIn(port, "admin", elsewhere)
      assert.strictEqual(answer.status, 403)
      assert.include(String(answer.body?.detail), "IDC_PUBLIC_URL")
      assert.isNull(Browser.cookieOf(answer))
      assert.strictEqual((yield* ask("GET", "/v1/queues", elsewhere)).status, 403)
      const [outside] = Object.values(networkInterfaces())
        .flatMap((all) => all ?? [])
        .filter(({ family, internal }) => family === "IPv4" && !internal)
      if (outside === undefined) return
      const host = outside.address
      const direct = { port, host, headers: { ...Browser.ofOwnPage, "x-forwarded-for": "127.0.0.1" } }
      const text = JSON.stringify({ username: "admin", password: "s3cr3t" })
      assert.strictEqual((yield* Browser.send({ ...direct, method: "POST", path: "/v1/session", text })).status, 403)
    }).pipe(quietly)
  )

  it.scopedLive("is taken for HTTPS when the address of the proxy in front is known", () =>
    Effect.gen(function* () {
      const { port } = yield* Effect.provide(
        world(people, undefined, { transport: { tls: false, publicUrl: "https://idc.example/" } }),
        NodeContext.layer
      )
      assert.strictEqual((yield* Browser.logIn(port, "admin", elsewhere)).status, 204)
      const http = yield* Effect.provide(
        world(people, undefined, { transport: { tls: false, publicUrl: "http://idc.example/" } }),
        NodeContext.layer
      )
      assert.strictEqual((yield* Browser.logIn(http.port, "admin", elsewhere)).status, 403)
    }).pipe(quietly)
  )
})

describe("Readers", () => {
  it.scopedLive("log in as administrators do, look at everything, preview and check, and change nothing", () =>
    Effect.gen(function* () {
      const { ask, as, logIn, port, send } = yield* loggedIn("pupil")
      yield* send("POST", "/v1/school_authorities", as(authority("North")))
      const token = String((yield* logIn("pupil")).body?.access_token)
      const asProgram = (method: string, path: string, body?: object) =>
        Browser.send({
          port,
          method,
          path,
          headers: { authorization: `Bearer ${token}` },
          ...(body === undefined ? {} : { text: JSON.stringify(body) })
        })
      const asBrowser = (method: string, path: string, body?: object) => ask(method, path, Browser.ofOwnPage, body)
      assert.strictEqual((yield* ask("GET", "/v1/session")).body?.role, "reader")
      for (const sent of [asProgram, asBrowser]) {
        for (const path of ["/v1/queues", "/v1/school_authorities", "/v1/metrics", mapping]) {
          assert.strictEqual((yield* sent("GET", path)).status, 200, path)
        }
        assert.strictEqual((yield* sent("POST", "/v1/preview", { user: "nobody" })).status, 404)
        assert.strictEqual((yield* sent("POST", "/v1/school_authorities/North/check")).status, 200)
        for (const [method, path, body] of [
          ["PUT", mapping, change],
          ["POST", "/v1/school_authorities", authority("South")],
          ["PATCH", "/v1/school_authorities/North", { active: false }],
          ["DELETE", "/v1/school_authorities/North"],
          ["POST", "/v1/queues/North/pause"],
          ["POST", "/v1/queues/North/retry"],
          ["POST", "/v1/queues/North/discard?state=dead"],
          ["DELETE", "/v1/queues/North/items/1"],
          ["POST", "/v1/schedule/users/admin"],
          // Written so that it looks like something else.
          ["POST", "/v1/school_authorities/;/check", authority("South")],
          ["POST", "/v1/school_authorities#/North/check", authority("South")],
          ["POST", "/v1/school_authorities?/North/check", authority("South")],
          ["POST", "/v1/queues/North/pause;/v1/preview"]
        ] as const) {
          const { body: said, status } = yield* sent(method, path, body)
          assert.oneOf(status, [403, 404, 405], path)
          if (status !== 403) continue
          assert.match(String(said?.detail), /^pupil is a reader: members of ucsschool-id-connector-readers may look/)
        }
      }
      const { body } = yield* send("GET", "/v1/school_authorities", as())
      assert.deepStrictEqual(
        (body as never as ReadonlyArray<{ name: string }>).map(({ name }) => name),
        ["North"]
      )
      assert.deepStrictEqual((yield* send("GET", mapping, as())).body, { mapping: {} })
      assert.strictEqual((yield* asBrowser("DELETE", "/v1/session")).status, 204)
    }).pipe(quietly)
  )

  it.scopedLive(
    "who are taken out of the group while they are logged in are out within ten seconds",
    () =>
      Effect.gen(function* () {
        const { ask, directoryFile } = yield* loggedIn("pupil")
        assert.strictEqual((yield* ask("GET", "/v1/queues")).status, 200)
        yield* Effect.sync(() => Fs.writeFileSync(directoryFile, JSON.stringify(people)))
        const out = yield* ask("GET", "/v1/queues").pipe(
          Effect.delay("200 millis"),
          Effect.repeat({ until: ({ status }) => status === 401 }),
          Effect.timeout("15 seconds")
        )
        assert.strictEqual(out.status, 401)
      }).pipe(quietly),
    20_000
  )
})
