// Makes a fresh clone usable without a step before: installs what the lock files ask for when it is not there yet.
// Plain Node only: nothing is installed when this runs. And in words that an old one can read, so that it gets to be refused.
import "../apps/server/bin/needs-node.js"
import { spawnSync } from "node:child_process"
import { existsSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** See drivers/better-sqlite3. */
const isCompiled = Number(process.versions.napi) < 10

const driver = join(root, "drivers", isCompiled ? "better-sqlite3-12" : "better-sqlite3-13")

export const ensureInstalled = () => {
  if (!isUpToDate(root)) {
    console.log("Installing what is missing ...")
    const done = spawnSync("npm", ["ci"], { cwd: root, stdio: "inherit" })
    if (done.status !== 0) {
      console.error("npm ci failed.")
      process.exit(done.status || 1)
    }
  }
  // Another Node.js may have installed the rest.
  ensureDriver()
}

/** The database driver of this Node.js. It is installed apart, with scripts only where it has to be compiled. */
export const ensureDriver = () => {
  if (isDriverThere()) return
  if (isCompiled) console.log(`Compiling the database driver for Node.js ${process.versions.node} (a minute) ...`)
  const done = spawnSync("npm", ["ci", isCompiled ? "--no-ignore-scripts" : "--ignore-scripts"], {
    cwd: driver,
    stdio: "inherit"
  })
  if (done.status === 0 && isDriverThere()) return
  console.error(
    isCompiled
      ? "Compiling the database driver needs python3, make and g++. From Node.js 22.14 on nothing is compiled."
      : "The database driver can't be installed."
  )
  process.exit(done.status || 1)
}

/** In a process of its own: one that has met a driver compiled for another Node.js loads no other after it. */
const isDriverThere = () => {
  if (!isUpToDate(driver)) return false
  const binary = join(driver, "node_modules", "better-sqlite3", "build", "Release", "better_sqlite3.node")
  return !isCompiled || spawnSync(process.execPath, ["-e", `require(${JSON.stringify(binary)})`]).status === 0
}

/** npm writes `node_modules/.package-lock.json` last; older than the lock file means that the lock file has changed since. */
const isUpToDate = (directory) => {
  const done = join(directory, "node_modules", ".package-lock.json")
  return existsSync(done) && statSync(done).mtimeMs >= statSync(join(directory, "package-lock.json")).mtimeMs
}
