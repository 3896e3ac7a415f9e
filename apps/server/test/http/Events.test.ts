import * as Fs from "node:fs"
import * as Http from "node:http"
import { FetchHttpClient } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { prefix } from "@id-connector/api/Api"
import * as Client from "@id-connector/api/Client"
import * as ServerSentEvents from "@id-connector/api/ServerSentEvents"
import type { ConnectorEvent } from "@id-connector/core/events/ConnectorEvent"
import { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import * as EventsHttp from "@id-connector/server/http/EventsHttp"
import * as Told from "@id-connector/server/http/Told"
import { quietly } from "@id-connector/testkit/Quietly"
import { Deferred, Effect, Exit, Fiber, Scope, Stream } from "effect"
import { SignJWT } from "jose"
import { authority, people, world } from "./ApiWorld.js"
import * as Browser from "./Browser.js"

/** An open stream: what has come of it so far, and whether it has ended. */
const open = (port: number, headers: { readonly [name: string]: string }, path = "/v1/events") =>
  Effect.gen(function* () {
    const ended = yield* Deferred.make<void>()
    const started = yield* Deferred.make<number>()
    let text = ""
    const request = Http.request(
      { agent: false, host: "127.0.0.1", port, path: `${prefix}${path}`, headers },
      (response) => {
        Deferred.unsafeDone(started, Effect.succeed(response.statusCode ?? 0))
        response.setEncoding("utf8")
        response.on("data", (part: string) => {
          text += part
        })
        response.on("close", () => Deferred.unsafeDone(ended, Effect.void))
      }
    )
    request.on("error", () => undefined)
    request.end()
    yield* Effect.addFinalizer(() => Effect.sync(() => request.destroy()))
    const status = yield* Deferred.await(started)
    const events = () =>
      text
        .split("\n\n")
        .slice(0, -1)
        .flatMap((one) => ServerSentEvents.parse(one.split("\n")) ?? [])
    const untilThere = (event: string, isIt: (data: string) => boolean = () => true) =>
      Effect.sync(() => events().find((one) => one.event === event && isIt(one.data))).pipe(
        Effect.delay("20 millis"),
        Effect.repeat({ until: (found) => found !== undefined }),
        Effect.timeout("8 seconds")
      )
    return {
      status,
      events,
      untilThere,
      ended: Deferred.await(ended),
      text: () => text,
      destroy: () => request.destroy()
    }
  })

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe("Who watches", () => {
  it.scopedLive("is told at once how everything is, and again when that changes", () =>
    Effect.gen(function* () {
      const { as, port, send, token } = yield* Effect.provide(world(), NodeContext.layer)
      const client = yield* Client.make({ baseUrl: `http://127.0.0.1:${port}`, token })
      const first = yield* Stream.runHead(client.events.watch())
      assert.deepInclude(first._tag === "Some" && first.value.event === "overview" ? first.value.data : null, {
        in_queue: { waiting: 0, head: null, held_up: null, held_back: 0 },
        school_authorities: []
      })
      const next = yield* Effect.fork(
        client.events.watch().pipe(
          Stream.filter((one) => one.event === "overview" && one.data.school_authorities.length > 0),
          Stream.runHead,
          Effect.timeout("10 seconds")
        )
      )
      yield* send("POST", "/v1/school_authorities", as(authority("North")))
      const found = yield* Fiber.join(next)
      const event = found._tag === "Some" ? found.value : null
      assert.match(event?.id ?? "", /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
      const asked = yield* client.overview.overview()
      const told = event?.event === "overview" ? event.data : null
      assert.deepStrictEqual({ ...told, at: "" }, { ...asked, at: "" })
      assert.deepStrictEqual(
        asked.school_authorities.map(({ name, state }) => [name, state]),
        [["North", "inactive"]]
      )
    }).pipe(quietly, Effect.provide(FetchHttpClient.layer))
  )

  it.scopedLive(
    "is told what needs somebody, and of items only those asked for",
    () =>
      Effect.gen(function* () {
        const { as, port, send, settings, token } = yield* Effect.provide(world(), NodeContext.layer)
        yield* send("POST", "/v1/school_authorities", as(authority("North")))
        yield* send("PUT", "/v1/school_to_authority_mapping", as({ mapping: { DEMOSCHOOL: "North" } }))
        const all = yield* open(port, bearer(token))
        const anna = yield* open(port, bearer(token), "/v1/events?object=ANNA")
        yield* all.untilThere("overview")
        yield* anna.untilThere("overview")
        const listenerFile = {
          id: "0b8a5c5e-0000-4000-8000-000000000001",
          dn: "uid=anna,cn=schueler,cn=users,ou=DEMOSCHOOL,dc=example,dc=com",
          udm_object_type: "users/user",
          options: ["default", "ucsschoolStudent"],
          object: {
            username: "anna",
            firstname: "Anna",
            lastname: "Meier",
            school: ["DEMOSCHOOL"],
            ucsschoolRole: ["student:school:DEMOSCHOOL"]
          }
        }
        const drop = (name: string, text: string) => Fs.writeFileSync(`${settings.listenerDirectory}/${name}`, text)
        yield* Effect.sync(() => drop("2026-02-03-04-05-06-789012.json", JSON.stringify(listenerFile)))
        const item = yield* anna.untilThere("item")
        assert.deepInclude(JSON.parse(item?.data ?? "{}"), { school_authority: "North", object: "user anna" })
        yield* Effect.sync(() => drop("2026-02-03-04-05-07-789012.json", '{"no": "listener object"}'))
        const notice = yield* all.untilThere("notice", (data) => data.includes("file_discarded"))
        assert.deepInclude(JSON.parse(notice?.data ?? "{}"), {
          code: "file_discarded",
          school_authority: null,
          times: 1
        })
        assert.isUndefined(all.events().find(({ event }) => event === "item"))
      }).pipe(quietly),
    25_000
  )

  it.scopedLive("needs a token or a session, and no page of another site may", () =>
    Effect.gen(function* () {
      const { port } = yield* Effect.provide(world(), NodeContext.layer)
      assert.strictEqual((yield* open(port, {})).status, 401)
      const cookie = Browser.cookieOf(yield* Browser.logIn(port, "admin")) ?? ""
      const own = yield* open(port, { cookie, "sec-fetch-site": "same-origin" })
      assert.strictEqual(own.status, 200)
      yield* own.untilThere("overview")
      assert.strictEqual((yield* open(port, { cookie, "sec-fetch-site": "cross-site" })).status, 403)
    }).pipe(quietly)
  )

  it.scopedLive(
    "gets a sign of life every fifteen seconds, and is let go when the log-in does not hold any more",
    () =>
      Effect.gen(function* () {
        const { directoryFile, port, secretFile, token } = yield* Effect.provide(world(), NodeContext.layer)
        const key = new TextEncoder().encode(Fs.readFileSync(secretFile, "utf8").trim())
        const short = yield* Effect.promise(() =>
          new SignJWT({ sub: "admin" }).setProtectedHeader({ alg: "HS256" }).setExpirationTime("5s").sign(key)
        )
        const cookie = Browser.cookieOf(yield* Browser.logIn(port, "admin")) ?? ""
        const [lasting, expired, loggedOut] = yield* Effect.all([
          open(port, bearer(token)),
          open(port, bearer(short)),
          open(port, { cookie })
        ])
        const headers = { ...Browser.ofOwnPage, cookie }
        yield* Browser.send({ port, method: "DELETE", path: "/v1/session", headers })
        yield* Effect.all([expired.ended, loggedOut.ended]).pipe(Effect.timeout("18 seconds"))
        assert.include(lasting.text(), "\n\n:\n\n")
        yield* Effect.sync(() => Fs.writeFileSync(directoryFile, JSON.stringify({ ...people, groups: [] })))
        yield* Effect.timeout(lasting.ended, "28 seconds")
      }).pipe(quietly),
    60_000
  )

  it.scopedLive("is one of fifty at most, and whoever goes makes room", () =>
    Effect.gen(function* () {
      const { port, send, token } = yield* Effect.provide(world(), NodeContext.layer)
      // Nothing that only looks takes a place.
      for (let time = 0; time < 60; time++) yield* send("HEAD", "/v1/events", { token })
      const all = yield* Effect.forEach(Array(EventsHttp.mostStreams).keys(), () => open(port, bearer(token)))
      assert.deepStrictEqual([...new Set(all.map(({ status }) => status))], [200])
      const { body, status } = yield* send("GET", "/v1/events", { token })
      assert.deepInclude(
        { status, detail: body?.detail },
        {
          status: 503,
          detail: "50 event streams are open, more are not served. Ask again every ten seconds instead."
        }
      )
      all[0]?.destroy()
      const again = yield* open(port, bearer(token)).pipe(
        Effect.delay("50 millis"),
        Effect.repeat({ until: ({ status }) => status === 200 }),
        Effect.timeout("5 seconds")
      )
      assert.strictEqual(again.status, 200)
    }).pipe(quietly)
  )

  it.scopedLive("keeps nobody from stopping", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { port, token } = yield* Scope.extend(Effect.provide(world(), NodeContext.layer), scope)
      const stream = yield* open(port, bearer(token))
      yield* stream.untilThere("overview")
      yield* Effect.timeout(Scope.close(scope, Exit.void), "5 seconds")
      yield* Effect.timeout(stream.ended, "1 second")
    }).pipe(quietly)
  )
})

