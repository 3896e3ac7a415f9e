import * as Fs from "node:fs"
import * as Path from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { PreviousStateStore } from "@id-connector/core/queue/PreviousStateStore"
import { QueueStore } from "@id-connector/core/queue/QueueStore"
import { defaultLayout } from "@id-connector/core/schools/SourceDomain"
import * as Ucr from "@id-connector/server/files/Ucr"
import * as Main from "@id-connector/server/Main"
import type { Settings } from "@id-connector/server/Settings"
import * as Builders from "@id-connector/testkit/data/Builders"
import { quietly } from "@id-connector/testkit/Quietly"
import * as ScenarioRun from "@id-connector/testkit/scenario/ScenarioRun"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Cause, Effect, Exit, Layer, Schedule } from "effect"
import * as CommandProcess from "../cli/CommandProcess.js"
import * as PythonDirectory from "./PythonDirectory.js"

const { preprocessed } = PythonDirectory

const settingsOf = (appDir: string): Settings => ({
  appDir,
  listenerDirectory: Path.join(appDir, "data", "listener"),
  databaseFile: Path.join(appDir, "data", "id-connector.db"),
  directory: { _tag: "File", path: Path.join(appDir, "directory.json") },
  ucrFile: Path.join(appDir, "base.conf"),
  logDirectory: Path.join(appDir, "log"),
  http: { host: "127.0.0.1", port: 0, tls: null },
  triggerDirectory: Path.join(appDir, "triggers"),
  layout: { ...defaultLayout, base: Builders.base }
})

/** The connector on a base directory, while something is done with it. */
const running = <A, E>(
  appDir: string,
  use: Effect.Effect<A, E, Layer.Layer.Success<ReturnType<typeof Main.layer>>>
) => {
  const settings = settingsOf(appDir)
  return Effect.scoped(
    Effect.provide(
      use,
      Layer.fresh(Main.layer(settings, { threads: false }).pipe(Layer.provide(Ucr.layer(settings.ucrFile))))
    )
  )
}

const old = (recordUid: string, ...schools: ReadonlyArray<string>) => ({
  record_uid: recordUid,
  schools,
  source_uid: "S"
})

const renamed = {
  ...Builders.user("anna.new", { schools: ["A"], id: "id-anna" }),
  dn: Builders.userDn("anna.new", "A")
}
const leaver = Builders.user("lea", { schools: ["A"], id: "id-lea" })
const gone = { ...Builders.removedUser("ben", { id: "id-ben", schools: ["A"] }), object: null }
const later = { ...Builders.removedUser("max", { id: "id-max", schools: ["A"] }), object: null }
const big = Array.from({ length: 500 }, (_, n) => Builders.userDn(`pupil${n}.of.a.large.school`, "A"))

/** All states in which files can be met. Alpha has school A, Beta school B; of Gamma nothing is configured. */
const leave = (appDir: string, authorities: ReadonlyArray<object>) => {
  const name = (n: number) => `2026-10-09-08-00-0${n}-000000`
  const copied = preprocessed(leaver, { old_data: old("rec-lea", "A", "B"), user_passwords: null })
  PythonDirectory.write(appDir, {
    "directory.json": JSON.stringify({ users: [], groups: [] }),
    "conf/schools_authorities_mapping.json": PythonDirectory.json({ mapping: { A: "Alpha", B: "Beta" } }),
    ...Object.fromEntries(
      authorities.map((one) => [
        `conf/school_authorities/${(one as { name: string }).name}.json`,
        PythonDirectory.json(one)
      ])
    ),
    [`data/out_queues/Alpha/${name(1)}_ready.json`]: preprocessed(renamed, {
      old_data: old("rec-anna", "A"),
      user_passwords: Builders.passwordHashes
    }),
    [`data/out_queues/Alpha/${name(2)}_ready.json`]: preprocessed(gone, { old_data: old("rec-ben", "A") }),
    [`data/out_queues/Alpha/${name(3)}_ready.json`]: copied,
    [`data/listener/${name(3)}_ready.json`]: copied,
    [`data/out_queues/Alpha/${name(4)}_ready.json`]: '{"id": "cut-off", "dn": "uid=x',
    [`data/out_queues/Beta/${name(5)}_ready.json`]: JSON.stringify(Builders.user("nina", { schools: ["B"] })),
    [`data/out_queues/Gamma/${name(5)}_ready.json`]: JSON.stringify(Builders.user("nina", { schools: ["B"] })),
    [`data/out_queues/Alpha/keep/${name(0)}_ready.json`]: preprocessed(Builders.user("kept", { schools: ["A"] }), {
      old_data: null
    }),
    [`data/out_queues/Alpha/trash/${name(0)}_ready.json`]: preprocessed(
      { ...renamed, object: { ...renamed.object, firstname: "Stale" } },
      { old_data: null }
    ),
    // Preprocessed, and killed before it was renamed: what is remembered is newer than what the file says.
    [`data/listener/${name(6)}.json`]: preprocessed(Builders.user("tom", { schools: ["B"], id: "id-tom" }), {
      old_data: old("rec-tom", "A"),
      user_passwords: null
    }),
    [`data/listener/${name(7)}.json`]: JSON.stringify(later)
  })
  return PythonDirectory.writeStates(Path.join(appDir, "data", "old_data_db"), [
    { id: "id-anna", value: old("rec-anna.new", "A") },
    { id: "id-tom", value: old("rec-tom", "B") },
    { id: "id-max", value: old("rec-max", "A") },
    { id: "id-over", value: old("rec-over", "A"), expires: 1_700_000_000 },
    { id: "id-none", value: { record_uid: null, schools: ["A"], source_uid: null } },
    { id: "id-group", value: { users: big } }
  ])
}

