import * as Fs from "node:fs"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as QueueNotifier from "@id-connector/core/queue/QueueNotifier"
import { QueueStore } from "@id-connector/core/queue/QueueStore"
import { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import * as OutQueueRestore from "@id-connector/server/files/OutQueueRestore"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as MemoryDirectory from "@id-connector/testkit/memory/MemoryDirectory"
import * as MemoryQueueStore from "@id-connector/testkit/memory/MemoryQueueStore"
import { Effect, Layer, Logger } from "effect"

const north = AuthorityName.make("North")
const name = "20260203_040506.North"

const world = Effect.gen(function* () {
  const trash = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
  Fs.mkdirSync(join(trash, name))
  const put = (file: string, content: unknown) =>
    Fs.writeFileSync(join(trash, name, file), typeof content === "string" ? content : JSON.stringify(content))
  const restored = Effect.gen(function* () {
    yield* OutQueueRestore.request(trash, name)
    yield* Layer.build(OutQueueRestore.layer(trash))
    // Files are really read.
    while (Fs.existsSync(join(trash, `${name}.restore`))) {
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 20)))
    }
    return yield* (yield* QueueStore).list(north, { limit: 50 })
  })
  return { put, restored, trash }
})

const user = (name: string) => Builders.user(name, { schools: ["School1"], id: `id-${name}` })

const Live = Layer.mergeAll(NodeContext.layer, MemoryQueueStore.layer, MemoryDirectory.layer(), QueueNotifier.layer)

const noting = (lines: Array<string>) =>
  Logger.replace(
    Logger.defaultLogger,
    Logger.map(Logger.logfmtLogger, (line) => void lines.push(line))
  )

describe("OutQueueRestore", () => {
  it.scoped("leaves what can't be read where it was, and names it", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      const { put, restored, trash } = yield* world
      put("1_1.json", user("anna"))
      put("2_2.json", JSON.stringify(user("bert")).slice(0, 40))
      put("3_3.json", user("carl"))
      Fs.mkdirSync(join(trash, name, "notes"))
      const items = yield* restored
      assert.deepStrictEqual(
        items.map(({ object }) => object.id),
        ["id-anna", "id-carl"]
      )
      assert.deepStrictEqual(Fs.readdirSync(join(trash, name)).sort(), ["2_2.json", "notes"])
      assert.match(lines.join("\n"), /level=ERROR.*2_2\.json/)
    }).pipe(Effect.provide(Layer.merge(Live, noting(lines))))
  })

  it.scoped("brings files without item numbers back in the order of their names", () =>
    Effect.gen(function* () {
      const { put, restored } = yield* world
      const names = ["03", "01", "12", "02", "11", "04", "10"]
      for (const n of names) put(`2026-01-${n}-00-00-00-000000_ready.json`, user(`user${n}`))
      const items = yield* restored
      assert.deepStrictEqual(
        items.map(({ object }) => object.id),
        [...names].sort().map((n) => `id-user${n}`)
      )
    }).pipe(Effect.provide(Live))
  )
})
