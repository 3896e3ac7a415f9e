import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as TrashSize from "@id-connector/server/files/TrashSize"
import { Effect } from "effect"

describe("The size of a trash", () => {
  it.effect("is the number of its files, so many levels deep, and 0 where there is none", () =>
    Effect.gen(function* () {
      const directory = Fs.mkdtempSync(join(tmpdir(), "id-connector-trash-"))
      const own = join(directory, "20260203_040506.North")
      Fs.mkdirSync(join(own, "deeper"), { recursive: true })
      for (const file of [join(directory, "a"), join(own, "b"), join(own, "c"), join(own, "deeper", "d")]) {
        Fs.writeFileSync(file, "")
      }
      assert.deepStrictEqual(
        [
          yield* TrashSize.count(directory, 1),
          yield* TrashSize.count(directory, 2),
          yield* TrashSize.count(join(directory, "none"), 2)
        ],
        [1, 3, 0]
      )
      Fs.rmSync(directory, { recursive: true })
    })
  )
})
