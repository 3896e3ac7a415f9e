// Makes a fresh clone usable without a step before: installs what the lock file asks for when it is not there yet.
// Plain Node only: nothing is installed when this runs.
import { spawnSync } from "node:child_process"
import { existsSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

const atLeast = [20, 19]

export const ensureInstalled = () => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
  if (major < atLeast[0] || (major === atLeast[0] && minor < atLeast[1])) {
    console.error(`Node.js ${atLeast.join(".")} or newer is needed, this is ${process.versions.node}.`)
    process.exit(1)
  }
  if (isInstalled()) return
  console.log("Installing what is missing (a minute or two: the database driver is compiled) ...")
  const done = spawnSync("npm", ["ci"], { cwd: root, stdio: "inherit" })
  if (done.status !== 0) {
    console.error("npm ci failed. Compiling the database driver needs python3, make and g++.")
    process.exit(done.status ?? 1)
  }
}

/** npm writes `node_modules/.package-lock.json` last; older than the lock file means that the lock file has changed since. */
const isInstalled = () => {
  const done = join(root, "node_modules", ".package-lock.json")
  const driver = join(root, "node_modules", "better-sqlite3", "build", "Release", "better_sqlite3.node")
  return (
    existsSync(done) &&
    existsSync(driver) &&
    statSync(done).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs
  )
}
