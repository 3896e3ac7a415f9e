import * as Fs from "node:fs"
import * as Os from "node:os"
import { join } from "node:path"
import { FetchHttpClient, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Client from "@id-connector/api/Client"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import { Effect, Schedule } from "effect"
import { authority, people } from "../http/ApiWorld.js"
import * as CommandProcess from "./CommandProcess.js"

const me = Os.userInfo().username

const anna = {
  uid: "anna",
  dn: Builders.userDn("anna"),
  entryUUID: "u-anna",
  schools: ["School1"],
  ucsschoolRole: ["student:school:School1"]
}

/** A directory in which a connector can be started and stopped, and commands beside it. */
const place = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const app = yield* fs.makeTempDirectoryScoped()
  const env = { ...ServiceProcess.environment(app), SUDO_USER: "" }
  const write = (name: string, content: unknown) => {
    const file = join(app, name)
    Fs.mkdirSync(join(file, ".."), { recursive: true })
    // As an editor does that leaves no half a file.
    Fs.writeFileSync(`${file}.new`, typeof content === "string" ? content : JSON.stringify(content), { mode: 0o600 })
    Fs.renameSync(`${file}.new`, file)
    return file
  }
  write("directory.json", { ...people, users: [...people.users, anna] })
  const run = (executable: string, ...args: ReadonlyArray<string>) =>
    Effect.tap(CommandProcess.run(executable, args, env), ({ code, err }) => assert.strictEqual(code, 0, err))
  const serve = Effect.gen(function* () {
    const service = yield* ServiceProcess.serve(CommandProcess.words("id-connector"), env)
    const url = yield* service.address
    const client = yield* Client.make({ baseUrl: url, username: "admin", password: "s3cr3t" })
    const asAdmin = (...args: ReadonlyArray<string>) =>
      CommandProcess.run("id-connector", args, {
        ...env,
        IDC_API_URL: url,
        IDC_API_TOKEN: "",
        IDC_API_USER: "admin",
        IDC_API_PASSWORD: "s3cr3t"
      })
    const audit = Effect.map(client.history.audit({ urlParams: { limit: 1_000 } }), (found) =>
      found.map(({ action, by, subject }) => `${by}: ${action} ${subject ?? ""}`.trim()).reverse()
    )
    /** Waits until so many entries are there. */
    const entries = (count: number) =>
      Effect.repeat(audit, {
        until: (found) => found.length >= count,
        schedule: Schedule.spaced("100 millis").pipe(Schedule.upTo("20 seconds"))
      }).pipe(Effect.zipRight(audit))
    const stop = Effect.zipRight(
      Effect.sync(() => service.child.kill("SIGTERM")),
      service.ended
    )
    return { asAdmin, client, entries, stop }
  })
  return { app, run, serve, write }
}).pipe(Effect.provide(NodeContext.layer))

