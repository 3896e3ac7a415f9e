import * as Fs from "node:fs"
import { request } from "node:https"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect } from "effect"
import { people } from "../http/ApiWorld.js"
import { words } from "./CommandProcess.js"

const executable = words("id-connector")
const certificate = Effect.runPromise(KelvinSimulatorHttp.certificate)

/** `id-connector serve` with an API over HTTPS, and what asks it. */
const service = (prepare: (directory: string) => void = () => undefined) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped()
    const { cert, key } = yield* Effect.promise(() => certificate)
    Fs.writeFileSync(join(directory, "cert.pem"), cert)
    Fs.writeFileSync(join(directory, "key.pem"), key)
    Fs.writeFileSync(join(directory, "directory.json"), JSON.stringify(people))
    prepare(directory)
    const started = yield* ServiceProcess.serve(
      executable,
      ServiceProcess.environment(directory, {
        IDC_HTTP_TLS_CERT: join(directory, "cert.pem"),
        IDC_HTTP_TLS_KEY: join(directory, "key.pem"),
        IDC_HTP_PORT: "8080"
      })
    )
    const address = (yield* started.address).replace("127.0.0.1", "localhost")
    const send = (method: string, url: string, headers: Record<string, string> = {}, body = "") =>
      Effect.async<{ readonly status: number; readonly text: string }, Error>((resume) => {
        const sent = request(url, { method, headers, ca: cert, agent: false }, (response) => {
          let text = ""
          response.setEncoding("utf8").on("data", (data) => {
            text += data
          })
          response.on("end", () => resume(Effect.succeed({ status: response.statusCode ?? 0, text })))
        })
        sent.on("error", (error) => resume(Effect.fail(error)))
        sent.end(body)
      })
    const form = { "content-type": "application/x-www-form-urlencoded" }
    const logIn = send("POST", address.replace(/v1$/, "token"), form, "username=admin&password=s3cr3t")
    const { access_token } = JSON.parse((yield* logIn).text)
    const authorized = { authorization: `Bearer ${access_token}` }
    return { ...started, address, authorized, directory, send }
  })

describe("The service", { timeout: 60_000 }, () => {
  it.scopedLive("serves its API over TLS, nothing without it, and names variables that nobody reads", () =>
    Effect.gen(function* () {
      const { address, authorized, output, send } = yield* service()
      assert.match(address, /^https:/)
      assert.strictEqual((yield* send("GET", `${address}/queues`, authorized)).status, 200)
      const plain = yield* Effect.exit(
        Effect.tryPromise(() => fetch(`${address.replace("https:", "http:")}/health/live`))
      )
      assert.ok(plain._tag === "Failure")
      assert.include(output(), "IDC_HTP_PORT: is no variable that is read. Is IDC_HTTP_PORT meant?")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("answers requests that are open when it is told to stop, and takes no new ones", () =>
    Effect.gen(function* () {
      const simulator = yield* KelvinSimulator.make({ schools: ["School1"] })
      const target = yield* KelvinSimulatorHttp.serve(simulator, { tls: yield* Effect.promise(() => certificate) })
      const kelvin = { ssl_context: { verify_mode: 0, check_hostname: false } }
      const { address, authorized, child, ended, output, send } = yield* service((directory) => {
        const authorities = join(directory, "conf", "school_authorities")
        Fs.mkdirSync(authorities, { recursive: true })
        Fs.writeFileSync(
          join(authorities, "T1.json"),
          JSON.stringify(Builders.authority("T1", { url: target.url, active: false, kelvin }))
        )
      })
      simulator.fail({ effect: { _tag: "Delay", millis: 3_000 } })
      // The target has the request, so the connector has ours.
      const isAsked = Effect.async<void>((resume) => {
        const look = setInterval(() => {
          if (simulator.requests().length > 0) resume(Effect.void)
        }, 10)
        return Effect.sync(() => clearInterval(look))
      })
      const [open] = yield* Effect.all(
        [
          send("POST", `${address}/school_authorities/T1/check`, authorized),
          Effect.zipRight(
            isAsked,
            Effect.sync(() => child.kill("SIGTERM"))
          )
        ],
        { concurrency: 2 }
      )
      assert.deepStrictEqual([open.status, JSON.parse(open.text).ok], [200, true])
      assert.strictEqual(yield* ended, 0)
      assert.ok((yield* Effect.exit(send("GET", `${address}/health/live`)))._tag === "Failure")
      assert.notMatch(output(), / ERROR /)
      // It says for what it waits, and how long.
      assert.match(output(), /Stopping\. .* reason=SIGTERM requests=1 /)
      assert.match(output(), /The stop waits for what is at work\. seconds=2 requests=1 /)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
