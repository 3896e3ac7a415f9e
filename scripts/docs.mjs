// npm run docs: writes docs/modules.md, one line per module from its own docstring. `--check` only says whether it is true.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { root } from "./installed.mjs"

const rooms = [
  "packages/core",
  "packages/api",
  "packages/kelvin",
  "packages/ldap",
  "packages/sql",
  "packages/testkit",
  "apps/server",
  "apps/demo"
]

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
for (const room of rooms) {
  const { description, name } = JSON.parse(readFileSync(join(root, room, "package.json"), "utf8"))
  lines.push(`## ${name}`, "", `${description}.`, "", "| module | what it is |", "|---|---|")
  for (const path of sources(join(root, room, "src"))) {
    const says = sentence(readFileSync(path, "utf8"))
    if (says === "") {
      undocumented++
      console.error(`${relative(root, path)}: has no docstring`)
    }
    lines.push(
      `| [${relative(join(root, room, "src"), path).replace(/\.ts$/, "")}](../${relative(root, path)}) | ${says.replaceAll("|", "\\|")} |`
    )
  }
  lines.push("")
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
if (undocumented > 0) process.exit(1)
