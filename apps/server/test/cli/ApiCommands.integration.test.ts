import { execFile } from "node:child_process"
import * as Fs from "node:fs"
import { join } from "node:path"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { arrival, user } from "@id-connector/testkit/contract/QueueStoreContract/Changes"
import * as Builders from "@id-connector/testkit/data/Builders"
import { quietly } from "@id-connector/testkit/Quietly"
import { Effect, Schedule } from "effect"
import { authority, people, world } from "../http/ApiWorld.js"
import * as CommandProcess from "./CommandProcess.js"

const directory = {
  ...people,
  users: [
    ...people.users,
    {
      uid: "anna",
      dn: Builders.userDn("anna"),
      entryUUID: "u-anna",
      schools: ["School1"],
      ucsschoolRole: ["student:school:School1"]
    }
  ]
}

/** A connector that runs, and commands that ask it. */
const connected = Effect.gen(function* () {
  const { appDir, as, port, send, store, token } = yield* world(directory)
  const nobody = { IDC_API_TOKEN: "", IDC_API_USER: "", IDC_API_PASSWORD: "" }
  const bare: NodeJS.ProcessEnv = { ...process.env, ...nobody, IDC_API_URL: `http://127.0.0.1:${port}` }
  const env = { ...bare, IDC_API_USER: "admin", IDC_API_PASSWORD: "s3cr3t" }
  const idc = (...args: ReadonlyArray<string>) => CommandProcess.run("id-connector", args, env)
  const idcWith = (more: NodeJS.ProcessEnv, ...args: ReadonlyArray<string>) =>
    CommandProcess.run("id-connector", args, { ...bare, ...more })
  yield* send("POST", "/v1/school_authorities", as(authority("North")))
  return { appDir, bare, idc, idcWith, send, as, store, token }
}).pipe(Effect.provide(NodeContext.layer), quietly)

const said = (code: number, out: string, err = "") => ({ code, out, err })