const remembered = ["id-anna", "id-tom", "id-max", "id-over", "id-none", "id-group", "id-lea"]

/** All that is stored. */
const stored = Effect.gen(function* () {
  const store = yield* QueueStore
  const states = yield* (yield* PreviousStateStore).get(remembered)
  const items = yield* Effect.forEach([...(yield* store.authorities)].sort(), (authority) =>
    Effect.map(store.list(authority, { limit: 100 }), (items) =>
      items.map(({ object }) => `${authority}: ${object._tag} ${object.dn} ${JSON.stringify(object.previous)}`)
    )
  )
  return { items: items.flat(), states: Object.fromEntries([...states].sort(([a], [b]) => (a < b ? -1 : 1))) }
})

/** What is in a directory, without its database and what is the connector's own. */
const filesIn = (appDir: string) =>
  Fs.readdirSync(Path.join(appDir, "data"), { recursive: true, encoding: "utf8" })
    .filter((name) => /^(upgrad|out_queues|old_data_db|listener)/.test(name) && name.includes("."))
    .map((name) => name.replace(/^upgraded-\d+_\d+/, "archive"))
    .sort()

/** So many files are moved, then the process ends. */
const killedAfter = (moves: number) =>
  Layer.map(NodeContext.layer, (context) => context).pipe(
    Layer.merge(
      Layer.effect(
        FileSystem.FileSystem,
        Effect.map(FileSystem.FileSystem, (fs) => {
          let left = moves
          return {
            ...fs,
            rename: (from, to) =>
              /upgrad|out_queues|listener/.test(from) && left-- <= 0 ? Effect.die("killed") : fs.rename(from, to)
          } satisfies FileSystem.FileSystem
        })
      ).pipe(Layer.provide(NodeContext.layer))
    )
  )

