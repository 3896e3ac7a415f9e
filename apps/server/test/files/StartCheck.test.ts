import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as StartCheck from "@id-connector/server/files/StartCheck"
import { Effect } from "effect"

const world = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped()
  const check = (appDir: string, databaseFile = `${appDir}/data/id-connector.db`) =>
    StartCheck.directories({ appDir, databaseFile, listenerDirectory: `${appDir}/data/listener` })
  return { check, directory, fs }
})

describe("The check of directories at the start", () => {
  it.scopedLive("makes what is not there", () =>
    Effect.gen(function* () {
      const { check, directory, fs } = yield* world
      yield* check(`${directory}/a/b`)
      assert.isTrue(yield* fs.exists(`${directory}/a/b/data/listener/trash`))
      yield* check(`${directory}/a/b`, `${directory}/a/other.db`)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("says everything that is wrong: variable, directory, why, what to do", () =>
    Effect.gen(function* () {
      const { check, directory, fs } = yield* world
      yield* fs.writeFileString(`${directory}/file`, "")
      const { problems } = yield* Effect.flip(check(`${directory}/file`, `${directory}/nowhere/idc.db`))
      assert.deepStrictEqual(problems, [
        `IDC_APP_DIR: ${directory}/file/data can't be a directory: a part of the path is a file. Give the connector the right to write there, or set another directory.`,
        `IDC_DATABASE_URL: the directory ${directory}/nowhere does not exist. Create it, or correct the path: a database is not looked for anywhere else.`
      ])
      assert.isFalse(yield* fs.exists(`${directory}/nowhere`))
      yield* fs.makeDirectory(`${directory}/app/data`, { recursive: true })
      yield* fs.writeFileString(`${directory}/app/data/listener`, "")
      const { message } = yield* Effect.flip(check(`${directory}/app`))
      assert.include(message, "/app/data/listener is no directory but a file")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("comes to an end where nothing can ever be made", () =>
    Effect.gen(function* () {
      const { check } = yield* world
      const { message } = yield* Effect.flip(check("/proc/id-connector"))
      assert.match(message, /^IDC_APP_DIR: \/proc\/id-connector\/data can't be/)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
