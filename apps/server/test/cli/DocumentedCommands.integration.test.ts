import * as Fs from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as CommandProcess from "./CommandProcess.js"

const docs = fileURLToPath(new URL("../../../../docs", import.meta.url))

/** `id-connector WORD` in code, with its page. What `docker run` is given is an image. */
const named = Fs.readdirSync(docs)
  .filter((page) => page.endsWith(".md"))
  .flatMap((page) =>
    Fs.readFileSync(join(docs, page), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("    ") || line.includes("`") || /^\s*id-connector /.test(line))
      .flatMap((line) =>
        [...line.matchAll(/(?<![\w/-])(?<!docker run |Another )id-connector ([a-z][a-z_-]*)/g)].map(
          ([, word = ""]) => ({
            page,
            word
          })
        )
      )
  )

describe("The commands that the documentation names", { timeout: 60_000 }, () => {
  it.live("are there", () =>
    Effect.gen(function* () {
      const { out } = yield* CommandProcess.run("id-connector", ["--help"], { PATH: process.env.PATH })
      const known = new Set([...out.matchAll(/^ +([a-z][a-z_-]*)/gm)].map(([, word = ""]) => word))
      assert.includeMembers([...known], ["serve", "queue", "upgrade"])
      assert.isAbove(named.length, 20)
      assert.deepStrictEqual(
        named.filter(({ word }) => !known.has(word)),
        []
      )
    })
  )
})
