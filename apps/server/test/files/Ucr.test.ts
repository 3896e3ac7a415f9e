import * as Fs from "node:fs"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { SystemError } from "@effect/platform/Error"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Ucr from "@id-connector/server/files/Ucr"
import { quietly } from "@id-connector/testkit/Quietly"
import { Effect, Layer, TestClock } from "effect"

const ioError = new SystemError({ reason: "Unknown", module: "FileSystem", method: "readFile", description: "EIO" })

/** A UCR file, whose next reads fail as often as `failures` says. */
const world = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const file = join(yield* fs.makeTempDirectoryScoped(), "base.conf")
  Fs.writeFileSync(file, "ucsschool-id-connector/source_uid: STATE\n")
  const failures = { left: 0 }
  const flaky = Layer.succeed(FileSystem.FileSystem, {
    ...fs,
    readFileString: (path) => (failures.left-- > 0 ? Effect.fail(ioError) : fs.readFileString(path))
  })
  const { sourceUid } = yield* Effect.provide(Ucr.Ucr, Layer.provide(Ucr.layer(file), flaky))
  const later = Effect.zipRight(TestClock.adjust("2 seconds"), sourceUid)
  return { failures, file, later, sourceUid }
})

describe("Ucr", () => {
  it.scoped("reads the file again after a read that failed, also when that was the first one", () =>
    Effect.gen(function* () {
      const { failures, later, sourceUid } = yield* world
      failures.left = 1
      yield* sourceUid
      assert.strictEqual(yield* later, "STATE")
    }).pipe(Effect.provide(NodeContext.layer), quietly)
  )

  it.scoped("keeps the last known values while the file is away, empty or can't be read", () =>
    Effect.gen(function* () {
      const { failures, file, later } = yield* world
      assert.strictEqual(yield* later, "STATE")
      Fs.writeFileSync(file, "")
      assert.strictEqual(yield* later, "STATE")
      Fs.rmSync(file)
      assert.strictEqual(yield* later, "STATE")
      failures.left = 1
      Fs.writeFileSync(file, "ucsschool-id-connector/source_uid: OTHER\n")
      assert.strictEqual(yield* later, "STATE")
      assert.strictEqual(yield* later, "OTHER")
    }).pipe(Effect.provide(NodeContext.layer), quietly)
  )
})
