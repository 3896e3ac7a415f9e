import { readFileSync } from "node:fs"
import { FetchHttpClient, HttpClient, HttpClientError, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { prefix } from "@id-connector/api/Api"
import * as Client from "@id-connector/api/Client"
import { quietly } from "@id-connector/testkit/Quietly"
import { ConfigProvider, Effect } from "effect"
import { retryDeadLetters } from "../../../../docs/snippets/ask-the-api.js"
import { authority, world } from "./ApiWorld.js"

type Sent = HttpClientRequest.HttpClientRequest

/** A client of a real connector, whose requests are counted, and disturbed on their way. */
const connected = (
  options: Partial<{ readonly password: string; readonly retries: number }> = {},
  disturb: (request: Sent, number: number) => Effect.Effect<Sent, unknown> = Effect.succeed
) =>
  Effect.gen(function* () {
    const { port, token } = yield* world()
    const sent: Array<string> = []
    const http = yield* Effect.provide(HttpClient.HttpClient, FetchHttpClient.layer)
    const counting = HttpClient.make((request) => {
      sent.push(`${request.method} ${request.url.replace(/^.*\/api/, "")}`)
      return disturb(request, sent.length).pipe(
        Effect.catchAll((answer) =>
          Effect.fail(
            answer instanceof HttpClientError.RequestError
              ? answer
              : new HttpClientError.RequestError({ request, reason: "Transport" })
          )
        ),
        Effect.flatMap((request) =>
          request.url.startsWith("status:")
            ? Effect.succeed(
                HttpClientResponse.fromWeb(request, new Response("", { status: Number(request.url.slice(7)) }))
              )
            : http.execute(request)
        )
      )
    })
    const client = yield* Effect.provideService(
      Client.make({
        baseUrl: `http://127.0.0.1:${port}${prefix}/v1/`,
        username: "admin",
        password: options.password ?? "s3cr3t",
        retries: options.retries ?? 2
      }),
      HttpClient.HttpClient,
      counting
    )
    return { client, port, sent, token }
  }).pipe(Effect.provide(NodeContext.layer))

const breaks = Effect.fail("the connection breaks")

describe("The client of the API", () => {
  it.scopedLive("logs in when it has to, once for all who ask at the same time", () =>
    Effect.gen(function* () {
      const { client, sent } = yield* connected()
      assert.deepStrictEqual(sent, [])
      yield* Effect.all([client.queues.list({}), client.authorities.list({}), client.authorities.mapping({})], {
        concurrency: 3
      })
      assert.strictEqual(sent[0], "POST /token")
      assert.deepStrictEqual(sent.toSorted(), [
        "GET /v1/queues",
        "GET /v1/school_authorities",
        "GET /v1/school_to_authority_mapping",
        "POST /token"
      ])
    }).pipe(quietly)
  )

  it.scopedLive("logs in once more when its token is not taken any longer, and does then what was asked for", () =>
    Effect.gen(function* () {
      const { client, sent } = yield* connected({}, (request, number) =>
        Effect.succeed(number === 2 ? HttpClientRequest.bearerToken(request, "of yesterday") : request)
      )
      const { mapping } = yield* client.authorities.setMapping({ payload: { mapping: { DEMOSCHOOL: "North" } } })
      assert.deepStrictEqual(mapping, { DEMOSCHOOL: "North" })
      const put = "PUT /v1/school_to_authority_mapping"
      assert.deepStrictEqual(sent, ["POST /token", put, "POST /token", put])
    }).pipe(quietly)
  )

  it.scopedLive("says that a password is wrong, after it was tried once", () =>
    Effect.gen(function* () {
      const { client, sent } = yield* connected({ password: "wrong" })
      const errors = yield* Effect.all(
        [Effect.flip(client.queues.list({})), Effect.flip(client.authorities.list({}))],
        {
          concurrency: 2
        }
      )
      for (const error of errors) {
        assert.instanceOf(error, Client.LogInFailed)
        assert.deepInclude(error, { status: 401, detail: "Incorrect username or password" })
      }
      assert.deepStrictEqual(sent, ["POST /token"])
    }).pipe(quietly)
  )

  it.scopedLive("takes a token instead of a password, and asks for no other", () =>
    Effect.gen(function* () {
      const { port, token } = yield* Effect.provide(world(), NodeContext.layer)
      const withToken = (token: string) => Client.make({ baseUrl: `http://127.0.0.1:${port}`, token })
      assert.strictEqual((yield* (yield* withToken(token)).queues.get({ path: { name: "InQueue" } })).name, "InQueue")
      const error = yield* Effect.flip((yield* withToken("nonsense")).queues.list({}))
      assert.strictEqual(error._tag, "Unauthorized")
    }).pipe(quietly, Effect.provide(FetchHttpClient.layer))
  )

  it.scopedLive("sends again what only reads when the connection breaks, or nobody is behind a proxy", () =>
    Effect.gen(function* () {
      const { client, sent } = yield* connected({}, (request, number) =>
        number === 2 ? breaks : number === 3 ? Effect.succeed(badGateway(request)) : Effect.succeed(request)
      )
      assert.strictEqual((yield* client.queues.list({}))[0]?.name, "InQueue")
      assert.deepStrictEqual(sent, ["POST /token", "GET /v1/queues", "GET /v1/queues", "GET /v1/queues"])
    }).pipe(quietly)
  )

  it.scopedLive("sends once what changes something, whatever becomes of it", () =>
    Effect.gen(function* () {
      const { client, sent } = yield* connected({}, (request, number) =>
        number === 2 ? breaks : number === 3 ? Effect.succeed(badGateway(request)) : Effect.succeed(request)
      )
      const create = client.authorities.create({ payload: authority("North") })
      assert.strictEqual((yield* Effect.flip(create))._tag, "RequestError")
      assert.strictEqual((yield* Effect.flip(create))._tag, "ResponseError")
      assert.lengthOf(sent, 3)
    }).pipe(quietly)
  )

  it.scopedLive("knows names that can't stand in a path as they are", () =>
    Effect.gen(function* () {
      const { client } = yield* connected()
      yield* client.authorities.create({ payload: authority("Träger 1") })
      assert.strictEqual((yield* client.authorities.get({ path: { name: "Träger 1" } })).name, "Träger 1")
      const error = yield* Effect.flip(client.authorities.get({ path: { name: "a/b?c" } }))
      assert.deepInclude(error, { _tag: "NotFound", detail: 'There is no school authority "a/b?c".' })
    }).pipe(quietly)
  )

  it.scopedLive("says all that is wrong with a request in one kind of error, each with its place", () =>
    Effect.gen(function* () {
      const { client } = yield* connected()
      for (const [payload, place] of [
        [authority("North", { url: "nowhere" }), "body.url"],
        [{}, "body.name"]
      ] as const) {
        const error = yield* Effect.flip(client.authorities.create({ payload }))
        const places = error._tag === "Unacceptable" ? error.problems.map(({ loc }) => loc.join(".")) : [error._tag]
        assert.ok(places[0]?.startsWith(place), places.join())
      }
    }).pipe(quietly)
  )

  it.scopedLive("is shown by a program that runs as it stands in the documentation", () =>
    Effect.gen(function* () {
      const { as, port, send } = yield* Effect.provide(world(), NodeContext.layer)
      yield* send("POST", "/v1/school_authorities", as(authority("North")))
      const said: Array<string> = []
      yield* retryDeadLetters.pipe(
        Effect.withConsole({ ...console, unsafe: console, log: note(said), error: note(said) } as never),
        Effect.withConfigProvider(
          ConfigProvider.fromJson({ IDC_API_URL: `http://127.0.0.1:${port}`, IDC_API_PASSWORD: "s3cr3t" })
        )
      )
      assert.deepStrictEqual(said, ["North: 0 dead letters are tried again."])
      const read = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), "utf8")
      assert.include(read("docs/api.md"), read("docs/snippets/ask-the-api.ts"))
    }).pipe(quietly)
  )
})

/** A request that is answered with 502. */
const badGateway = (request: Sent): Sent => HttpClientRequest.setUrl(request, "status:502")

const note = (said: Array<string>) => (text: string) =>
  Effect.sync(() => {
    said.push(text)
  })
