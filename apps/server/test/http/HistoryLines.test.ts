import * as Http from "node:http"
import { FetchHttpClient } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { prefix } from "@id-connector/api/Api"
import * as Client from "@id-connector/api/Client"
import * as JsonLines from "@id-connector/api/JsonLines"
import { type HistoryFilter, HistoryStoreError, type HistoryStoreShape } from "@id-connector/core/history/HistoryStore"
import * as HistoryLines from "@id-connector/server/http/HistoryLines"
import { quietly } from "@id-connector/testkit/Quietly"
import { Chunk, Effect, Exit, Scope, Stream } from "effect"
import * as Filled from "../history/Filled.js"
import { people, world } from "./ApiWorld.js"

/** What has come, and whether it ended as it should. */
interface Read {
  readonly lines: number
  readonly first: string
  readonly isWhole: boolean
}

/** The answer, of which nothing was read yet. */
const open = (port: number, token: string, path: string) =>
  Effect.async<Http.IncomingMessage>((resume) => {
    const headers = { authorization: `Bearer ${token}`, accept: "application/jsonl" }
    const request = Http.request({ agent: false, host: "127.0.0.1", port, path: `${prefix}${path}`, headers })
    request.on("response", (response) => resume(Effect.succeed(response)))
    request.on("error", () => undefined)
    request.end()
  })

/** Reads to the end, or until so many lines have come. */
const read = (response: Http.IncomingMessage, most = Number.POSITIVE_INFINITY) =>
  Effect.async<Read>((resume) => {
    let lines = 0
    let first = ""
    const done = (isWhole: boolean) => resume(Effect.succeed({ lines, first, isWhole }))
    response.setEncoding("utf8")
    response.on("data", (text: string) => {
      if (lines === 0) first += text
      lines += text.split("\n").length - 1
      if (lines >= most) response.destroy()
    })
    response.on("error", () => undefined)
    response.on("close", () => done(response.complete))
  })

/** Counts the questions of those who say until when. */
const counting = () => {
  const asked = { marked: 0, longest: 0 }
  return {
    asked,
    history: (store: HistoryStoreShape): HistoryStoreShape => ({
      ...store,
      list: (filter) => {
        if (filter.until !== undefined) asked.marked += 1
        asked.longest = Math.max(asked.longest, filter.limit)
        return store.list(filter)
      }
    })
  }
}

const entries = 50_000
const marked = "/v1/history?until=2100-01-01"

