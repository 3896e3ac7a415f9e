import * as Fs from "node:fs"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { HistoryOutbox } from "@id-connector/core/history/HistoryOutbox"
import { HistoryStoreError } from "@id-connector/core/history/HistoryStore"
import { QueueStore } from "@id-connector/core/queue/QueueStore"
import * as AuditNotes from "@id-connector/server/files/AuditNotes"
import * as SystemUser from "@id-connector/server/process/SystemUser"
import { quietly } from "@id-connector/testkit/Quietly"
import { Effect, Layer, TestClock } from "effect"

const isRoot = process.getuid?.() === 0

const by = { name: "id-connector trash clean (root)", address: null }
const cleaned = { action: "trash.clean", subject: "3 files" }

const world = Effect.gen(function* () {
  const app = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
  const directory = join(app, "data", "audit")
  Fs.mkdirSync(join(app, "data"))
  return { app, directory, notes: () => Fs.readdirSync(directory) }
})

/** Lets looks at the files happen, which really read them, until something is so. */
const until = (isSo: () => boolean) =>
  Effect.repeat(
    Effect.zipRight(
      TestClock.adjust("2 seconds"),
      Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    ),
    { until: isSo, times: 10_000 }
  )

describe("Notes for the audit log", () => {
  it.scoped("stay until their entries last, and none is taken over twice", () =>
    Effect.gen(function* () {
      const { app, notes } = yield* world
      yield* AuditNotes.leave(app, by, [cleaned, { action: "file.mapping_changed", subject: null }])
      const happened: Array<string> = []
      let failures = 2
      const failure = new HistoryStoreError({ operation: "outbox.record", cause: new Error("database is locked") })
      yield* Layer.build(
        AuditNotes.layer(app).pipe(
          Layer.provide([
            Layer.mock(HistoryOutbox, {
              record: (audited) =>
                Effect.suspend(() => {
                  if (failures-- > 0) return Effect.fail(failure)
                  happened.push(...audited.map(({ action }) => action))
                  return Effect.void
                })
            }),
            Layer.mock(QueueStore, {
              flush: Effect.sync(() => void happened.push(`flushed, ${notes().length} there`))
            })
          ])
        )
      )
      yield* until(() => notes().length === 0)
      const once = ["trash.clean", "file.mapping_changed", "flushed, 1 there"]
      assert.deepStrictEqual(happened, once)
      yield* AuditNotes.leave(app, by, [cleaned])
      yield* until(() => notes().length === 0)
      assert.deepStrictEqual(happened, [...once, "trash.clean", "flushed, 1 there"])
    }).pipe(Effect.provide(NodeContext.layer), quietly)
  )

  it.scoped("are for nobody else to read, and belong to whom the data belong to", () =>
    Effect.gen(function* () {
      const { app, directory, notes } = yield* world
      if (isRoot) Fs.chownSync(join(app, "data"), 10_001, 10_001)
      yield* AuditNotes.leave(app, by, [cleaned])
      const [name = ""] = notes()
      const { mode, uid } = Fs.statSync(join(directory, name))
      const owner = Fs.statSync(join(app, "data")).uid
      assert.deepStrictEqual([mode & 0o777, uid, Fs.statSync(directory).uid], [0o600, owner, owner])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it("name who stands behind root, where sudo says so", () => {
    const before = process.env.SUDO_USER
    process.env.SUDO_USER = "anna"
    assert.strictEqual(SystemUser.name().startsWith("anna as "), isRoot)
    process.env.SUDO_USER = "anna)\nadmin"
    assert.notInclude(SystemUser.name(), "anna")
    if (before === undefined) delete process.env.SUDO_USER
    else process.env.SUDO_USER = before
  })
})
