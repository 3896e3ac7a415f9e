/** All tests run under a watch that looks for their secrets (`scripts/secrets`); this is the test that it can find any. */
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"

const watch = new URL("../../../../scripts/secrets/watch.mjs", import.meta.url).href
// Put together here, so that the watch over this test has nothing to find.
const program = `
  import * as Fs from "node:fs"
  import { createServer } from "node:http"
  import { join } from "node:path"
  const secret = ["s3c", "r3t"].join(""), hash = ["h4", "sh"].join("")
  const directory = Fs.mkdtempSync(join(process.env.TMPDIR, "x"))
  for (const name of ["log", "data", "conf"]) Fs.mkdirSync(join(directory, name))
  Fs.writeFileSync(join(directory, "log", "queues.log"), "wrote " + hash)
  Fs.writeFileSync(join(directory, "data", "id-connector.db"), "may have " + hash)
  Fs.writeFileSync(join(directory, "data", "other.db"), "stored " + secret)
  Fs.writeFileSync(join(directory, "conf", "T1.json"), "belongs here: " + secret)
  await Fs.promises.rm(directory, { recursive: true })
  const server = createServer((request, response) => response.end(request.url + secret)).listen(0, "127.0.0.1")
  await new Promise((resolve) => server.once("listening", resolve))
  for (const path of ["/x", "/ucsschool/kelvin/users"]) await fetch("http://127.0.0.1:" + server.address().port + path)
  server.close()
  console.log("said " + secret)
`

describe("The watch over all tests", () => {
  it("finds secrets in what a process writes, answers and leaves behind, and not where they belong", () => {
    const directory = Fs.mkdtempSync(join(tmpdir(), "id-connector-watch-"))
    const report = join(directory, "report")
    const env = { ...process.env, NODE_OPTIONS: "", ID_CONNECTOR_SECRETS: report, TMPDIR: directory }
    const done = spawnSync(process.execPath, ["--import", watch, "--input-type=module", "--eval", program], { env })
    assert.strictEqual(done.status, 0, String(done.stderr))
    const entries = Fs.readFileSync(report, "utf8").trim().split("\n")
    // It is full of what was found, and this test is watched.
    Fs.truncateSync(report)
    Fs.rmSync(directory, { recursive: true })
    const found = entries.map((line): { where?: string; looked?: object } => JSON.parse(line))
    const places = found.flatMap(({ where }) =>
      where === undefined ? [] : [where.replace(/.*(?=\/(log|data)\/)/, "")]
    )
    assert.deepStrictEqual(places.map((place) => place.replace(/ of .*/, "")).sort(), [
      "/data/other.db",
      "/log/queues.log",
      "answer to GET /x",
      "standard output"
    ])
    assert.ok(found.some(({ looked }) => looked !== undefined))
  })
})
