// Projects of people who use the packages: empty ones, in which the line that the documentation gives is run as it stands there.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "../installed.mjs"
import { run } from "./run.mjs"

const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

/** The install line of a page. */
export const lineOf = (page) => {
  const line = /^npm install .*@id-connector\/.*$/m.exec(readFileSync(join(root, page), "utf8"))?.[0]
  if (line === undefined)
    throw new Error(`${page} has no line "npm install ... @id-connector/...": say how it is installed`)
  return line
}

/** Makes an empty project and runs a line in it. Whatever npm has in its cache is not asked for again. */
export const install = async (directory, line, registry) => {
  mkdirSync(directory, { recursive: true })
  const manifest = {
    name: "consumer",
    private: true,
    type: "module",
    devDependencies: { "@types/node": devDependencies["@types/node"] },
    // Compiling the driver anew would take minutes.
    overrides: { "better-sqlite3": `file:${join(root, "drivers", "better-sqlite3")}` }
  }
  writeFileSync(join(directory, "package.json"), JSON.stringify(manifest))
  const settings = [`@id-connector:registry=${registry}`, "prefer-offline=true", "ignore-scripts=true", "audit=false"]
  writeFileSync(join(directory, ".npmrc"), [...settings, "fund=false", ""].join("\n"))
  // What npm was told when it started this script is not what a user's npm is told.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(config|package)_/i.test(name)))
  await run("sh", ["-c", line], directory, env)
}

/** Copies examples of the documentation there, `packages/core.ts` or a folder. */
export const copyExamples = (directory, path) =>
  cpSync(join(root, "docs", "snippets", path), join(directory, "snippets", path), { recursive: true })

/** Compiles what is in a project, and every declaration that it reaches, as strictly as TypeScript can. */
export const compile = async (directory, include = ["snippets"]) => {
  const compilerOptions = {
    module: "NodeNext",
    target: "ES2022",
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    rootDir: ".",
    outDir: "out"
  }
  writeFileSync(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions, include }))
  await run(join(root, "node_modules", ".bin", "tsc"), ["-p", "."], directory)
}
