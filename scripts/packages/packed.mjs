// The packages as they are published, and whether what is in them is right.
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "../installed.mjs"
import { run } from "./run.mjs"

/** In the order of use: each uses only those before it. */
export const folders = [
  "packages/core",
  "packages/api",
  "packages/kelvin",
  "packages/ldap",
  "packages/sql",
  "packages/testkit",
  "apps/server"
]

/** The modules of a package, `mapping/Distribution` or `index`. */
export const modulesOf = (folder, kind = "src", ending = ".ts") =>
  readdirSync(join(root, folder, kind), { recursive: true })
    .filter((file) => file.endsWith(ending) && !file.endsWith(`.d${ending}`))
    .map((file) => file.slice(0, -ending.length))

/** Packs a package into a directory. */
export const pack = async (folder, directory) => {
  const [info] = JSON.parse(await run("npm", ["pack", "--json", "--pack-destination", directory, `./${folder}`], root))
  const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"))
  return { folder, name: manifest.name, manifest, info, tarball: join(directory, info.filename) }
}

/** What is wrong with the files of a packed package, in words. */
export const problems = ({ folder, info, name }) => {
  const files = info.files.map(({ path }) => path)
  const read = (...path) => readFileSync(join(root, ...path), "utf8")
  const modules = new Set(modulesOf(folder))
  const stale = modulesOf(folder, "dist", ".js").filter((module) => !modules.has(module))
  return [
    ...["README.md", "LICENSE"]
      .filter((file) => !files.includes(file))
      .map((file) => `${file} is missing: put it into ${folder}`),
    ...files
      .filter((file) => /tsbuildinfo|\.(test|bench)\.|(^|\/)test\//.test(file))
      .map((file) => `${file} has no place in a package: mend "files" in ${folder}/package.json`),
    ...stale.map((module) => `dist/${module}.js has no source any more: run npm run clean, and pack again`),
    ...(files.includes("LICENSE") && read(folder, "LICENSE") !== read("LICENSE")
      ? [`LICENSE is not the one of the project: copy it to ${folder}`]
      : [])
  ].map((problem) => `${name}: ${problem}`)
}

/** Runs publint and arethetypeswrong on a packed package; the types of every module are looked at. */
export const lint = async ({ folder, tarball }) => {
  const bin = (name) => join(root, "node_modules", ".bin", name)
  await run(bin("publint"), ["run", tarball, "--strict"], root)
  const entries = modulesOf(folder).map((module) => (module === "index" ? "." : module))
  // Modules of ECMAScript only: neither `require` nor the resolution of before there were `exports`.
  const options = ["--profile", "esm-only", "--format", "ascii", "--no-color", "--no-emoji"]
  await run(bin("attw"), [tarball, ...options, "--entrypoints", ...entries], root)
}
