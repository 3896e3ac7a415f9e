// npm run nodes [-- 22 24]: whether the connector runs on other Nodes than this one. Each is fetched as an npm package, runs the
// tests of the storage, the deliveries and the API, the demonstration, and load while garbage is collected.
import { spawnSync } from "node:child_process"
import { mkdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { root } from "./installed.mjs"

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

const run = (env, command, ...args) => {
  console.log(`\n> ${command} ${args.join(" ")}`)
  const { status } = spawnSync(command, args, { cwd: root, env, stdio: "inherit" })
  if (status !== 0) {
    console.error(`This failed: ${command} ${args.join(" ")}`)
    process.exit(1)
  }
}

/** The directory of an executable `node` of this version. */
const fetched = (version) => {
  const name = `node-${process.platform}-${process.arch}`
  const directory = join(tmpdir(), "id-connector-nodes", version)
  mkdirSync(directory, { recursive: true })
  run(process.env, "npm", "install", "--silent", "--no-save", "--prefix", directory, `${name}@${version}`)
  return join(directory, "node_modules", name, "bin")
}

const asked = process.argv.slice(2)
for (const version of asked.length > 0 ? asked : ["22", "24"]) {
  const env = { ...process.env, PATH: `${fetched(version)}${delimiter}${process.env.PATH}` }
  run(env, "node", "--version")
  run(env, "node", "scripts/test.mjs", ...tests, ...left.map((pattern) => `--exclude=${pattern}`))
  run(env, "npm", "start", "--", "--once")
  run(env, "node_modules/.bin/tsc", "-b", "tsconfig.build.json")
  run(env, "node", "apps/demo/dist/faults/LoadRun.js", String(seconds))
}
