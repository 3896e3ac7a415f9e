/**
 * Runs the service through everything that it does with secrets, each of which has a mark, and looks for the marks in all that it
 * logged, answered and stored.
 */
import * as Fs from "node:fs"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect, Schedule } from "effect"
import { words } from "../cli/CommandProcess.js"

const hash = (kind: string) => `h4sh${kind}0815`
/** That of a directory entry is base64, and it is sent as it is. */
const krb5Key = Buffer.from(hash("Krb")).toString("base64")
const hashes = {
  userPassword: [`{crypt}$6$${hash("User")}`],
  sambaNTPassword: hash("Samba"),
  krb5Key: [krb5Key],
  krb5KeyVersionNumber: 1,
  sambaPwdLastSet: 1_600_000_000
}
/** May be kept in queue items and previous states, and nowhere else. */
const hashMarks = [hash("User"), hash("Samba"), krb5Key, hash("Krb")]
const passwords = {
  admin: "s3cr3t-password-admin",
  wrong: "s3cr3t-password-wrong",
  target: "s3cr3t-password-target",
  wrongAtTarget: "s3cr3t-password-refused",
  patched: "s3cr3t-password-patched",
  unknownKey: "s3cr3t-token-unknown-key"
}

const names = ["anna", "bert", "carl"]
const people = {
  users: [
    { dn: "uid=admin,dc=x", uid: "admin", password: passwords.admin },
    { dn: "uid=off,dc=x", uid: "off", password: passwords.admin, disabled: true },
    { dn: "uid=pupil,dc=x", uid: "pupil", password: passwords.admin },
    ...names.map((name) => ({ ...{ dn: Builders.userDn(name), uid: name, entryUUID: Builders.user(name).id }, hashes }))
  ],
  groups: [{ cn: "ucsschool-id-connector-admins", uniqueMember: ["uid=admin,dc=x", "uid=off,dc=x"] }]
}

const filesBelow = (directory: string): ReadonlyArray<string> =>
  Fs.readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

