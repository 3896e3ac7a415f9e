import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"

const root = fileURLToPath(new URL("../../../../", import.meta.url))
const { scripts } = JSON.parse(Fs.readFileSync(join(root, "package.json"), "utf8"))
const text = Fs.readFileSync(join(root, "Makefile"), "utf8")
const verbs = [...text.matchAll(/^([a-z-]+): ## /gm)].map(([, verb = ""]) => verb).filter((verb) => verb !== "help")

const make = (...args: ReadonlyArray<string>) => spawnSync("make", args, { cwd: root, encoding: "utf8" })
const isThere = make("--version").status === 0

describe("The Makefile", () => {
  it("has the verbs of the Python connector's, and each is an npm script", () => {
    for (const verb of ["clean", "lint", "format", "test", "coverage", "coverage-html", "docs", "image"]) {
      assert.include(verbs, verb)
    }
    for (const verb of verbs) assert.property(scripts, verb)
  })

  it.skipIf(!isThere)("lists its verbs when it is given none", () => {
    const { status, stdout } = make()
    assert.strictEqual(status, 0)
    assert.deepStrictEqual(
      stdout
        .trim()
        .split("\n")
        .slice(2)
        .map((line) => line.trim().split(/\s+/)[0]),
      verbs
    )
  })

  it.skipIf(!isThere)("calls the npm script, whatever else has the verb's name, and hands arguments on", () => {
    for (const verb of verbs) {
      assert.strictEqual(make("--dry-run", verb, "ARGS=packages/core").stdout, `npm run ${verb} -- packages/core\n`)
    }
  })
})
