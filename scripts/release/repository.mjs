// The files that say the version, and git.
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export const read = (path) => Fs.readFileSync(join(root, path), "utf8")

/** How git ended, and what it said. */
export const git = (...args) => {
  const { error, status, stderr, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8", maxBuffer: 2 ** 26 })
  return { ok: status === 0, said: (stdout ?? "").trimEnd(), complaint: (error?.message ?? stderr ?? "").trim() }
}

/** All packages of the workspace, which have one version. The drivers are none of them. */
export const manifests = () => [
  "package.json",
  ...["packages", "apps"].flatMap((folder) =>
    Fs.readdirSync(join(root, folder))
      .map((name) => `${folder}/${name}/package.json`)
      .filter((path) => Fs.existsSync(join(root, path)))
  ),
  "examples/package.json"
]

const manifestWith = (text, from, to) =>
  text
    .replace(`"version": "${from}"`, `"version": "${to}"`)
    .replace(/("@id-connector\/[\w-]+": )"([^"]*)"/g, (whole, key, version) =>
      version === from ? `${key}"${to}"` : whole
    )

const lockWith = (text, from, to) => {
  const lock = JSON.parse(text)
  const of = (entry) => {
    if (entry.version === from) entry.version = to
    for (const kind of ["dependencies", "devDependencies", "peerDependencies"]) {
      for (const [name, version] of Object.entries(entry[kind] ?? {})) {
        if (name.startsWith("@id-connector/") && version === from) entry[kind][name] = to
      }
    }
  }
  of(lock)
  for (const [path, entry] of Object.entries(lock.packages)) if (!/^(node_modules|drivers)\//.test(path)) of(entry)
  return `${JSON.stringify(lock, null, 2)}\n`
}

/** Pages say `npm install @id-connector/server@1.2.3`. The changelog says what was. */
const pagesWith = (from) =>
  git(
    "grep",
    "-lE",
    `@id-connector/[a-z]+@${from.replaceAll(".", "\\.")}`,
    "--",
    "*.md",
    ":!CHANGELOG.md",
    ":!.changeset"
  )
    .said.split("\n")
    .filter((path) => path !== "")

/** The texts of all files that say a version, with another one in them. */
export const withVersion = (from, to) => {
  const escaped = from.replaceAll(".", "\\.")
  const page = (text) => text.replace(new RegExp(`(@id-connector/[a-z]+@)${escaped}(?![\\w.-])`, "g"), `$1${to}`)
  return new Map([
    ...manifests().map((path) => [path, manifestWith(read(path), from, to)]),
    ["package-lock.json", lockWith(read("package-lock.json"), from, to)],
    ["Dockerfile", read("Dockerfile").replace(`ARG VERSION=${from}`, `ARG VERSION=${to}`)],
    ...pagesWith(from).map((path) => [path, page(read(path))])
  ])
}

/** Notes on changes, by their files. */
export const changesets = () => {
  const directory = join(root, ".changeset")
  if (!Fs.existsSync(directory)) return []
  return Fs.readdirSync(directory)
    .filter((name) => name.endsWith(".md") && name !== "README.md")
    .sort()
    .map((name) => `.changeset/${name}`)
}
