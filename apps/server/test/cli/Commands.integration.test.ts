import * as Fs from "node:fs"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { version } from "@id-connector/server/Version"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import { Effect } from "effect"
import * as CommandProcess from "./CommandProcess.js"

const role = (name: string, school: string) => [`${name}:school:${school}`]

const directory = {
  users: [
    { uid: "anna", dn: Builders.userDn("anna"), entryUUID: "u-anna", ucsschoolRole: role("student", "School1") },
    { uid: "ben", dn: Builders.userDn("ben"), entryUUID: "u-ben", ucsschoolRole: role("teacher", "School1") },
    { uid: "clerk", dn: "uid=clerk,dc=example,dc=com", entryUUID: "u-clerk" }
  ],
  groups: [
    {
      cn: "School1-1a",
      dn: Builders.classDn("School1", "1a"),
      entryUUID: "g-1a",
      ucsschoolRole: role("school_class", "School1")
    }
  ]
}

const day = 86_400_000

/** A command on a directory of its own, run as a process. */
const world = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const app = yield* fs.makeTempDirectoryScoped()
  Fs.writeFileSync(join(app, "directory.json"), JSON.stringify(directory))
  const run = (command: string, ...args: ReadonlyArray<string>) =>
    CommandProcess.run(command, args, ServiceProcess.environment(app))
  const triggers = Effect.sync(() => {
    const path = join(app, "triggers")
    const names = Fs.existsSync(path) ? Fs.readdirSync(path).sort() : []
    return names.map((name) => ({ name, content: JSON.parse(Fs.readFileSync(join(path, name), "utf8")) }))
  })
  return { app, run, triggers }
})

describe("The commands", { timeout: 60_000 }, () => {
  it.scopedLive("schedule_user and schedule_group write the trigger files that the listener knows", () =>
    Effect.gen(function* () {
      const { run, triggers } = yield* world
      assert.deepStrictEqual(yield* run("schedule_user", "ANNA"), {
        code: 0,
        out: "Scheduled user ANNA.",
        err: ""
      })
      assert.strictEqual((yield* run("schedule_group", "school1-1A")).code, 0)
      const [user, group] = yield* triggers
      assert.match(user?.name ?? "", /^\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-\d{6}_u-anna\.json$/)
      assert.deepStrictEqual(user?.content, {
        entry_uuid: "u-anna",
        dn: Builders.userDn("anna"),
        object_type: "users/user",
        command: "m"
      })
      assert.deepStrictEqual(group?.content, {
        entry_uuid: "g-1a",
        dn: Builders.classDn("School1", "1a"),
        object_type: "groups/group",
        command: "m"
      })
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("schedule_school takes the users of a school before its groups", () =>
    Effect.gen(function* () {
      const { run, triggers } = yield* world
      const { code, out } = yield* run("schedule_school", "School1", "4")
      assert.deepStrictEqual([code, out], [0, "Scheduled 2 users and 1 groups of school School1."])
      assert.deepStrictEqual(
        (yield* triggers).map(({ content }) => content.object_type),
        ["users/user", "users/user", "groups/group"]
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("end with 1 and say so when there is no such object, or it is none of a school", () =>
    Effect.gen(function* () {
      const { run, triggers } = yield* world
      for (const [command, name, kind] of [
        ["schedule_user", "nobody", "school user"],
        ["schedule_user", "clerk", "school user"],
        ["schedule_user", "*", "school user"],
        ["schedule_group", "School1-9z", "school group"],
        ["schedule_school", "School9", "school"]
      ] as const) {
        const { code, err, out } = yield* run(command, name)
        assert.deepStrictEqual([code, out], [1, ""])
        assert.include(err, `${kind} "${name}"`)
      }
      assert.deepStrictEqual(yield* triggers, [])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("end with 2 when they are used wrongly, and explain themselves", () =>
    Effect.gen(function* () {
      const { run } = yield* world
      for (const args of [[], ["School1", "0"], ["School1", "33"], ["School1", "many"], ["School1", "1", "more"]]) {
        const { code, err, out } = yield* run("schedule_school", ...args)
        assert.strictEqual(code, 2, args.join(" "))
        assert.isNotEmpty(`${out}${err}`)
      }
      const help = yield* run("schedule_school", "--help")
      assert.strictEqual(help.code, 0)
      assert.include(help.out, "how many objects at the same time, 1 to 32")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("listener_trash_cleaner deletes what is old enough, if UCR wants it", () =>
    Effect.gen(function* () {
      const { app, run } = yield* world
      const trash = join(app, "data", "listener", "trash")
      Fs.mkdirSync(trash, { recursive: true })
      const now = Date.now()
      for (const [name, days] of [
        ["old.json", 31],
        ["young.json", 29],
        ["new.json", 0]
      ] as const) {
        Fs.writeFileSync(join(trash, name), "{}")
        Fs.utimesSync(join(trash, name), new Date(now - days * day), new Date(now - days * day))
      }
      const ucr = (lines: ReadonlyArray<string>) => Fs.writeFileSync(join(app, "base.conf"), `${lines.join("\n")}\n`)
      const left = () => Fs.readdirSync(trash).sort()
      ucr(["ucsschool-id-connector/trash_delete_state: 0"])
      assert.strictEqual((yield* run("listener_trash_cleaner")).code, 0)
      assert.lengthOf(left(), 3)
      ucr([])
      assert.match((yield* run("listener_trash_cleaner")).out, /^Deleted 1 files older than 30 days from /)
      assert.deepStrictEqual(left(), ["new.json", "young.json"])
      ucr(["ucsschool-id-connector/trash_delete_offset: 10"])
      assert.strictEqual((yield* run("listener_trash_cleaner")).code, 0)
      assert.deepStrictEqual(left(), ["new.json"])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("id-connector version prints it", () =>
    Effect.gen(function* () {
      const { run } = yield* world
      assert.deepStrictEqual(yield* run("id-connector", "version"), { code: 0, out: version, err: "" })
      assert.strictEqual((yield* run("id-connector", "nonsense")).code, 2)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