describe("A directory of the Python connector", { timeout: 120_000 }, () => {
  it.scopedLive(
    "is taken over at the first start: all that waits is delivered, who is known to the old cache only is removed",
    () =>
      Effect.gen(function* () {
        const appDir = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
        const inA = (name: string, ...schools: ReadonlyArray<string>) => ({
          name,
          school: schools[0] ?? "A",
          schools: schools.length === 0 ? ["A"] : schools,
          record_uid: `rec-${name}`,
          source_uid: "S"
        })
        const alpha = yield* KelvinSimulator.make({
          schools: ["A"],
          users: [inA("anna"), inA("ben"), inA("lea"), inA("max"), inA("tom")]
        })
        const beta = yield* KelvinSimulator.make({ schools: ["B"], users: [inA("lea", "B")] })
        const kelvin = { ssl_context: { verify_mode: 0 }, sync_password_hashes: true }
        const authorities = yield* Effect.forEach(
          [
            ["Alpha", alpha],
            ["Beta", beta]
          ] as const,
          ([name, simulator]) =>
            Effect.map(KelvinSimulatorHttp.serve(simulator), ({ url }) => Builders.authority(name, { url, kelvin }))
        )
        yield* leave(appDir, authorities)
        const settled = ScenarioRun.quiet(Effect.sync(() => Fs.readdirSync(Path.join(appDir, "data", "listener"))))
        yield* running(appDir, settled)
        assert.deepStrictEqual(
          alpha.state().users.map(({ name, schools }) => `${name} ${schools}`),
          ["anna.new A", "lea A"]
        )
        assert.strictEqual(alpha.state().users[0]?.record_uid, "rec-anna.new")
        assert.isNotNull(alpha.state().users[0]?.hashes)
        assert.deepStrictEqual(
          beta.state().users.map(({ name }) => name),
          ["nina", "tom"]
        )
        assert.deepStrictEqual([...alpha.writes()].sort(), [
          "DELETE /users/ben 204",
          "DELETE /users/max 204",
          "DELETE /users/tom 204",
          "PATCH /users/anna 200",
          "PATCH /users/lea 200"
        ])
        assert.deepStrictEqual([...beta.writes()].sort(), [
          "DELETE /users/lea 204",
          "POST /users/ 201",
          "POST /users/ 201"
        ])
        alpha.clearLog()
        beta.clearLog()
        const files = filesIn(appDir)
        assert.deepStrictEqual(
          files.filter((name) => !name.startsWith("archive")),
          []
        )
        yield* running(appDir, settled)
        assert.deepStrictEqual([...alpha.writes(), ...beta.writes()], [])
        assert.deepStrictEqual(filesIn(appDir), files)
      }).pipe(Effect.provide(NodeContext.layer), quietly)
  )

  it.scopedLive("has its waiting deletions carried out, however many they are", () =>
    Effect.gen(function* () {
      const appDir = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
      const names = Array.from({ length: 60 }, (_, n) => `pupil${n}`)
      const alpha = yield* KelvinSimulator.make({
        schools: ["A"],
        users: names.map((name) => ({ name, school: "A", schools: ["A"], record_uid: `rec-${name}`, source_uid: "S" }))
      })
      const { url } = yield* KelvinSimulatorHttp.serve(alpha)
      const authority = Builders.authority("Alpha", { url, kelvin: { ssl_context: { verify_mode: 0 } } })
      PythonDirectory.write(appDir, {
        "directory.json": JSON.stringify({ users: [], groups: [] }),
        "conf/schools_authorities_mapping.json": PythonDirectory.json({ mapping: { A: "Alpha" } }),
        "conf/school_authorities/Alpha.json": PythonDirectory.json(authority),
        ...Object.fromEntries(
          names.map((name, n) => [
            `data/out_queues/Alpha/2026-10-09-08-00-00-${String(n).padStart(6, "0")}_ready.json`,
            preprocessed(
              { ...Builders.removedUser(name, { id: `id-${name}`, schools: ["A"] }), object: null },
              { old_data: old(`rec-${name}`, "A") }
            )
          ])
        )
      })
      yield* running(
        appDir,
        Effect.sync(() => alpha.state().users.length).pipe(
          Effect.repeat({ until: (left) => left === 0, schedule: Schedule.spaced("20 millis") }),
          Effect.timeout("20 seconds")
        )
      )
      assert.deepStrictEqual([alpha.state().users.length, alpha.writes().length], [0, 60])
    }).pipe(Effect.provide(NodeContext.layer), quietly)
  )

  it.scopedLive("is told about before and after that, and what was put aside is delivered when it is asked for", () =>
    Effect.gen(function* () {
      const appDir = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
      const target = yield* KelvinSimulator.make({ schools: ["A"] })
      const { url } = yield* KelvinSimulatorHttp.serve(target)
      const kelvin = { ssl_context: { verify_mode: 0 } }
      yield* leave(appDir, [Builders.authority("Alpha", { url, kelvin })])
      const upgrade = (...words: ReadonlyArray<string>) =>
        CommandProcess.run("id-connector", ["upgrade", ...words], { PATH: process.env.PATH, IDC_APP_DIR: appDir })
      const before = filesIn(appDir)
      const told = yield* upgrade("--dry-run")
      assert.deepStrictEqual([told.code, filesIn(appDir)], [0, before])
      assert.include(before, "old_data_db/cache.db-wal")
      for (const line of [
        "Alpha: 3 waiting changes would be taken over.",
        "2026-10-09-08-00-04-000000_ready.json can't be read",
        '1 change put aside after an unexpected error is left alone: id-connector upgrade --kept "Alpha"',
        "Gamma: 1 waiting change would be taken over.",
        'There is no school authority "Gamma" in conf/school_authorities: until there is, its changes wait.',
        "Previous states: 4 users and 1 group would be taken over; 1 would be left out, since its object was removed more than seven days ago."
      ]) {
        assert.include(told.out, line)
      }
      const settled = ScenarioRun.quiet(Effect.sync(() => Fs.readdirSync(Path.join(appDir, "data", "listener"))))
      yield* running(appDir, settled)
      const report = yield* upgrade("--report", "--json")
      assert.strictEqual(JSON.parse(report.out)[0].found.outQueues[0].waiting, 4)
      assert.strictEqual((yield* upgrade("--report")).code, 0)
      const kept = yield* upgrade("--kept", "Alpha")
      assert.include(kept.out, "1 change comes back into the queue of Alpha")
      assert.strictEqual((yield* upgrade("--failed", "Alpha")).code, 0)
      const audit = Path.join(appDir, "data", "audit")
      const noted = Fs.readdirSync(audit)
        .sort()
        .map((name) => JSON.parse(Fs.readFileSync(Path.join(audit, name), "utf8"))[0])
      assert.deepStrictEqual(
        noted.map(({ action, subject }) => [action, subject]),
        [
          ["upgrade.kept", "Alpha"],
          ["upgrade.failed", "Alpha"]
        ]
      )
      yield* running(
        appDir,
        Effect.repeat(
          Effect.sync(() => target.state().users.map(({ name }) => name)),
          {
            until: (names) => names.includes("kept"),
            schedule: Schedule.spaced("20 millis")
          }
        )
      )
      // The failed one is older than what was delivered since.
      assert.deepStrictEqual(
        target.state().users.flatMap(({ firstname, name }) => (name === "anna.new" ? [firstname] : [])),
        ["F-anna.new"]
      )
      const nothing = yield* upgrade("--kept", "Nobody")
      assert.deepStrictEqual(
        [nothing.code, (yield* upgrade()).code, (yield* upgrade("--report", "--dry-run")).code],
        [1, 2, 2]
      )
      assert.include(nothing.err, "There is no file in")
      assert.include(nothing.err, "It has left out queues of Alpha, Beta, Gamma.")
    }).pipe(Effect.provide(NodeContext.layer), quietly)
  )

  it.scopedLive("is taken over to the same end wherever the process is killed meanwhile", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const authorities = ["Alpha", "Beta"].map((name) => Builders.authority(name, { active: false }))
      const fresh = Effect.gen(function* () {
        const appDir = yield* fs.makeTempDirectoryScoped()
        yield* leave(appDir, authorities)
        return appDir
      })
      const end = (appDir: string) =>
        running(
          appDir,
          Effect.zipRight(
            ScenarioRun.quiet(Effect.sync(() => Fs.readdirSync(Path.join(appDir, "data", "listener")))),
            stored
          )
        ).pipe(Effect.map((content) => ({ ...content, files: filesIn(appDir) })))
      const expected = yield* Effect.flatMap(fresh, end)
      assert.deepStrictEqual(
        expected.items.map((item) => item.replace(/uid=([^,]*),\S*/, "$1")),
        [
          'Alpha: ChangedUser anna.new {"schools":["A"],"record_uid":"rec-anna","source_uid":"S"}',
          'Alpha: RemovedUser ben {"schools":["A"],"record_uid":"rec-ben","source_uid":"S"}',
          'Alpha: ChangedUser lea {"schools":["A","B"],"record_uid":"rec-lea","source_uid":"S"}',
          'Alpha: ChangedUser tom {"schools":["A"],"record_uid":"rec-tom","source_uid":"S"}',
          'Alpha: RemovedUser max {"schools":["A"],"record_uid":"rec-max","source_uid":"S"}',
          'Beta: ChangedUser lea {"schools":["A","B"],"record_uid":"rec-lea","source_uid":"S"}',
          "Beta: ChangedUser nina null",
          'Beta: ChangedUser tom {"schools":["A"],"record_uid":"rec-tom","source_uid":"S"}',
          "Gamma: ChangedUser nina null"
        ]
      )
      assert.deepStrictEqual(Object.keys(expected.states), [
        "id-anna",
        "id-group",
        "id-lea",
        "id-max",
        "id-none",
        "id-tom"
      ])
      for (let moves = 0; ; moves++) {
        const appDir = yield* fresh
        const first = yield* Effect.exit(running(appDir, Effect.void).pipe(Effect.provide(killedAfter(moves))))
        if (Exit.isSuccess(first)) {
          assert.isAbove(moves, 8)
          break
        }
        assert.include(Cause.pretty(first.cause), "killed")
        assert.deepStrictEqual(yield* end(appDir), expected, `killed after ${moves} moves`)
      }
    }).pipe(Effect.provide(NodeContext.layer), quietly)
  )
})
