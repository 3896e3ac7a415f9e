import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as KelvinSimulator from "@id-connector/testkit/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/KelvinSimulatorHttp"
import * as Scenario from "@id-connector/testkit/Scenario"
import { Effect, Schedule, Schema } from "effect"

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url))
const template = fileURLToPath(new URL("../../../packages/testkit/scenarios/two-authorities.json", import.meta.url))

const base = "dc=example,dc=com"
const schools = { A: ["School1", "School2"], B: ["School3", "School4"] } as const
const allSchools = [...schools.A, ...schools.B]

/** The same numbers each time: a failure can be looked at again. */
const generator = (seed: number) => {
  let state = seed
  return (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return Math.floor((state / 0x7fffffff) * below) % below
  }
}

const withoutDeletionProtection = (authority: { readonly [key: string]: unknown }) => {
  const { plugin_configs } = Schema.decodeUnknownSync(PluginConfigs)(authority)
  return { ...authority, plugin_configs: { kelvin: { ...plugin_configs.kelvin, deletion_protection: false } } }
}

const PluginConfigs = Schema.Struct({
  plugin_configs: Schema.Struct({ kelvin: Schema.Record({ key: Schema.String, value: Schema.Unknown }) })
})

/** Users that come, change, move between authorities, change their record UID and go, and classes of those that stay. */
const history = (users: number, files: number) => {
  const random = generator(42)
  const contents: Array<unknown> = []
  const user = (index: number, change: number) => {
    const school = allSchools[(index + (change > 0 ? random(4) : 0)) % 4] ?? "School1"
    const name = `user${index}`
    const leaves = index % 5 === 4 && change > 0 && random(3) === 0
    return {
      id: `00000000-0000-4000-8000-${index.toString(16).padStart(12, "0")}`,
      dn: `uid=${name},cn=schueler,cn=users,ou=${school},${base}`,
      udm_object_type: "users/user",
      options: leaves ? null : ["default", "ucsschoolStudent"],
      object: leaves
        ? null
        : {
            username: name,
            firstname: `First${index}`,
            lastname: `Last${change}`,
            displayName: `Display ${index}`,
            school: [index % 5 === 0 ? allSchools[index % 4] : school],
            ucsschoolRole: [`student:school:${school}`],
            ucsschoolRecordUID: `record-${index}${index % 7 === 1 ? `-${random(3)}` : ""}`,
            ucsschoolSourceUID: "TESTID",
            disabled: "0",
            groups: []
          }
    }
  }
  for (let index = 0; index < users; index++) contents.push(user(index, 0))
  const changes = new Map<number, number>()
  while (contents.length < files - 40) {
    const index = random(users)
    const change = (changes.get(index) ?? 0) + 1
    changes.set(index, change)
    contents.push(user(index, change))
  }
  for (let index = 0; contents.length < files; index++) {
    const school = allSchools[index % 4] ?? "School1"
    // Those whose index is a multiple of 20 never move and never leave: 20 and 4 schools fit.
    const members = Array.from({ length: users / 20 }, (_, at) => at * 20).filter((at) => allSchools[at % 4] === school)
    contents.push({
      id: `00000000-0000-4000-9000-${index.toString(16).padStart(12, "0")}`,
      dn: `cn=${school}-${index}a,cn=klassen,cn=schueler,cn=groups,ou=${school},${base}`,
      udm_object_type: "groups/group",
      options: ["default"],
      object: {
        name: `${school}-${index}a`,
        description: `Class ${index}`,
        users: members.map((at) => `uid=user${at},cn=schueler,cn=users,ou=${school},${base}`)
      }
    })
  }
  return contents
}

