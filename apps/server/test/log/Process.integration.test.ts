import { spawn } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import { Effect } from "effect"
import { words } from "../cli/CommandProcess.js"
import { people } from "../http/ApiWorld.js"

/** A directory for a service, and its environment. */
const place = (more: NodeJS.ProcessEnv = {}) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped()
    Fs.writeFileSync(join(directory, "directory.json"), JSON.stringify(people))
    const read = (file: string) => Fs.readFileSync(join(directory, "log", file), "utf8")
    return { directory, read, env: ServiceProcess.environment(directory, { TZ: "America/St_Johns", ...more }) }
  })

/** Looks again and again until it is so. What is not there yet is looked for again. */
const until = (isSo: () => boolean) =>
  Effect.async<void>((resume) => {
    const look = setInterval(() => {
      try {
        if (!isSo()) return
      } catch {
        return
      }
      clearInterval(look)
      resume(Effect.void)
    }, 20)
    return Effect.sync(() => clearInterval(look))
  })

const ask = (address: string, path: string) => Effect.promise(async () => (await fetch(`${address}${path}`)).status)

describe("The log of the service", { timeout: 90_000 }, () => {
  it.scopedLive(
    "has a first and a last line, local time, follows UCR and rotation, and is not for others to read",
    () =>
      Effect.gen(function* () {
        const { directory, env, read } = yield* place()
        const service = yield* ServiceProcess.serve(words("id-connector"), env, () => undefined)
        const address = yield* service.address
        // Probes and metrics are of no interest.
        yield* ask(address, "/health/live")
        yield* ask(address, "/queues")
        yield* until(() => read("http.log").includes("path=/ucsschool-id-connector/api/v1/queues"))
        assert.notInclude(read("http.log"), "health")

        Fs.writeFileSync(join(directory, "base.conf"), "ucsschool-id-connector/log_level: DEBUG\n")
        yield* until(() => /The log level has changed\. from=INFO to=DEBUG/.test(read("queues.log")))
        yield* ask(address, "/health/live")
        yield* until(() => / DEBUG HTTP .*health\/live/.test(read("http.log")))

        Fs.renameSync(join(directory, "log", "http.log"), join(directory, "log", "http.log.1"))
        yield* ask(address, "/queues")
        yield* until(() => Fs.existsSync(join(directory, "log", "http.log")) && read("http.log").includes("/queues"))
        for (const file of ["http.log", "queues.log", "http.log.1"]) {
          assert.strictEqual(Fs.statSync(join(directory, "log", file)).mode & 0o777, 0o640, file)
        }

        service.child.kill("SIGTERM")
        yield* service.ended
        const lines = read("queues.log").trimEnd().split("\n")
        assert.match(
          lines[0] ?? "",
          /^\S+-0[23]:30 INFO {2}Process {3}The ID Connector \S+ starts\. .*database=\S+id-connector\.db/
        )
        assert.match(lines.at(-1) ?? "", /The ID Connector \S+ has stopped\. .*reason=SIGTERM/)
        assert.ok(lines.some((line) => /Stopping\. .*reason=SIGTERM requests=0 deliveries=0/.test(line)))
      }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("says what a start failed of, as JSON where that is wanted", () =>
    Effect.gen(function* () {
      const { directory, env, read } = yield* place({ IDC_LOG_FORMAT: "json" })
      Fs.writeFileSync(join(directory, "directory.json"), "no JSON")
      const service = yield* ServiceProcess.serve(words("id-connector"), env, () => undefined)
      assert.strictEqual(yield* service.ended, 1)
      const lines = read("queues.log")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      assert.match(lines[0].message, /starts\.$/)
      assert.deepStrictEqual([lines.at(-1).level, lines.at(-1).module], ["ERROR", "Process"])
      assert.include(lines.at(-1).fields.reason, "directory.json")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("goes on in its files when nobody reads standard output, or when it is closed", () =>
    Effect.gen(function* () {
      const { env, read } = yield* place()
      const child = yield* Effect.acquireRelease(
        Effect.sync(() =>
          spawn(process.execPath, [...words("id-connector"), "serve"], { stdio: ["ignore", "pipe", "ignore"], env })
        ),
        (started) => Effect.promise(() => ServiceProcess.end(started, "SIGKILL"))
      )
      // Nothing is read from the pipe, which takes 64 KiB.
      child.stdout.pause()
      const listening = /The management API is listening\. address=(\S+)/
      yield* until(() => listening.test(read("queues.log")))
      const address = listening.exec(read("queues.log"))?.[1] ?? ""
      const long = "x".repeat(400)
      const many = 3_000
      yield* Effect.forEach(Array(many).keys(), (index) => ask(address, `/${long}${index}`), {
        concurrency: 20,
        discard: true
      })
      const count = () =>
        read("http.log")
          .split("\n")
          .filter((line) => line.includes(long)).length
      yield* until(() => count() === many)
      assert.ok(Fs.statSync(join(env.LOG_DIR ?? "", "http.log")).size > 1_048_576)
      child.stdout.destroy()
      yield* ask(address, "/after")
      yield* until(() => read("http.log").includes("/after"))
      const ended = once(child, "exit")
      child.kill("SIGTERM")
      yield* Effect.promise(() => ended)
      assert.match(read("queues.log").trimEnd().split("\n").at(-1) ?? "", /has stopped\. .*reason=SIGTERM/)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
