import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Host, source } from "./Host.js"

const isDemanding = !["", "0", "false"].includes((process.env.CI ?? "").toLowerCase())
const isThere = spawnSync("shellcheck", ["--version"]).status === 0

const complaints = (path: string) => {
  const { error, status, stdout } = spawnSync("shellcheck", [path], { encoding: "utf8" })
  return status === 0 ? "" : `${stdout}${error?.message ?? ""} (exit code ${status})`
}

// In continuous integration a missing shellcheck fails.
describe.skipIf(!isThere && !isDemanding)("shellcheck finds nothing wrong (needs shellcheck)", () => {
  for (const script of ["inst", "uinst", "preinst"])
    it(`with ${script}`, () => assert.strictEqual(complaints(join(source, script)), ""))

  it("with the container's entrypoint", () => {
    assert.strictEqual(complaints(fileURLToPath(new URL("../../../../container/entrypoint.sh", import.meta.url))), "")
  })

  it("with the hook that preinst installs", () => {
    const host = new Host()
    host.run("preinst")
    assert.strictEqual(complaints(host.path("etc/ca-certificates/update.d/ucsschool-id-connector")), "")
    host.remove()
  })
})