describe("The audit log", { timeout: 240_000 }, () => {
  it.scopedLive(
    "says what was changed by hand, while the connector runs and while it is stopped, and what by API",
    () =>
      Effect.gen(function* () {
        const { app, serve, write } = yield* place
        const north = "conf/school_authorities/North.json"
        write(north, authority("North"))
        const first = yield* serve
        // What is there at the first start was changed by nobody.
        assert.deepStrictEqual(yield* first.entries(0), [])

        write("conf/school_authorities/South.json", authority("South"))
        yield* first.entries(1)
        write(north, authority("North", { url: "https://localhost:2/ucsschool/kelvin/v1/" }))
        yield* first.entries(2)
        write("conf/schools_authorities_mapping.json", { mapping: { School1: "North" } })
        yield* first.entries(3)
        write(north, "{")
        yield* first.entries(4)
        write(north, authority("North"))
        yield* first.entries(5)
        // By API, and by a command that asks it: by whom, and not by hand as well.
        yield* first.client.authorities.create({ payload: authority("East") as never })
        yield* first.client.authorities.setMapping({ payload: { mapping: { School1: "East" } } })
        yield* first.client.authorities.patch({ path: { name: "East" }, payload: { active: true } as never })
        assert.strictEqual((yield* first.asAdmin("queue", "pause", "East")).code, 0)
        assert.strictEqual((yield* first.asAdmin("queue", "resume", "East")).code, 0)
        yield* first.client.authorities.remove({ path: { name: "East" } })
        // After this has been seen, all before it has been looked at.
        Fs.rmSync(join(app, "conf/school_authorities/South.json"))
        const running = [
          "file: file.authority_added South",
          "file: file.authority_changed North",
          "file: file.mapping_changed",
          "file: file.unusable North.json",
          "file: file.authority_changed North",
          "admin: authorities.create",
          "admin: authorities.setMapping",
          "admin: authorities.patch East",
          "admin: queues.pause East",
          "admin: queues.resume East",
          "admin: authorities.remove East",
          "file: file.authority_removed South"
        ]
        assert.deepStrictEqual(yield* first.entries(running.length), running)
        assert.strictEqual(yield* first.stop, 0)

        write(north, authority("North", { url: "https://localhost:3/ucsschool/kelvin/v1/" }))
        write("conf/school_authorities/West.json", authority("West"))
        write("conf/schools_authorities_mapping.json", { mapping: { School1: "West" } })
        const second = yield* serve
        const stopped = [
          "file: file.authority_added West",
          "file: file.authority_changed North",
          "file: file.mapping_changed"
        ]
        assert.deepStrictEqual(yield* second.entries(running.length + 3), [...running, ...stopped])
        assert.strictEqual(yield* second.stop, 0)
        const third = yield* serve
        assert.lengthOf(yield* third.entries(running.length + 3), running.length + 3)
      }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.scopedLive("says what commands have done on the files, also while nothing runs, and who ran them", () =>
    Effect.gen(function* () {
      const { app, run, serve, write } = yield* place
      const old = new Date(Date.now() - 40 * 86_400_000)
      const trash = (name: string) => Fs.utimesSync(write(`data/listener/trash/${name}`, "{"), old, old)
      trash("a.json")
      trash("b.json")
      write("data/out_queues_trash/20260203_040506.North/1_a.json", "{")
      write("data/upgraded-1/report.json", "{}")
      yield* run("schedule_user", "anna")
      yield* run("id-connector", "trash", "clean", "--yes")
      yield* run("id-connector", "trash", "clean", "--yes")
      yield* run("id-connector", "out_queue_restore", "20260203_040506.North")
      const before = [
        `schedule_user (${me}): schedule.user anna`,
        `id-connector trash clean (${me}): trash.clean 2 files older than 30 days`,
        `id-connector out_queue_restore (${me}): queues.restore 20260203_040506.North`
      ]
      assert.lengthOf(Fs.readdirSync(join(app, "data", "audit")), 3)
      // What is no note is in nobody's way.
      write("data/audit/0.json", "{}")
      const { client, entries } = yield* serve
      assert.deepStrictEqual(yield* entries(3), before)

      trash("c.json")
      yield* run("id-connector", "trash", "restore", "--all")
      yield* run("schedule_school", "School1")
      trash("d.json")
      yield* run("listener_trash_cleaner")
      const refused = yield* CommandProcess.run("schedule_user", ["nobody"], ServiceProcess.environment(app))
      assert.strictEqual(refused.code, 1)
      const all = [
        ...before,
        `id-connector trash restore (${me}): trash.restore c.json`,
        `schedule_school (${me}): schedule.school School1`,
        `listener_trash_cleaner (${me}): trash.clean 1 file older than 30 days`
      ]
      assert.deepStrictEqual(yield* entries(all.length), all)
      const [entry] = yield* client.history.audit({ urlParams: { by: `schedule_user (${me})` } })
      assert.deepInclude(entry, { address: null, status: null, request_id: null, subject: "anna" })
      assert.deepStrictEqual(Fs.readdirSync(join(app, "data", "audit")), ["0.json"])

      // A command is done whether it can be written down or not.
      Fs.rmSync(join(app, "data", "audit"), { recursive: true })
      write("data/audit", "in the way")
      const unnoted = yield* run("schedule_user", "anna")
      assert.match(
        unnoted.err,
        /^warning: the audit log will not say that this was done, .*data\/audit can't be written: /
      )
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )
})
