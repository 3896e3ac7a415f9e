// After an install from the lock file: builds, so that node_modules/.bin/id-connector runs without a further step.
// Without the development tools (npm ci --omit=dev) there is nothing to build with: the image brings its build along.
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { root } from "./installed.mjs"

const tsc = join(root, "node_modules", "typescript", "bin", "tsc")
if (existsSync(tsc)) {
  const done = spawnSync(process.execPath, [tsc, "-b", "tsconfig.build.json"], { cwd: root, stdio: "inherit" })
  process.exit(done.status ?? 1)
}
