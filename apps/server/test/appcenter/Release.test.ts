import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"

const root = fileURLToPath(new URL("../../../../", import.meta.url))
const { version } = JSON.parse(Fs.readFileSync(join(root, "package.json"), "utf8"))

describe("scripts/release.mjs", () => {
  it("in a dry run says what would be done, and writes nothing", () => {
    const directory = Fs.mkdtempSync(join(tmpdir(), "id-connector-release-"))
    const image = "registry.example.com/ucsschool-id-connector"
    const args = ["--image", image, "--bugs", "57,58", "--dry-run", join(directory, "package")]
    const { status, stdout } = spawnSync(process.execPath, [join(root, "scripts", "release.mjs"), ...args], {
      encoding: "utf8"
    })
    assert.strictEqual(status, 0)
    assert.include(stdout, `docker push ${image}:${version}\n`)
    assert.include(stdout, `Updates for UCS@school ID Connector ${version} have been released.`)
    assert.include(stdout, "Bugs closed: 57, 58.")
    assert.include(stdout, "If this error occurs again, please clone this bug.")
    assert.deepStrictEqual(Fs.readdirSync(directory), [])
    Fs.rmSync(directory, { recursive: true })
  })

  it("asks for an image", () => {
    const { status, stderr } = spawnSync(process.execPath, [join(root, "scripts", "release.mjs")], { encoding: "utf8" })
    assert.strictEqual(status, 2)
    assert.include(stderr, "Usage:")
  })
})
