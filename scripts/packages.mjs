// Packs what is published, installs it in an empty project and imports every entry with plain Node: what a user of the npm
// packages would meet.
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { root } from "./installed.mjs"

const published = [
  "packages/core",
  "packages/api",
  "packages/kelvin",
  "packages/ldap",
  "packages/sql",
  "packages/testkit"
]
const directory = mkdtempSync(join(tmpdir(), "id-connector-packages-"))

const run = (command, args, cwd) => {
  const done = spawnSync(command, args, { cwd, encoding: "utf8" })
  if (done.status === 0) return done.stdout
  console.error(`${command} ${args.join(" ")} failed\n${done.stdout}\n${done.stderr}`)
  process.exit(1)
}

try {
  run("npm", ["run", "build"], root)
  const packed = published.map((folder) => {
    const [info] = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", directory, `./${folder}`], root))
    console.log(`${info.name} ${info.version}: ${(info.size / 1024).toFixed(1)} KiB packed, ${info.entryCount} files`)
    return join(directory, info.filename)
  })
  const versions = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies
  const peers = ["effect", "@effect/platform", "@effect/experimental", "@effect/sql", "@effect/vitest", "vitest"]
  writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }))
  run(
    "npm",
    [
      "install",
      "--no-audit",
      "--no-fund",
      "--ignore-scripts",
      "--prefer-offline",
      ...packed,
      ...peers.map((name) => `${name}@${versions[name]}`)
    ],
    directory
  )
  const entries = published.flatMap((folder) => {
    const { name } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"))
    const modules = readdirSync(join(root, folder, "src"), { recursive: true }).filter(
      (file) => file.endsWith(".ts") && file !== "index.ts"
    )
    return [name, ...modules.map((file) => `${name}/${file.slice(0, -3)}`)]
  })
  // A suite of tests can only be imported by a test runner.
  const importable = entries.filter((entry) => !entry.includes("/contract/"))
  writeFileSync(join(directory, "imports.mjs"), importable.map((entry) => `await import("${entry}")`).join("\n"))
  run(process.execPath, ["imports.mjs"], directory)
  console.log(`${importable.length} entries import without the sources.`)
} finally {
  rmSync(directory, { recursive: true, force: true })
}
