// After an install from the lock file: installs the database driver of this Node.js, and builds, so that
// node_modules/.bin/id-connector runs without a further step. Without the development tools (npm ci --omit=dev) there is nothing
// to build with: the image brings its build along.
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { ensureDriver, root } from "./installed.mjs"

ensureDriver()
const tsc = join(root, "node_modules", "typescript", "bin", "tsc")
if (existsSync(tsc)) {
  const done = spawnSync(process.execPath, [tsc, "-b", "tsconfig.build.json"], { cwd: root, stdio: "inherit" })
  process.exit(done.status === null ? 1 : done.status)
}
