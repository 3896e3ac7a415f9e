import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import { Effect, Schedule } from "effect"
import { words } from "../cli/CommandProcess.js"
import { people } from "../http/ApiWorld.js"
import * as Promtool from "./Promtool.js"

const healthcheck = fileURLToPath(new URL("../../../../container/healthcheck.mjs", import.meta.url))

/** A disk of so many MiB at a directory. */
const disk = (directory: string, size: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      Fs.mkdirSync(directory, { recursive: true })
      return spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}m`, "tmpfs", directory]).status === 0
    }),
    () => Effect.sync(() => spawnSync("umount", ["--lazy", directory]))
  )

const mayMount = Effect.runSync(
  Effect.sync(() => {
    const directory = Fs.mkdtempSync("/tmp/id-connector-mount-")
    const isMounted = spawnSync("mount", ["-t", "tmpfs", "tmpfs", directory]).status === 0
    if (isMounted) spawnSync("umount", [directory])
    Fs.rmdirSync(directory)
    return isMounted
  })
)

const ready = (address: string) =>
  Effect.promise(async () => {
    const answer = await fetch(`${address}/health/ready`)
    return { status: answer.status, body: (await answer.json()) as { readonly detail?: string } }
  })

/** Asked until it is what is expected. */
const becomes = (address: string, status: number) =>
  ready(address).pipe(
    Effect.repeat({ until: (answer) => answer.status === status, schedule: Schedule.spaced("200 millis") }),
    Effect.zipRight(ready(address))
  )

/** What Docker is told. */
const healthOf = (address: string) =>
  spawnSync(process.execPath, [healthcheck], {
    env: { ...process.env, IDC_HTTP_HOST: "127.0.0.1", IDC_HTTP_PORT: new URL(address).port, IDC_HTTP_TLS_CERT: "" }
  }).status

const running = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped()
  Fs.writeFileSync(join(directory, "directory.json"), JSON.stringify(people))
  // More than what the alert rules call nearly full.
  yield* disk(join(directory, "data"), 256)
  const env = ServiceProcess.environment(directory, { IDC_METRICS_ADDRESS: "127.0.0.1:0" })
  const service = yield* ServiceProcess.serve(words("id-connector"), env)
  const address = yield* service.address
  const [, metrics = ""] = yield* service.said(/Metrics for Prometheus are listening.* address=(\S+)/)
  /** The alerts that fire when it stays as it is. */
  const alerts = Effect.map(
    Effect.promise(async () => (await fetch(metrics)).text()),
    (text) => (Promtool.isThere ? Promtool.firing([{ minutes: 10, text }]) : null)
  )
  return { address, alerts, data: join(directory, "data") }
})

describe.skipIf(!mayMount)("/health/ready", { timeout: 90_000 }, () => {
  it.scopedLive("is 503 with the reason while the disk is full, for Docker too, and 200 again by itself", () =>
    Effect.gen(function* () {
      const { address, alerts, data } = yield* running
      assert.strictEqual((yield* becomes(address, 200)).status, 200)
      assert.deepStrictEqual(yield* alerts, Promtool.isThere ? [] : null)
      assert.strictEqual(healthOf(address), 0)
      const filler = join(data, "filler")
      Fs.closeSync(Fs.openSync(filler, "w"))
      assert.notStrictEqual(spawnSync("dd", ["if=/dev/zero", `of=${filler}`, "bs=64k"]).status, 0)
      const { body } = yield* becomes(address, 503)
      assert.strictEqual(
        body.detail,
        `${data}: the disk is full. Make room. The connector goes on by itself, and nothing is lost.`
      )
      assert.strictEqual(healthOf(address), 1)
      const full = ["IdConnectorDiskFull", "IdConnectorNotReady"]
      assert.deepStrictEqual(yield* alerts, Promtool.isThere ? full : null)
      Fs.rmSync(filler)
      assert.strictEqual((yield* becomes(address, 200)).status, 200)
      assert.strictEqual(healthOf(address), 0)
      assert.deepStrictEqual(
        Fs.readdirSync(data).filter((name) => name.startsWith(".room")),
        []
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("is 503 with the reason while the in queue can't be used, and 200 again by itself", () =>
    Effect.gen(function* () {
      const { address, data } = yield* running
      Fs.renameSync(join(data, "listener"), join(data, "away"))
      const { body } = yield* becomes(address, 503)
      assert.strictEqual(
        body.detail,
        `${join(data, "listener")}: the directory is not there. Create it or mount it again.`
      )
      Fs.renameSync(join(data, "away"), join(data, "listener"))
      assert.strictEqual((yield* becomes(address, 200)).status, 200)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