describe("No secret", { timeout: 120_000 }, () => {
  it.scopedLive("is logged, answered, or stored where it does not belong, whatever happens", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      const simulator = yield* KelvinSimulator.make({
        schools: ["School1"],
        accounts: [{ username: "Administrator", password: passwords.target, admin: true }]
      })
      const target = yield* KelvinSimulatorHttp.serve(simulator)
      const kelvin = {
        password: passwords.target,
        sync_password_hashes: true,
        ssl_context: { verify_mode: 0, check_hostname: false }
      }
      const authority = (name: string, more: object = {}) =>
        Builders.authority(name, { url: target.url, kelvin: { ...kelvin, ...more } })
      const listener = join(directory, "data", "listener")
      Fs.mkdirSync(listener, { recursive: true })
      Fs.writeFileSync(join(directory, "directory.json"), JSON.stringify(people))
      Fs.writeFileSync(join(directory, "base.conf"), "ucsschool-id-connector/log_level: DEBUG\n")
      /** All that came out, by where. */
      const seen: Array<readonly [string, string]> = []
      const start = (more: NodeJS.ProcessEnv = {}) =>
        ServiceProcess.serve(words("id-connector"), ServiceProcess.environment(directory, more), (text) => {
          seen.push(["standard error", text])
        })
      const drop = (name: string, file: object) => {
        Fs.writeFileSync(join(listener, `${name}.tmp`), JSON.stringify(file))
        Fs.renameSync(join(listener, `${name}.tmp`), join(listener, `${name}.json`))
      }
      const asking = (address: string) =>
        Effect.gen(function* () {
          const call = (method: string, path: string, body?: unknown, token?: string) =>
            Effect.promise(async () => {
              const response = await fetch(`${address}${path}`, {
                method,
                headers: {
                  ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
                  ...(body === undefined ? {} : { "content-type": "application/json" })
                },
                ...(body === undefined ? {} : { body: JSON.stringify(body) })
              })
              const text = await response.text()
              seen.push([`answer to ${method} ${path}`, `${JSON.stringify([...response.headers])} ${text}`])
              return { status: response.status, text }
            })
          const logIn = (username: string, password: string) =>
            Effect.promise(async () => {
              const body = new URLSearchParams({ username, password })
              const response = await fetch(address.replace(/v1$/, "token"), { method: "POST", body })
              const text = await response.text()
              if (!response.ok) seen.push([`refused log in of ${username}`, text])
              return response.ok ? (JSON.parse(text) as { readonly access_token: string }).access_token : ""
            })
          const token = yield* logIn("admin", passwords.admin)
          const api = (method: string, path: string, body?: unknown) => call(method, path, body, token)
          const until = (path: string, isSo: (text: string) => boolean) =>
            Effect.repeat(api("GET", path), { until: ({ text }) => isSo(text), schedule: Schedule.spaced("50 millis") })
          return { api, call, logIn, token, until }
        })

      const first = yield* start()
      const { api, call, logIn, token, until } = yield* asking(yield* first.address)
      for (const [name, password] of [
        ["admin", passwords.wrong],
        ["nobody", passwords.wrong],
        ["off", passwords.admin],
        ["pupil", passwords.admin]
      ] as const) {
        yield* logIn(name, password)
      }
      yield* call("GET", "/queues", undefined, `${token}x`)
      // Good, refused and strange configurations.
      assert.strictEqual((yield* api("POST", "/school_authorities", authority("T1"))).status, 201)
      yield* api("POST", "/school_authorities", authority("T1"))
      yield* api("POST", "/school_authorities", authority("T3", { token: passwords.unknownKey, timeout: "x" }))
      yield* api("POST", "/school_authorities", authority("T4", { password: [passwords.unknownKey] }))
      yield* api("POST", "/school_authorities", `broken ${passwords.unknownKey}`)
      yield* api("POST", "/school_authorities", authority("T2", { password: passwords.wrongAtTarget }))
      yield* api("PUT", "/school_to_authority_mapping", { mapping: { School1: "T1", School2: "T2" } })
      Fs.writeFileSync(
        join(directory, "conf", "school_authorities", "T5.json"),
        JSON.stringify(authority("T5", { password: passwords.target })).slice(0, -20)
      )
      // A target that repeats what it was sent.
      const sent = JSON.stringify({ repeated: hashes })
      const echo = { detail: [{ loc: ["body", "kelvin_password_hashes"], msg: sent, type: "x", input: hashes }] }
      simulator.fail({ path: "/users", method: "POST", times: 1, effect: { _tag: "Status", status: 422, body: echo } })
      drop("1_anna", Builders.user("anna"))
      yield* until("/school_authorities/T1/status", (text) => JSON.parse(text).items.dead === 1)
      drop("2_bert", Builders.user("bert", { schools: ["School1", "School2"] }))
      drop("3_broken", { id: 3, password: passwords.unknownKey })
      yield* until("/school_authorities/T1/status", (text) => JSON.parse(text).items.waiting === 0)
      simulator.revokeTokens()
      drop("4_bert", Builders.user("bert", { properties: { firstname: "B" } }))
      yield* until("/school_authorities/T1/status", (text) => JSON.parse(text).items.waiting === 0)
      const items = JSON.parse((yield* api("GET", "/queues/T1/items")).text) as ReadonlyArray<{ readonly id: number }>
      for (const { id } of items) {
        yield* api("GET", `/queues/T1/items/${id}`)
        yield* api("POST", `/queues/T1/items/${id}/retry`)
      }
      // Every path that can be asked.
      for (const path of [
        "/queues",
        "/queues/T2",
        "/queues/T2/items",
        "/metrics",
        "/school_authorities",
        "/school_authorities/T1",
        "/school_authorities/T2/status",
        "/school_to_authority_mapping",
        "/health/ready"
      ]) {
        yield* api("GET", path)
      }
      for (const path of [
        "/school_authorities/T1/check",
        "/school_authorities/T2/check",
        "/queues/T1/pause",
        "/queues/T1/resume",
        "/queues/T1/retry?state=dead",
        "/schedule/users/anna"
      ]) {
        yield* api("POST", path)
      }
      yield* api("POST", "/preview", { user: "carl" })
      yield* api("POST", "/preview", { object: Builders.user("carl") })
      yield* api("PATCH", "/school_authorities/T2", { plugin_configs: { kelvin: { password: passwords.patched } } })
      // Killed with work to do, started again as JSON, and an authority with items is deleted.
      yield* api("POST", "/queues/T1/pause")
      drop("5_carl", Builders.user("carl"))
      yield* until("/school_authorities/T1/status", (text) => JSON.parse(text).items.waiting >= 1)
      seen.push(["standard output", first.output()])
      yield* Effect.promise(() => ServiceProcess.end(first.child, "SIGKILL"))
      // It does not start with a broken file.
      const broken = yield* start({ IDC_LOG_FORMAT: "json" })
      assert.strictEqual(yield* broken.ended, 1)
      seen.push(["standard output", broken.output()])
      Fs.rmSync(join(directory, "conf", "school_authorities", "T5.json"))
      const second = yield* start({ IDC_LOG_FORMAT: "json" })
      const [, secondAddress = ""] = yield* second.said(/"address":"([^"]+)"/)
      const again = yield* asking(secondAddress)
      yield* again.api("GET", "/queues/T1/items")
      yield* again.api("DELETE", "/school_authorities/T1")
      yield* second.said(/Moved the items of a deleted school authority to the trash/)
      yield* Effect.promise(() => ServiceProcess.end(second.child, "SIGTERM"))
      seen.push(["standard output", second.output()])

      const text = (file: string) => Fs.readFileSync(file, "latin1")
      const signingKey = text(join(directory, "conf", "tokens.secret")).trim()
      const digestKey = text(join(directory, "data", "password-digest.key")).trim()
      const tokens = [
        token,
        again.token,
        ...simulator.requests().flatMap(({ path }) => (path === "/token" ? ["eyJ"] : []))
      ]
      const never = [...Object.values(passwords), signingKey, digestKey, ...tokens]
      const find = (where: string, content: string, marks: ReadonlyArray<string>) =>
        marks.filter((mark) => mark !== "" && content.includes(mark)).map((mark) => `${where}: ${mark}`)
      const kept = (file: string) => /\/(conf|directory\.json|password-digest\.key)/.test(file.slice(directory.length))
      const mayHaveHashes = (file: string) => /\/(id-connector\.db(-wal|-shm)?$|out_queues_trash\/)/.test(file)
      const files = filesBelow(directory)
      // It has come out at all: the test looks at what it means to.
      assert.ok(files.some((file) => /\/out_queues_trash\//.test(file)))
      assert.include(text(join(directory, "log", "queues.log")), "dead letter")
      // What the target repeated is shown, without the hashes.
      assert.ok(seen.some(([where, content]) => where.includes("/queues/T1/items") && content.includes("**********")))
      assert.isAbove(simulator.writes().length, 0)
      assert.ok(simulator.requests().some(({ path, status }) => path.startsWith("/users") && status === 422))
      const found = [
        ...seen.flatMap(([where, content]) => find(where, content, [...never, ...hashMarks])),
        ...files
          .filter((file) => !kept(file) && !file.startsWith(listener))
          .flatMap((file) => find(file, text(file), mayHaveHashes(file) ? never : [...never, ...hashMarks]))
      ]
      assert.deepStrictEqual(found, [])
      // Where secrets belong nobody else may read them.
      for (const file of files.filter((name) => mayHaveHashes(name) || /tokens\.secret|digest\.key/.test(name))) {
        assert.strictEqual(Fs.statSync(file).mode & 0o077, 0, file)
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
