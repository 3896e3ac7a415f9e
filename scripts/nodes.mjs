// npm run nodes [-- 22 24]: whether the connector runs on other Nodes than this one. Each is fetched as an npm package, runs the
// tests of the storage, the deliveries and the API, the demonstration, and load while garbage is collected.
import { spawn, spawnSync } from "node:child_process"
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { root } from "./installed.mjs"
import * as Tools from "./tools.mjs"

/** What meets Node.js: storage, files, sockets, processes. Decisions are the same on every Node.js. */
const tests = [
  "packages/sql",
  "packages/ldap",
  "packages/kelvin/test/client",
  "apps/server/test/files",
  "apps/server/test/http",
  "apps/server/test/log",
  "apps/server/test/targets",
  "apps/server/test/cli/Serve"
]
/** A browser would find nothing else. */
const left = ["**/Documents.browser.test.ts"]

const seconds = 40

/** Ends with the process's output, and whether it went well. */
const run = (env, output, command, ...args) =>
  new Promise((resolve) => {
    const said = `> ${command} ${args.join(" ")}`
    writeSync(output, `\n${said}\n`)
    const child = spawn(command, args, { cwd: root, env, stdio: ["ignore", output, output] })
    child.once("error", ({ message }) => writeSync(output, `${message}\n`))
    child.once("close", (status) => {
      if (status !== 0) writeSync(output, `This failed: ${said.slice(2)}\n`)
      resolve(status === 0)
    })
  })

/** The directory of an executable `node` of this version. */
const fetched = (version) => {
  const name = `node-${process.platform}-${process.arch}`
  const directory = join(tmpdir(), "id-connector-nodes", version)
  mkdirSync(directory, { recursive: true })
  const args = ["install", "--silent", "--no-save", "--prefix", directory, `${name}@${version}`]
  if (spawnSync("npm", args, { stdio: "inherit" }).status !== 0) {
    console.error(`Node.js ${version} could not be fetched.`)
    process.exit(1)
  }
  return join(directory, "node_modules", name, "bin")
}

/** One after the other, and not on after a failure. */
const tried = async (bin, output) => {
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` }
  const steps = [
    ["node", "--version"],
    ["node", "scripts/test.mjs", ...tests, ...left.map((pattern) => `--exclude=${pattern}`)],
    ["npm", "start", "--", "--once"],
    ["node", "apps/demo/dist/faults/LoadRun.js", String(seconds)]
  ]
  for (const step of steps) if (!(await run(env, output, ...step))) return false
  return true
}

const asked = process.argv.slice(2)
const versions = asked.length > 0 ? asked : ["22", "24"]
const bins = versions.map(fetched)
// What all of them need is done before, by one at a time: tools, database drivers, the build.
Tools.install(tests)
for (const bin of bins) {
  if (spawnSync(join(bin, "node"), ["scripts/prepare.mjs"], { cwd: root, stdio: "inherit" }).status !== 0)
    process.exit(1)
}
const directory = mkdtempSync(join(tmpdir(), "id-connector-nodes-output-"))
console.log(`Node.js ${versions.join(" and ")}, at the same time; what they say comes when each is done.`)
await Promise.all(
  versions.map(async (version, index) => {
    const file = join(directory, version)
    const output = openSync(file, "w")
    const isGood = await tried(bins[index], output)
    closeSync(output)
    console.log(readFileSync(file, "utf8"))
    console.log(`Node.js ${version}: ${isGood ? "good" : "this failed, see above"}`)
    if (!isGood) process.exitCode = 1
  })
)
rmSync(directory, { recursive: true, force: true })
