import * as Fs from "node:fs"
import * as Net from "node:net"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { prefix } from "@id-connector/api/Api"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import { Effect } from "effect"
import { words } from "../cli/CommandProcess.js"
import { people } from "../http/ApiWorld.js"

const place = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped()
  Fs.writeFileSync(join(directory, "directory.json"), JSON.stringify(people))
  const authorities = join(directory, "conf", "school_authorities")
  Fs.mkdirSync(authorities, { recursive: true })
  Fs.writeFileSync(
    join(authorities, "North.json"),
    JSON.stringify(Builders.authority("North", { url: "https://localhost:1/ucsschool/kelvin/v1/", active: false }))
  )
  return directory
})

const get = (url: string, init: RequestInit = {}) =>
  Effect.promise(async () => {
    const answer = await fetch(url, init)
    return { status: answer.status, type: answer.headers.get("content-type"), text: await answer.text() }
  })

/** Without what is another one each time. */
const steady = (text: string) => text.replaceAll(/^(process_|id_connector_disk_free)\S* .*$/gm, "")

describe("IDC_METRICS_ADDRESS", { timeout: 90_000 }, () => {
  it.scopedLive("serves the text of /v1/metrics at /metrics without a log in, and nothing else", () =>
    Effect.gen(function* () {
      const directory = yield* place
      const env = ServiceProcess.environment(directory, { IDC_METRICS_ADDRESS: "127.0.0.1:0" })
      const service = yield* ServiceProcess.serve(words("id-connector"), env)
      const api = yield* service.address
      const [, metrics = ""] = yield* service.said(/Metrics for Prometheus are listening.* address=(\S+)/)
      const open = yield* get(metrics)
      assert.deepStrictEqual([open.status, open.type], [200, "text/plain; version=0.0.4; charset=utf-8"])
      assert.include(open.text, 'id_connector_items{school_authority="North",state="dead"} 0\n')
      assert.strictEqual((yield* get(`${api}/metrics`)).status, 401)
      const form = new URLSearchParams({ username: "admin", password: "s3cr3t" })
      const logIn = yield* get(api.replace(/\/v1$/, "/token"), { method: "POST", body: form })
      const headers = { authorization: `Bearer ${JSON.parse(logIn.text).access_token}` }
      assert.strictEqual(steady((yield* get(`${api}/metrics`, { headers })).text), steady((yield* get(metrics)).text))
      for (const path of ["/", "/metrics/", `${prefix}/v1/metrics`, `${prefix}/v1/queues`, "/../metrics/x"]) {
        assert.strictEqual((yield* get(new URL(path, metrics).href)).status, 404, path)
      }
      assert.strictEqual((yield* get(metrics, { method: "POST" })).status, 405)
      assert.strictEqual((yield* get(`${metrics}?x=1`, { method: "HEAD" })).status, 200)
      service.child.kill("SIGTERM")
      assert.strictEqual(yield* service.ended, 0)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("that somebody else has stops the start, with the variable and what to do", () =>
    Effect.gen(function* () {
      const directory = yield* place
      const taken = yield* Effect.acquireRelease(
        Effect.async<Net.Server>((resume) => {
          const server = Net.createServer().listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      )
      const { port } = taken.address() as Net.AddressInfo
      let errors = ""
      const env = ServiceProcess.environment(directory, { IDC_METRICS_ADDRESS: `127.0.0.1:${port}` })
      const service = yield* ServiceProcess.serve(words("id-connector"), env, (text) => {
        errors += text
      })
      assert.strictEqual(yield* service.ended, 1)
      assert.match(
        errors,
        new RegExp(`^IDC_METRICS_ADDRESS: 127\\.0\\.0\\.1:${port} can't be listened at: .*EADDRINUSE.*Set another`, "m")
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
