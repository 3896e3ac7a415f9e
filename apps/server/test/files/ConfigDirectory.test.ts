import * as Fs from "node:fs"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigStore } from "@id-connector/core/config/ConfigStore"
import * as SchoolAuthority from "@id-connector/core/schools/SchoolAuthority"
import * as ConfigDirectory from "@id-connector/server/files/ConfigDirectory"
import * as Builders from "@id-connector/testkit/data/Builders"
import { quietly } from "@id-connector/testkit/Quietly"
import { Effect, Either, Layer, Logger, TestClock } from "effect"

const authority = (name: string, active = false) =>
  Either.getOrThrow(SchoolAuthority.decode(Builders.authority(name, { active })))

const world = Effect.gen(function* () {
  const appDir = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
  const directory = join(appDir, "conf", "school_authorities")
  const store = yield* Effect.provide(ConfigStore, yield* Layer.build(ConfigDirectory.layer(appDir)))
  const names = Effect.map(store.current, ({ authorities }) => authorities.map(({ name }) => name))
  return { appDir, directory, store, names }
})

/** Lets looks at the files happen, which really read them, until something is so. */
const until = (isSo: Effect.Effect<boolean>) =>
  Effect.repeat(Effect.zipRight(aMoment, isSo), { until: (so) => so, times: 100 })

const aMoment = Effect.zipRight(
  TestClock.adjust("2 seconds"),
  Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 50)))
)

describe("ConfigDirectory", () => {
  it.scoped("saves what is changed, for nobody else to read, and loads it again", () =>
    Effect.gen(function* () {
      const { appDir, directory, names, store } = yield* world
      yield* store.create(authority("T1"))
      yield* store.create(authority("T2"))
      yield* store.update("T1", (old) => Effect.succeed({ ...old, active: true }))
      yield* store.remove("T2")
      yield* store.setMapping({ Gym: "T1" })
      assert.deepStrictEqual(yield* names, ["T1"])
      assert.deepStrictEqual(Fs.readdirSync(directory), ["T1.json"])
      assert.strictEqual(Fs.statSync(join(directory, "T1.json")).mode & 0o777, 0o600)
      assert.strictEqual(Fs.statSync(directory).mode & 0o777, 0o750)
      const loaded = yield* ConfigDirectory.load(appDir)
      assert.deepStrictEqual([loaded.authorities[0]?.active, loaded.mapping.authorityOf("gym")], [true, "T1"])
      assert.include(Fs.readFileSync(join(directory, "T1.json"), "utf8"), "univention")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("refuses a name that is taken, and a change of what is not there", () =>
    Effect.gen(function* () {
      const { store } = yield* world
      yield* store.create(authority("T1"))
      assert.strictEqual((yield* Effect.flip(store.create(authority("T1"))))._tag, "AuthorityExists")
      assert.strictEqual((yield* Effect.flip(store.remove("T2")))._tag, "AuthorityUnknown")
      assert.strictEqual((yield* Effect.flip(store.update("T2", Effect.succeed)))._tag, "AuthorityUnknown")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("loses none of many changes at the same time", () =>
    Effect.gen(function* () {
      const { store } = yield* world
      yield* store.create(authority("T1"))
      yield* Effect.forEach(
        Array.from({ length: 20 }, (_, index) => `p${index}`),
        (plugin) => store.update("T1", (old) => Effect.succeed({ ...old, plugins: [...old.plugins, plugin] })),
        { concurrency: "unbounded" }
      )
      assert.strictEqual((yield* store.current).authorities[0]?.plugins.length, 21)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("changes nothing when the change can't be saved", () =>
    Effect.gen(function* () {
      const { directory, names, store } = yield* world
      yield* store.create(authority("T1"))
      // A directory in the way of the file that is written beside.
      Fs.mkdirSync(join(directory, "T1.json.tmp"))
      const before = Fs.readFileSync(join(directory, "T1.json"), "utf8")
      const error = yield* Effect.flip(store.update("T1", (old) => Effect.succeed({ ...old, active: true })))
      assert.match(error.message, /could not be saved, nothing has changed/)
      assert.strictEqual((yield* store.current).authorities[0]?.active, false)
      assert.strictEqual(Fs.readFileSync(join(directory, "T1.json"), "utf8"), before)
      assert.deepStrictEqual(yield* names, ["T1"])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("starts with the last good mapping when its file is away, empty, or has no schools any more", () =>
    Effect.gen(function* () {
      const { appDir, store } = yield* world
      assert.isNull(store.lastMapping)
      yield* store.setMapping({ Gym: "T1" })
      const file = join(appDir, "conf", "schools_authorities_mapping.json")
      const restarted = Effect.gen(function* () {
        const store = yield* Effect.provide(ConfigStore, yield* Layer.build(ConfigDirectory.layer(appDir)))
        const { mapping, problems } = yield* store.current
        assert.strictEqual(store.lastMapping?.authorityOf("gym"), "T1")
        return [mapping.authorityOf("gym"), problems.length] as const
      }).pipe(Effect.scoped)
      for (const content of ["", " \n", "{}", '{"mapping":{}}', null]) {
        if (content === null) Fs.rmSync(file)
        else Fs.writeFileSync(file, content)
        assert.deepStrictEqual(yield* restarted, ["T1", 1], String(content))
      }
    }).pipe(Effect.provide(NodeContext.layer), quietly)
  )

  it.scoped("takes over what is changed by hand, and reports what can't be used while the last good stays", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      const { directory, names, store } = yield* world
      yield* store.create(authority("T1"))
      Fs.writeFileSync(join(directory, "T2.json"), JSON.stringify(Builders.authority("T2")), { mode: 0o600 })
      yield* until(Effect.map(names, ({ length }) => length === 2))
      assert.deepStrictEqual(yield* names, ["T1", "T2"])
      Fs.writeFileSync(join(directory, "T2.json"), "{ broken")
      yield* until(Effect.sync(() => lines.some((line) => line.includes("are invalid"))))
      yield* aMoment
      assert.deepStrictEqual(yield* names, ["T1", "T2"])
      assert.strictEqual(lines.filter((line) => line.includes("are invalid")).length, 1)
    }).pipe(
      Effect.provide(NodeContext.layer),
      Effect.provide(
        Logger.replace(
          Logger.defaultLogger,
          Logger.make(({ message }) => lines.push(String(message)))
        )
      )
    )
  })
})