describe("The commands that ask a running connector", { timeout: 240_000 }, () => {
  it.scopedLive("show and change school authorities", () =>
    Effect.gen(function* () {
      const { idc } = yield* connected
      assert.match((yield* idc("authority", "list")).out, /^AUTHORITY +ACTIVE +QUEUED.*\nNorth +no +- /)
      assert.strictEqual((yield* idc("authority", "activate", "North")).out, "North is active.")
      assert.strictEqual(JSON.parse((yield* idc("authority", "list", "--json")).out)[0].active, true)
      const check = yield* idc("authority", "check", "North")
      assert.strictEqual(check.code, 1)
      assert.match(check.err, /^North can't work like this: \d errors?\.$/)
      assert.match((yield* idc("authority", "show", "North")).out, /School authority: +North\nActive: +yes/)
      assert.strictEqual((yield* idc("authority", "deactivate", "North")).code, 0)
      const asked = yield* idc("authority", "delete", "North")
      assert.strictEqual(asked.code, 2)
      assert.match(asked.err, /^Delete the school authority North\?.*\nThere is no terminal to ask at: --yes/)
      assert.match((yield* idc("authority", "delete", "North", "--yes")).out, /^Deleted North\./)
      assert.deepStrictEqual(
        yield* idc("authority", "show", "North"),
        said(1, "", 'There is no school authority "North". id-connector authority list shows those there are.')
      )
    })
  )

  it.scopedLive("show and change queues and the mapping", () =>
    Effect.gen(function* () {
      const { appDir, as, idc, send } = yield* connected
      assert.match((yield* idc("queue", "list")).out, /^QUEUE +LENGTH +HELD +DEAD +AT WORK\nInQueue +0 +0 +0 +-$/)
      assert.strictEqual((yield* idc("queue", "items", "North", "--state", "dead")).out, "There is no such item.")
      assert.deepStrictEqual(JSON.parse((yield* idc("queue", "retry", "North", "--all", "dead", "--json")).out), {
        items: 0,
        problems: []
      })
      yield* send("PUT", "/v1/school_to_authority_mapping", as({ mapping: { School1: "North" } }))
      const inQueue = join(appDir, "data", "listener")
      Fs.writeFileSync(join(inQueue, "a.tmp"), JSON.stringify(Builders.user("anna")))
      Fs.renameSync(join(inQueue, "a.tmp"), join(inQueue, "2026-02-03-04-05-06-789012.json"))
      const isQueued = Effect.map(send("GET", "/v1/queues/North/items", as()), ({ body }) => Number(body?.length) === 1)
      yield* Effect.repeat(isQueued, { until: (isThere) => isThere, schedule: Schedule.spaced("100 millis") })
      const [item] = JSON.parse((yield* idc("queue", "items", "North", "--object", "anna", "--json")).out)
      assert.match((yield* idc("queue", "items", "North")).out, new RegExp(`^ID .*WHY\n${item.id} +waiting +user anna`))
      assert.match((yield* idc("queue", "show", "North", String(item.id))).out, /^Item: .*\nObject: +user anna \(/)
      assert.deepStrictEqual(
        yield* idc("queue", "discard", "North", "999", String(item.id), "--yes"),
        said(
          1,
          "Removed 1 item of North.",
          "There is no item 999 in this queue, or its state does not allow this. Perhaps it has been delivered meanwhile."
        )
      )
      assert.match((yield* idc("queue", "pause", "North")).out, /^North is paused: /)
      assert.match((yield* idc("queue", "show", "North")).out, /School authority: +North/)
      assert.strictEqual((yield* idc("queue", "resume", "North")).out, "North goes on.")

      assert.strictEqual((yield* idc("mapping", "set", "School1=North", "Old=North")).code, 0)
      assert.strictEqual((yield* idc("mapping", "set", "old=")).out, "1 school in the mapping now.")
      assert.strictEqual((yield* idc("mapping", "show")).out, "SCHOOL   AUTHORITY\nSchool1  North")
      const file = join(appDir, "new.json")
      Fs.writeFileSync(file, JSON.stringify({ School2: "South" }))
      const set = yield* idc("mapping", "set", "--file", file)
      assert.strictEqual(set.out, "1 school in the mapping now.")
      assert.match(set.err, /^warning: The school authority "South" is not configured/)
      Fs.writeFileSync(file, "{")
      assert.match((yield* idc("mapping", "set", "--file", file)).err, /new\.json: line 1, column 2: this is not JSON/)
    })
  )

  it.scopedLive("say whether everything is all right, and why items are dead", () =>
    Effect.gen(function* () {
      const { idc, store } = yield* connected
      const fine = yield* idc("status")
      assert.match(fine.out, /^Everything is all right\. 0 of 0 school authorities run, 1 inactive\.\n/)
      const north = AuthorityName.make("North")
      yield* store.accept([arrival("1", user("u1", "anna")), arrival("2", user("u2", "bert"))])
      yield* store.settle(
        (yield* store.claim(north, 9)).map(({ file, id }) => ({
          _tag: "Dead",
          id,
          attempt: { at: 0, error: `The name '${file}' is taken.`, evidence: null }
        }))
      )
      const status = yield* idc("status", "--all")
      assert.match(status.out, /^1 thing needs somebody\. .*\n\n1\. North: 2 dead letters, /)
      assert.match(status.out, /\n {5}id-connector queue groups North\n[\s\S]*\nNorth +inactive +0 +0 +2 /)
      assert.strictEqual(JSON.parse((yield* idc("status", "--json")).out).ok, false)
      const groups =
        "2 items: The name … is taken.\n  1970-01-01T00:00:00.000Z to 1970-01-01T00:00:00.000Z, for example user anna"
      assert.include((yield* idc("queue", "groups", "North")).out, groups)
      assert.match((yield* idc("queue", "groups")).out, /is taken\.\n.*\n {2}North: 2$/)
      const matching = ["North", "--group", "The name … is taken.", "--expected"]
      assert.deepStrictEqual(
        yield* idc("queue", "discard", "--yes", ...matching, "1"),
        said(1, "", "2 items fit by now, 1 were expected. Nothing was done: look at them again.")
      )
      assert.strictEqual((yield* idc("queue", "retry", ...matching, "2")).out, "2 items of North will be delivered.")
      assert.strictEqual((yield* idc("queue", "groups", "North")).out, "There is no such item.")
    })
  )

  it.scopedLive("preview users by name and listener files", () =>
    Effect.gen(function* () {
      const { appDir, idc } = yield* connected
      assert.strictEqual((yield* idc("mapping", "set", "School1=North")).code, 0)
      const { out } = yield* idc("preview", "anna")
      assert.match(out, /^user anna, changed \(/)
      assert.match(out, /\nNorth: concerned, because of .*\(inactive: its changes wait\)/)
      assert.match((yield* idc("preview", "nobody")).err, /no school user and no school group "nobody"/)
      const file = join(appDir, "change.json")
      assert.strictEqual((yield* idc("preview", file)).err, `${file}: there is no such file.`)
      Fs.writeFileSync(file, "{}")
      const wrong = yield* idc("preview", file)
      assert.strictEqual(wrong.code, 1)
      assert.match(wrong.err, /^object\.\w+: /)
    })
  )

  it.scopedLive("say in a line or two what is wrong with the connection and with who asks", () =>
    Effect.gen(function* () {
      const { appDir, bare, idcWith, token } = yield* connected
      const list = (more: NodeJS.ProcessEnv, ...args: ReadonlyArray<string>) => idcWith(more, "queue", "list", ...args)
      const file = (name: string, text: string) => {
        Fs.writeFileSync(join(appDir, name), text)
        return join(appDir, name)
      }
      assert.strictEqual((yield* list({ IDC_API_TOKEN: token })).code, 0)
      assert.strictEqual((yield* list({}, "--token-file", file("token", `${token}\n`))).code, 0)
      assert.strictEqual((yield* list({ IDC_API_USER: "admin" }, "--password-file", file("pw", "s3cr3t\n"))).code, 0)
      assert.deepStrictEqual(
        yield* list({}),
        said(
          2,
          "",
          "The connector wants to know who asks, and there is no terminal to ask at.\nSet IDC_API_TOKEN (or --token-file), or IDC_API_USER with IDC_API_PASSWORD (or --user with --password-file)."
        )
      )
      assert.deepStrictEqual(
        yield* list({ IDC_API_USER: "admin", IDC_API_PASSWORD: "wrong" }),
        said(
          1,
          "",
          `Can't log in as admin at ${bare.IDC_API_URL}: Incorrect username or password, or no member of ucsschool-id-connector-admins.`
        )
      )
      assert.match((yield* list({ IDC_API_TOKEN: "old" })).err, /^The token is not accepted at .*Could not validate/)
      const away = yield* list({ IDC_API_TOKEN: token, IDC_API_URL: "http://127.0.0.1:9" })
      assert.strictEqual(away.code, 1)
      assert.match(away.err, /^The connector does not answer at http:\/\/127\.0\.0\.1:9: .*Does it run/)
      assert.match(
        (yield* list({ IDC_API_URL: "nowhere" })).err,
        /^IDC_API_URL: "nowhere" is no address, one like http/
      )
    })
  )

  it.scopedLive("ask for user name and password at a terminal, without showing the password", (context) =>
    Effect.gen(function* () {
      if (!Fs.existsSync("/usr/bin/script")) return context.skip("script(1) is not installed")
      const { bare } = yield* connected
      /** What a terminal shows when `keys` are pressed as soon as each question is there. */
      const atTerminal = (keys: ReadonlyArray<readonly [question: string, answer: string]>) =>
        Effect.async<string>((resume) => {
          const command = [process.execPath, ...CommandProcess.words("id-connector"), "queue", "list"]
          const args = ["-qec", command.map((word) => `'${word}'`).join(" "), "/dev/null"]
          const child = execFile("script", args, { env: bare }, (_, out) => resume(Effect.succeed(out)))
          const left = [...keys]
          let shown = ""
          child.stdout?.on("data", (text: string) => {
            shown += text
            const [next] = left
            if (next === undefined || !shown.includes(next[0])) return
            left.shift()
            child.stdin?.write(next[1])
          })
        })
      const shown = yield* atTerminal([
        ["User name: ", "admin\r"],
        ["Password of admin: ", "s3cr3tx\u007f\r"]
      ])
      assert.include(shown, "Password of admin: ")
      assert.include(shown, "InQueue")
      assert.notInclude(shown, "s3cr3t")
      const given = yield* atTerminal([
        ["User name: ", "admin\r"],
        ["Password of admin: ", "\u0003"]
      ])
      assert.match(given, /No password was entered\.\r\n$/)
    })
  )
})
