// npm test: all tests, or those named as arguments (`npm test -- packages/core`). Ends with one line that counts them, and
// with a block that names those for which something is missing.
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ensureInstalled, root } from "./installed.mjs"
import * as Tools from "./tools.mjs"

const args = process.argv.slice(2)
ensureInstalled()
Tools.install(args)
const absent = Tools.missing(args)
const directory = Fs.mkdtempSync(join(tmpdir(), "id-connector-tests-"))
const report = join(directory, "report.json")
// The processes that tests start are the built ones, as administrators have them. What does not compile is tested all the same.
const build = spawnSync("node_modules/.bin/tsc", ["-b", "tsconfig.build.json"], { cwd: root, stdio: "inherit" })
// Some tests alone can't say whether enough is covered; those of all packages can.
const isPart = args.some((arg) => !arg.startsWith("--coverage") && arg !== "--project=packages/*")
const env = {
  ...process.env,
  ID_CONNECTOR_BUILT: String(build.status === 0),
  ...(isPart ? { ID_CONNECTOR_FLOORS: "false" } : {})
}
const done = spawnSync(
  "node_modules/.bin/vitest",
  ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...args],
  { cwd: root, env, stdio: "inherit" }
)
try {
  const { numFailedTests, numPassedTests, numPendingTests } = JSON.parse(Fs.readFileSync(report, "utf8"))
  const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : ""
  console.log(`${numPassedTests} passed, ${numFailedTests} failed${skipped}`)
  if (done.status !== 0 && numFailedTests === 0) console.log("Not every file could be run: see above.")
  if (numPassedTests === 0) process.exitCode = 1
} catch {
  console.error("The test runner left no report.")
  process.exitCode = 1
}
Fs.rmSync(directory, { recursive: true, force: true })
if (done.status !== 0) process.exitCode = done.status || 1
if (args.includes("--coverage")) console.log("The pages of the coverage: coverage/index.html")
if (absent.length > 0) {
  console.log(Tools.notice(absent, Tools.isDemanding()).join("\n"))
  if (Tools.isDemanding()) process.exitCode = process.exitCode || 1
}
