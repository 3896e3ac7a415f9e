// npm run docs: writes docs/modules.md, one line per module from its own docstring, and the examples into the pages that show them, then
// builds the documentation site. `--no-site` only writes; `--no-reference` builds with the API reference that is there, or without one.
// `--check` only says whether what is written is true, and whether the links between the pages lead somewhere.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { ensureInstalled, root } from "./installed.mjs"
import * as Site from "./site.mjs"
import * as Snippets from "./snippets.mjs"

// In a fresh clone. What is there is taken as it is: the image has no driver where it builds the site.
if (!existsSync(join(root, "node_modules"))) ensureInstalled()

/** The packages, each with its rooms in the order of use: a room uses only those before it. */
const packages = {
  "packages/core": [
    "input",
    "schools",
    "directory",
    "config",
    "changes",
    "mapping",
    "targets",
    "events",
    "history",
    "access",
    "queue",
    "queue/in",
    "queue/out"
  ],
  "packages/kelvin": ["client", "settings", "delivery"],
  "packages/sql": [],
  "packages/ldap": [],
  "packages/api": [],
  "packages/testkit": ["data", "memory", "simulator", "contract", "harness", "scenario"],
  "apps/server": ["process", "files", "log", "history", "targets", "plugins", "upgrade", "http", "cli"],
  "apps/demo": ["bench", "faults", "soak"]
}

/** The innermost room of a module, or "" for the top of its package. */
const roomOf = (module, rooms) =>
  rooms.filter((room) => module.startsWith(`${room}/`)).sort((a, b) => b.length - a.length)[0] ?? ""

const sources = (directory) =>
  readdirSync(directory)
    .sort()
    .flatMap((name) => {
      const path = join(directory, name)
      if (statSync(path).isDirectory()) return sources(path)
      return name.endsWith(".ts") && name !== "index.ts" ? [path] : []
    })

/** The first sentence of a module's first docstring. */
const sentence = (text) => {
  const doc = /\/\*\*([\s\S]*?)\*\//.exec(text)?.[1] ?? ""
  const plain = doc
    .replace(/^\s*\* ?/gm, "")
    .replace(/\{@link (\S+)\}/g, "`$1`")
    .split("\n\n")[0]
    .replace(/\s+/g, " ")
    .trim()
  return /^(.*?[.:])(\s|$)/.exec(plain)?.[1]?.replace(/:$/, ".") ?? plain
}

const lines = ["# Modules", "", "Written by `npm run docs` from the docstrings; do not edit.", ""]
let undocumented = 0

const row = (folder, path) => {
  const says = sentence(readFileSync(path, "utf8"))
  if (says === "") {
    undocumented++
    console.error(`${relative(root, path)}: has no docstring`)
  }
  const module = relative(join(root, folder, "src"), path).replace(/\.ts$/, "")
  return `| [${module}](../${relative(root, path)}) | ${says.replaceAll("|", "\\|")} |`
}

for (const [folder, rooms] of Object.entries(packages)) {
  const { description, name } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"))
  lines.push(`## ${name}`, "", `${description}.`, "")
  const modules = sources(join(root, folder, "src"))
  for (const room of [...rooms, ""]) {
    if (rooms.length > 0) lines.push(room === "" ? "### At the top" : `### ${room}`, "")
    const paths = modules.filter((path) => roomOf(relative(join(root, folder, "src"), path), rooms) === room)
    if (paths.length === 0) throw new Error(`${folder} has no room ${room}: mend scripts/docs.mjs`)
    lines.push("| module | what it is |", "|---|---|", ...paths.map((path) => row(folder, path)), "")
  }
}

const target = join(root, "docs", "modules.md")
const text = lines.join("\n")
if (process.argv.includes("--check")) {
  let current = ""
  try {
    current = readFileSync(target, "utf8")
  } catch {
    // Missing counts as different.
  }
  if (current !== text) {
    console.error("docs/modules.md is not what the docstrings say: run npm run docs")
    process.exit(1)
  }
} else {
  writeFileSync(target, text)
}
const check = process.argv.includes("--check")
const outdated = Snippets.refresh(check)
if (check && outdated.length > 0) {
  console.error(`${outdated.join(", ")}: an example is not what its file in docs/snippets is: run npm run docs`)
  process.exit(1)
}
if (undocumented > 0) process.exit(1)
if (check) {
  if (!Site.check()) process.exit(1)
} else if (!process.argv.includes("--no-site")) {
  Site.build(!process.argv.includes("--no-reference"))
}
