import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const bin = join(root, "apps", "server", "bin")
const executables = Fs.readdirSync(bin).filter((name) => Fs.readFileSync(join(bin, name), "utf8").startsWith("#!"))

/** Runs something as an older Node.js would, as far as it reads it. */
const runAs = (version: string, file: string) => {
  const pretend = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } })`
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    ["--import", `data:text/javascript,${encodeURIComponent(pretend)}`, file],
    { encoding: "utf8", cwd: root }
  )
  return { status, stdout, stderr }
}

describe("On an older Node.js", () => {
  it("whatever is started says which is needed, and ends with 1", () => {
    const scripts = ["install.mjs", "test.mjs", "prepare.mjs"].map((name) => join(root, "scripts", name))
    for (const file of [...executables.map((name) => join(bin, name)), ...scripts]) {
      for (const version of ["20.18.3", "18.20.8"]) {
        assert.deepStrictEqual(
          [file, runAs(version, file)],
          [file, { status: 1, stdout: "", stderr: `Node.js 20.19 or newer is needed, this is ${version}.\n` }]
        )
      }
    }
  })

  it("the packages say the same", () => {
    const folders = ["packages", "apps"].flatMap((room) =>
      Fs.readdirSync(join(root, room)).map((name) => join(root, room, name))
    )
    const engines = [root, ...folders]
      .map((folder) => JSON.parse(Fs.readFileSync(join(folder, "package.json"), "utf8")))
      .flatMap(({ engines }) => (engines === undefined ? [] : [engines.node]))
    assert.isAbove(engines.length, 7)
    assert.deepStrictEqual([...new Set(engines)], [">=20.19"])
  })
})
