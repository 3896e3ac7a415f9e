// npm test: all tests, or those named as arguments (`npm test -- packages/core`). Ends with one line that counts them.
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ensureInstalled, root } from "./installed.mjs"

ensureInstalled()
const directory = Fs.mkdtempSync(join(tmpdir(), "id-connector-tests-"))
const report = join(directory, "report.json")
const done = spawnSync(
  "node_modules/.bin/vitest",
  ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...process.argv.slice(2)],
  { cwd: root, stdio: "inherit" }
)
try {
  const { numFailedTests, numPassedTests, numPendingTests } = JSON.parse(Fs.readFileSync(report, "utf8"))
  const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : ""
  console.log(`${numPassedTests} passed, ${numFailedTests} failed${skipped}`)
  if (numPassedTests === 0) process.exitCode = 1
} catch {
  console.error("The test runner left no report.")
  process.exitCode = 1
}
Fs.rmSync(directory, { recursive: true, force: true })
if (done.status !== 0) process.exitCode = done.status || 1
