/** Deleting a school authority is finished, whatever happens to the process after the answer. */
import * as Fs from "node:fs"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import { Effect } from "effect"
import { people } from "../http/ApiWorld.js"
import { words } from "./CommandProcess.js"

const executable = words("id-connector")

const files = 2_500
const url = "https://localhost:1/ucsschool/kelvin/v1/"

const start = (directory: string) =>
  Effect.gen(function* () {
    const service = yield* ServiceProcess.serve(executable, ServiceProcess.environment(directory))
    const address = yield* service.address
    const form = new URLSearchParams({ username: "admin", password: "s3cr3t" })
    const logIn = yield* Effect.promise(() =>
      fetch(address.replace(/v1$/, "token"), { method: "POST", body: form }).then((answer) => answer.json())
    )
    const { access_token } = logIn as { readonly access_token: string }
    const send = (method: string, path: string, json?: unknown) =>
      Effect.promise(async () => {
        const answer = await fetch(`${address}${path}`, {
          method,
          headers: { authorization: `Bearer ${access_token}`, "content-type": "application/json" },
          ...(json === undefined ? {} : { body: JSON.stringify(json) })
        })
        const text = await answer.text()
        return { status: answer.status, body: text === "" ? null : JSON.parse(text) }
      })
    return { ...service, send }
  })

const rowsIn = (directory: string, table: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT * FROM ${sql(table)} LIMIT 3`).pipe(
    Effect.provide(SqliteClient.layer({ filename: join(directory, "data", "id-connector.db") }))
  )

const until = <A, E, R>(effect: Effect.Effect<A, E, R>, is: (value: A) => boolean): Effect.Effect<A, E, R> =>
  Effect.flatMap(effect, (value) =>
    is(value) ? Effect.succeed(value) : Effect.zipRight(Effect.sleep("100 millis"), until(effect, is))
  )

describe("Deleting a school authority with thousands of items", { timeout: 120_000 }, () => {
  it.scopedLive("holds nobody up, and leaves nothing when the process is killed right after the answer", () =>
    Effect.gen(function* () {
      const directory = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
      const inQueue = join(directory, "data", "listener")
      Fs.mkdirSync(inQueue, { recursive: true })
      Fs.writeFileSync(join(directory, "directory.json"), JSON.stringify(people))
      const first = yield* start(directory)
      for (const name of ["North", "South"]) {
        const created = yield* first.send("POST", "/school_authorities", {
          ...Builders.authority(name, { url }),
          active: false
        })
        assert.strictEqual(created.status, 201)
      }
      yield* first.send("PUT", "/school_to_authority_mapping", { mapping: { School1: "North" } })
      for (let n = 0; n < files; n++) {
        const name = `2026-01-01-00-00-00-${String(n).padStart(6, "0")}.json`
        const content = JSON.stringify(Builders.user(`user${n}`, { schools: ["School1"], id: `id-${n}` }))
        Fs.writeFileSync(join(inQueue, `${name}.beside`), content)
        Fs.renameSync(join(inQueue, `${name}.beside`), join(inQueue, name))
      }
      const waiting = (service: typeof first, name: string) =>
        Effect.map(service.send("GET", `/school_authorities/${name}/status`), ({ body }) => body?.items?.waiting)
      yield* until(waiting(first, "North"), (count) => count === files)

      const trash = join(directory, "data", "out_queues_trash")
      assert.strictEqual((yield* first.send("DELETE", "/school_authorities/North")).status, 204)
      const began = performance.now()
      assert.strictEqual((yield* first.send("PATCH", "/school_authorities/South", { active: true })).status, 200)
      yield* until(first.send("GET", "/queues"), ({ body }) => JSON.stringify(body).includes('"South"'))
      const millis = performance.now() - began
      yield* Effect.promise(() => ServiceProcess.end(first.child, "SIGKILL"))
      const moved = Fs.existsSync(trash)
        ? Fs.readdirSync(trash).flatMap((name) => Fs.readdirSync(join(trash, name)))
        : []
      assert.isBelow(millis, 3_000)
      // The kill came in the middle.
      assert.isBelow(moved.length, files)

      const second = yield* start(directory)
      const anew = yield* second.send("POST", "/school_authorities", {
        ...Builders.authority("North", { url }),
        active: false
      })
      assert.strictEqual(anew.status, 201)
      assert.strictEqual(yield* waiting(second, "North"), 0)
      const kept = Effect.sync(() => Fs.readdirSync(trash).flatMap((name) => Fs.readdirSync(join(trash, name))))
      assert.strictEqual((yield* until(kept, ({ length }) => length >= files)).length, files)
      assert.lengthOf(Fs.readdirSync(trash), 1)
      yield* second.said(/Moved the items of a deleted school authority to the trash\./)
      assert.strictEqual(yield* waiting(second, "North"), 0)
      yield* Effect.promise(() => ServiceProcess.end(second.child, "SIGTERM"))
      for (const table of ["queue", "desired_states", "desired_state_bundles", "waits", "deleted_authorities"]) {
        assert.deepStrictEqual(yield* rowsIn(directory, table), [], table)
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