const north = AuthorityName.make("North")
const about = (name: string) => ({ authority: north, subject: { kind: "user", name } as const, file: "1.json" })
const dead = (name: string): ConnectorEvent => ({
  _tag: "DeadLetter",
  ...about(name),
  attempt: 1,
  reason: `no ${name}`
})
const delivered = (name: string): ConnectorEvent => ({
  _tag: "Delivered",
  ...about(name),
  outcome: "modified",
  detail: null
})

describe("What is told of a second", () => {
  it("is one notice for many of a kind", () => {
    const [notice, ...more] = Told.notices([dead("a"), delivered("b"), dead("c")])
    assert.deepStrictEqual(more, [])
    assert.deepInclude(notice, { code: "dead_letter", school_authority: "North", times: 2 })
    assert.deepInclude(notice?.values, { object: "user c", reason: "no c" })
  })

  it("is the newest of each object, and of many the newest fifty", () => {
    const names = Array.from({ length: 200 }, (_, index) => `user${index}`)
    const events = [...names.map(dead), ...names.map(delivered)]
    const told = Told.items(events, { authority: "North" })
    assert.deepStrictEqual(
      told.map(({ code, object }) => `${code} ${object}`),
      names.slice(-50).map((name) => `delivered user ${name}`)
    )
    assert.deepStrictEqual(Told.items(events, { authority: "South" }), [])
    assert.deepStrictEqual(Told.items(events, {}), [])
    assert.lengthOf(Told.items(events, { object: "User7" }), 1)
  })

  it("can be read again whatever a text holds", () => {
    for (const data of ["", "a\nb", "a\r\nb: c", ": d"]) {
      const event = { event: "notice", id: "1", data }
      const lines = ServerSentEvents.format(event).split("\n")
      assert.deepStrictEqual(ServerSentEvents.parse(lines), { ...event, data: data.replace(/\r\n/g, "\n") })
    }
    assert.isNull(ServerSentEvents.parse([":"]))
  })
})