describe("The history as JSON lines", { timeout: 120_000 }, () => {
  it.scopedLive("comes page after page, as it is read, and holds nobody up who asks meanwhile", () =>
    Effect.gen(function* () {
      const { asked, history } = counting()
      const at = yield* Filled.make(entries, 0)
      const { port, send, token } = yield* world(people, undefined, { at, history })

      // One who has asked and does not read: what is between two processes is filled, and no more is asked for.
      const slow = yield* open(port, token, marked)
      const all = yield* Effect.flatMap(open(port, token, "/v1/history"), (response) => read(response))
      assert.deepStrictEqual([all.lines, all.isWhole], [entries, true])
      assert.strictEqual(JSON.parse(all.first.split("\n")[0] ?? "").id, entries)
      assert.isAtMost(asked.longest, HistoryLines.page)
      const half = entries / HistoryLines.page / 2
      assert.isBelow(asked.marked, half)

      // It goes away: nothing is asked for it any more.
      const before = asked.marked
      slow.destroy()
      yield* Effect.flatMap(open(port, token, "/v1/history"), (response) => read(response))
      assert.strictEqual(asked.marked, before)

      // One that goes away while it reads.
      const some = yield* Effect.flatMap(open(port, token, marked), (response) => read(response, 1_000))
      assert.isFalse(some.isWhole)
      const after = asked.marked
      yield* Effect.flatMap(open(port, token, "/v1/history"), (response) => read(response))
      assert.isAtMost(asked.marked, after + 1)
      assert.isBelow(asked.marked - before, half)

      // Who reads slowly gets all of it.
      const whole = yield* Effect.flatMap(open(port, token, marked), (response) => read(response))
      assert.deepStrictEqual([whole.lines, whole.isWhole], [entries, true])
      assert.strictEqual((yield* send("GET", "/v1/history/1", { token })).status, 200)
    }).pipe(quietly)
  )

  it.scopedLive("has what the JSON has, as many as are asked for, under both names", () =>
    Effect.gen(function* () {
      const at = yield* Filled.make(600, 600)
      const { http, port, send, token } = yield* world(people, undefined, { at })
      const client = yield* Client.make({ baseUrl: `http://127.0.0.1:${port}`, token })
      const listed = yield* client.history.list({ urlParams: {} })
      assert.lengthOf(listed, 50)
      const all = Chunk.toReadonlyArray(yield* Stream.runCollect(client.history.all()))
      assert.deepStrictEqual(all.slice(0, 50), [...listed])
      assert.deepStrictEqual(
        all.map(({ id }) => id),
        Array.from({ length: 600 }, (_, index) => 600 - index)
      )
      const lines = <A>(stream: Stream.Stream<A, unknown>) => Effect.map(Stream.runCollect(stream), Chunk.size)
      assert.strictEqual(yield* lines(client.history.all({ urlParams: { limit: 300 } })), 300)
      assert.strictEqual(yield* lines(client.history.all({ urlParams: { before: 301, limit: 1_000 } })), 300)
      assert.strictEqual(yield* lines(client.history.all({ urlParams: { name: "USER7" } })), 1)
      assert.strictEqual(yield* lines(client.history.all({ urlParams: { name: "nobody" } })), 0)
      assert.strictEqual(yield* lines(client.history.allAudited({ urlParams: { by: "EVEN" } })), 300)
      assert.isAtLeast(yield* lines(client.history.allAudited()), 600)

      const answer = (accept: string, path = "/v1/audit?by=odd&limit=2", authorization = `Bearer ${token}`) =>
        Effect.flatMap(
          http.get(`${prefix}${path}`, { headers: { accept, ...(authorization === "" ? {} : { authorization }) } }),
          (response) =>
            Effect.map(response.text, (text) => [response.status, response.headers["content-type"], text] as const)
        )
      const [, type, text] = yield* answer("application/x-ndjson")
      assert.strictEqual(type, "application/x-ndjson")
      assert.match(text, /^\{"id":1200,.*\}\n\{"id":1198,.*\}\n$/)
      assert.strictEqual((yield* answer("application/json"))[1], "application/json")
      // Without a log-in it is not the changelog, which has the same path.
      for (const accept of JsonLines.contentTypes)
        assert.strictEqual((yield* answer(accept, "/v1/history", ""))[0], 401)
      assert.strictEqual((yield* answer("application/jsonl", "/v1/history?limit=0"))[0], 422)
      assert.strictEqual((yield* send("HEAD", "/v1/history", { token })).status, 200)
    }).pipe(quietly, Effect.provide([FetchHttpClient.layer, NodeContext.layer]))
  )

  it.scopedLive("fails like any other before the first line, and breaks off in the middle", () =>
    Effect.gen(function* () {
      const at = yield* Filled.make(1_000, 0)
      const broken = (filter: HistoryFilter) =>
        filter.since !== undefined || (filter.until !== undefined && filter.before !== undefined && filter.before < 500)
      const { port, token } = yield* world(people, undefined, {
        at,
        history: (store) => ({
          ...store,
          list: (filter) =>
            broken(filter)
              ? new HistoryStoreError({ operation: "list", cause: new Error("the disk is gone") })
              : store.list(filter)
        })
      })
      const client = yield* Client.make({ baseUrl: `http://127.0.0.1:${port}`, token })
      const failure = <A, E>(stream: Stream.Stream<A, E>) => Effect.flip(Stream.runDrain(stream))
      const atOnce = yield* failure(client.history.all({ urlParams: { since: new Date(0) } }))
      assert.deepInclude(atOnce, { _tag: "Failed" })
      const later = yield* failure(client.history.all({ urlParams: { until: new Date(4e12) } }))
      assert.strictEqual(later._tag, "BrokenOff")
      const { isWhole, lines } = yield* Effect.flatMap(open(port, token, marked), (response) => read(response))
      assert.isFalse(isWhole)
      assert.isAtMost(lines, 750)
      const stranger = yield* Client.make({ baseUrl: `http://127.0.0.1:${port}`, token: "none" })
      assert.strictEqual((yield* failure(stranger.history.all()))._tag, "Unauthorized")
      assert.strictEqual(
        (yield* failure(client.history.allAudited({ urlParams: { before: 1, limit: 1_000, by: "x".repeat(20_000) } })))
          ._tag,
        "ResponseError"
      )
    }).pipe(quietly, Effect.provide(FetchHttpClient.layer))
  )

  it.scopedLive("keeps nobody from stopping, and says so to who reads", () =>
    Effect.gen(function* () {
      const at = yield* Filled.make(20_000, 0)
      const scope = yield* Scope.make()
      const { port, token } = yield* Scope.extend(
        Effect.provide(world(people, undefined, { at }), NodeContext.layer),
        scope
      )
      const slow = yield* open(port, token, "/v1/history")
      yield* Effect.timeout(Scope.close(scope, Exit.void), "8 seconds")
      assert.isFalse((yield* read(slow)).isWhole)
    }).pipe(quietly)
  )
})

describe("Which form of an answer is wanted", () => {
  it.each([
    [undefined, null],
    ["", null],
    ["*/*", null],
    ["application/json", null],
    ["application/jsonl", "application/jsonl"],
    ["Application/X-NDJSON; charset=utf-8", "application/x-ndjson"],
    ["application/json, application/jsonl", "application/jsonl"],
    ["application/json, application/jsonl;q=0.9", null],
    ["application/json;q=0.5, application/x-ndjson;q=0.9, */*", "application/x-ndjson"],
    ["application/jsonl;q=0", null]
  ])("Accept: %s is %s", (accept, expected) => {
    assert.strictEqual(JsonLines.wanted(accept), expected)
  })
})
