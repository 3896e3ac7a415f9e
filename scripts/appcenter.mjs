// node scripts/appcenter.mjs OUTDIR --image REF: writes the finished App Center package, with the version of package.json and
// the image that was built for it. Plain Node only: a release needs no installation.
import * as Fs from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const source = join(root, "apps", "server", "appcenter")

/** What the host runs. */
const executable = ["inst", "uinst", "preinst"]

const usage = "Usage: node scripts/appcenter.mjs OUTDIR --image REF"

/** What is wrong with an image for this version, or null. A tag that says another version would be noticed by customers only. */
const problemOf = (image, version) => {
  if (!/^[a-z0-9][\w.:/@-]*$/i.test(image)) return `--image ${JSON.stringify(image)} is no reference of an image`
  if (/@sha256:[0-9a-f]{64}$/.test(image)) return null
  const tag = /:([\w.-]+)$/.exec(image)?.[1]
  if (tag === undefined) return `--image ${image} has no tag: ${image}:${version} is expected`
  return tag === version ? null : `--image ${image}: the tag is ${tag}, and package.json says version ${version}`
}

const fail = (message) => {
  console.error(message)
  process.exit(2)
}

const read = () => {
  try {
    return parseArgs({ allowPositionals: true, options: { image: { type: "string" } } })
  } catch (error) {
    return fail(`${error.message}\n${usage}`)
  }
}

const { positionals, values } = read()
const [directory, ...more] = positionals
if (directory === undefined || more.length > 0 || values.image === undefined) fail(usage)
const { version } = JSON.parse(Fs.readFileSync(join(root, "package.json"), "utf8"))
const problem = problemOf(values.image, version)
if (problem !== null) fail(problem)

const files = Fs.readdirSync(source).sort()
Fs.mkdirSync(directory, { recursive: true })
// What an earlier release had and this one has not would be uploaded with it.
const strange = Fs.readdirSync(directory).filter((name) => !files.includes(name) && name !== "LICENSE_AGREEMENT")
if (strange.length > 0) fail(`${directory} holds other files (${strange.join(", ")}): take an empty directory`)

const write = (name, content) => {
  const path = join(directory, name)
  Fs.writeFileSync(path, content)
  Fs.chmodSync(path, executable.includes(name) ? 0o755 : 0o644)
}

for (const name of files) {
  const content = Fs.readFileSync(join(source, name), "utf8")
  write(
    name,
    name === "ini" ? content.replaceAll("@VERSION@", version).replaceAll("@IMAGE@", () => values.image) : content
  )
}
// The licence that the App Center shows is the project's.
write("LICENSE_AGREEMENT", Fs.readFileSync(join(root, "LICENSE"), "utf8"))
console.log(`${directory} holds version ${version} with ${values.image}: ${[...files, "LICENSE_AGREEMENT"].join(" ")}`)