const world = (directory: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const scenario = yield* Scenario.decode(yield* fs.readFileString(template))
    const listener = join(directory, "data", "listener")
    mkdirSync(join(directory, "conf", "school_authorities"), { recursive: true })
    mkdirSync(listener, { recursive: true })
    const tls = yield* KelvinSimulatorHttp.certificate
    const targets = yield* Effect.forEach(["A", "B"] as const, (name) =>
      Effect.gen(function* () {
        const simulator = yield* KelvinSimulator.make({ schools: [...schools[name]] })
        const { url } = yield* KelvinSimulatorHttp.serve(simulator, { tls })
        // Users move and leave by the hundred here; what holds deletions back counts anew after each start.
        const authority = withoutDeletionProtection({ ...Scenario.authorityFile(scenario, "T1", url), name })
        writeFileSync(join(directory, "conf", "school_authorities", `${name}.json`), JSON.stringify(authority), {
          mode: 0o600
        })
        return simulator
      })
    )
    const mapping = Object.fromEntries(
      Object.entries(schools).flatMap(([name, each]) => each.map((school) => [school, name]))
    )
    writeFileSync(join(directory, "conf", "schools_authorities_mapping.json"), JSON.stringify({ mapping }))
    writeFileSync(join(directory, "directory.json"), JSON.stringify({ users: [], groups: [] }))
    const start = Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, ["--conditions=@id-connector/source", "--import", "tsx", bin, "serve"], {
          stdio: ["ignore", "ignore", "inherit"],
          env: {
            ...process.env,
            IDC_APP_DIR: directory,
            IDC_DIRECTORY: `file:${join(directory, "directory.json")}`,
            IDC_UCR_FILE: join(directory, "base.conf"),
            LOG_DIR: join(directory, "log"),
            ldap_base: base
          }
        })
      ),
      (child) => end(child, "SIGKILL")
    )
    const drop = (contents: ReadonlyArray<unknown>) => {
      contents.forEach((content, index) => {
        const name = `2026-02-03-08-00-00-${String(index).padStart(6, "0")}.json`
        writeFileSync(join(directory, name), JSON.stringify(content))
        renameSync(join(directory, name), join(listener, name))
      })
    }
    /**
     * Nothing in the in queue, each target asked since the last start (a start always asks), and no request for four
     * seconds: longer than any first back-off.
     */
    const quiet = Effect.suspend(() => {
      const since = Date.now()
      return Effect.sync(() => {
        const last = targets.map((target) => target.requests().at(-1)?.at ?? 0)
        const isEmpty = readdirSync(listener).every((name) => !name.endsWith(".json"))
        return isEmpty && last.every((at) => at > since) && Date.now() - Math.max(...last) > 4_000
      }).pipe(Effect.repeat({ until: (isQuiet) => isQuiet, schedule: Schedule.spaced("100 millis") }))
    })
    return { start, drop, quiet, targets, listener }
  })

const end = (child: ChildProcess, signal: NodeJS.Signals) =>
  Effect.promise(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, "exit")
    child.kill(signal)
    await ended
  })

const temporary = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

describe("id-connector serve, killed", () => {
  it.scopedLive(
    "comes to the same end as if it had never been killed",
    () =>
      Effect.gen(function* () {
        const contents = history(400, 2_000)

        const calm = yield* world(yield* temporary)
        calm.drop(contents)
        yield* Effect.scoped(Effect.zipRight(calm.start, calm.quiet))

        const rough = yield* world(yield* temporary)
        const random = generator(7)
        yield* Effect.scoped(rough.start)
        rough.drop(contents)
        for (let kill = 0; kill < 8; kill++) {
          yield* Effect.scoped(
            Effect.gen(function* () {
              const child = yield* rough.start
              yield* Effect.sleep(1_200 + random(1_200))
              yield* end(child, "SIGKILL")
            })
          )
        }
        yield* Effect.scoped(Effect.zipRight(rough.start, rough.quiet))

        for (const [index, target] of rough.targets.entries()) {
          const undisturbed = calm.targets[index]?.state()
          assert.ok((undisturbed?.users.length ?? 0) > 100)
          assert.strictEqual(undisturbed?.classes.length, 20)
          assert.deepStrictEqual(target.state(), undisturbed)
        }
        assert.deepStrictEqual(readdirSync(join(rough.listener, "trash")), [])
      }).pipe(Effect.provide(NodeContext.layer)),
    180_000
  )
})
