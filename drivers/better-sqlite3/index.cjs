// Version 13 is written for Node-API 10 (Node.js 22.14 and newer) and ends an older process as soon as a database is opened.
// Version 12 ends the process of Node.js 24.19 and newer 24s in a garbage collection, and is compiled where it is installed.
// Each is installed apart (by scripts/installed.mjs), and neither is loaded where it does not belong.
const { join } = require("node:path")

const isNew = Number(process.versions.napi) >= 10
const driver = join(__dirname, "..", `better-sqlite3-${isNew ? 13 : 12}`, "node_modules", "better-sqlite3")

const isThere = () => {
  try {
    // Fails, too, when it was compiled for another Node.js.
    require(isNew ? driver : join(driver, "build", "Release", "better_sqlite3.node"))
    return true
  } catch {
    return false
  }
}

/** In place of the driver. It says so when a database is opened, as drivers do, not when it is imported. */
function Missing() {
  const needs = isNew ? "" : " (python3, make and g++ are needed)"
  throw new Error(
    `The SQLite driver for Node.js ${process.versions.node} is not installed: run npm ci with this Node.js${needs}.`
  )
}

module.exports = isThere() ? require(driver) : Missing
