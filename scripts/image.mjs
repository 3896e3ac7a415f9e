// npm run image [-- --check]: builds the image with docker or podman, whichever is there. `--check` builds it without an engine (with
// buildah, as root), starts it and looks at it: what CI does, where nothing is there. `--if-changed`: only when something that goes
// into the image, besides the sources, differs from what was checked last (scripts/image/checked.txt).
import { createHash } from "node:crypto"
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import * as Base from "./image/base.mjs"
import { look } from "./image/look.mjs"
import { isThere, output, run } from "./image/run.mjs"
import { root } from "./installed.mjs"

const name = "id-connector"
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const revision = output("git", "rev-parse", "HEAD")
const created = new Date().toISOString()
const build = [
  "--build-arg",
  `VERSION=${version}`,
  "--build-arg",
  `REVISION=${revision}`,
  "--build-arg",
  `CREATED=${created}`
]

/** What decides whether the image can be built and started. Sources are tested elsewhere. */
const ingredients = () => {
  const below = (directory) =>
    readdirSync(join(root, directory)).flatMap((one) => {
      const path = join(directory, one)
      if (one === "node_modules" || one === "dist") return []
      return statSync(join(root, path)).isDirectory() ? below(path) : [path]
    })
  const manifests = ["packages", "apps"].flatMap((folder) =>
    readdirSync(join(root, folder)).map((one) => join(folder, one, "package.json"))
  )
  const files = [
    "Dockerfile",
    ".dockerignore",
    "package.json",
    "package-lock.json",
    ...manifests,
    ...below("container"),
    ...below("drivers"),
    ...below("apps/server/bin")
  ]
  const hash = createHash("sha256")
  for (const file of files.sort()) hash.update(`${file}\n`).update(readFileSync(join(root, file)))
  return hash.digest("hex")
}

const stamp = join(root, "scripts/image/checked.txt")

if (!process.argv.includes("--check")) {
  const engine = ["docker", "podman"].find(isThere)
  if (engine === undefined) {
    console.error(
      "docker or podman is needed to build the image. npm run image -- --check builds it with buildah, to look at it."
    )
    process.exit(1)
  }
  run(engine, "build", ...build, "--tag", `${name}:${version}`, ".")
} else if (process.argv.includes("--if-changed") && readFileSync(stamp, "utf8").trim() === ingredients()) {
  console.log("The image was checked with these ingredients.")
} else {
  if (process.getuid?.() !== 0) {
    console.error("Building without an engine needs root.")
    process.exit(1)
  }
  const missing = ["buildah", "debootstrap"].filter((tool) => !isThere(tool))
  if (missing.length > 0) {
    run("apt-get", "update", "-qq")
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", ...missing)
  }
  Base.make()
  const network = ["--pull-never", "--network", "host", "--volume", "/etc/resolv.conf:/etc/resolv.conf:ro"]
  const bud = ["bud", "--format", "docker", ...network, ...build, "--layers"]
  run("buildah", ...bud, "--tag", name, ".")
  run("buildah", ...bud, "--target", "ldap", "--tag", `${name}-ldap`, ".")
  await look(name, version)
  writeFileSync(stamp, `${ingredients()}\n`)
}
