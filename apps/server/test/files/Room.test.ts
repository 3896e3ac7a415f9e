import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import * as Room from "@id-connector/server/files/Room"
import { Effect } from "effect"

let directory = ""
beforeEach(() => {
  directory = Fs.mkdtempSync(join(tmpdir(), "id-connector-room-"))
})
afterEach(() => Fs.rmSync(directory, { recursive: true, force: true }))

describe("The room on a disk", () => {
  it.effect("is tried by writing, and nothing stays behind, be there room or not", () =>
    Effect.gen(function* () {
      yield* Room.tryToWrite(directory)
      assert.deepStrictEqual(Fs.readdirSync(directory), [])
      // Whatever is written there meets a disk without space.
      Fs.symlinkSync("/dev/full", join(directory, Room.trial))
      const { message } = yield* Effect.flip(Room.tryToWrite(directory))
      assert.match(message, new RegExp(`^${directory}: the disk is full\\. Make room\\.`))
      assert.deepStrictEqual(Fs.readdirSync(directory), [])
      yield* Room.tryToWrite(directory)
    })
  )

  it.effect("is not looked for where there is no directory, or something else, which is said", () =>
    Effect.gen(function* () {
      const file = join(directory, "file")
      Fs.writeFileSync(file, "")
      assert.include((yield* Effect.flip(Room.tryToUse(file))).message, "is no directory")
      assert.include((yield* Effect.flip(Room.tryToUse(join(directory, "no")))).message, "is not there")
      assert.include((yield* Effect.flip(Room.tryToWrite(join(directory, "no")))).message, "is not there")
      yield* Room.tryToUse(directory)
      assert.deepStrictEqual(Fs.readdirSync(directory), ["file"])
    })
  )

  it.effect("is told in bytes, or not at all", () =>
    Effect.gen(function* () {
      const room = yield* Room.of(directory)
      assert.ok(room !== null && room.free > 0 && room.size >= room.free)
      assert.isNull(yield* Room.of(join(directory, "no")))
    })
  )
})
