// node scripts/release.mjs --image REPOSITORY [--bugs 1,2] [--dry-run] [OUTDIR]: says whether this version can be released, writes
// the App Center package, and prints what is left to do by hand: building and pushing the image, upload, announcement.
// It never pushes or uploads anything itself.
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const usage = "Usage: node scripts/release.mjs --image REPOSITORY [--bugs 1,2] [--dry-run] [OUTDIR]"
const json = (...path) => JSON.parse(Fs.readFileSync(join(root, ...path), "utf8"))

const fail = (message) => {
  console.error(message)
  process.exit(2)
}

const read = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { image: { type: "string" }, bugs: { type: "string" }, "dry-run": { type: "boolean" } }
    })
  } catch (error) {
    return fail(`${error.message}\n${usage}`)
  }
}

const { positionals, values } = read()
if (values.image === undefined || positionals.length > 1) fail(usage)
const bugs = (values.bugs || "").split(/[\s,]+/).filter((bug) => bug !== "")
const { version } = json("package.json")
const out = positionals[0] || `appcenter-${version}`
const image = `${values.image}:${version}`

const problems = []
for (const folder of ["packages", "apps"]) {
  for (const name of Fs.readdirSync(join(root, folder))) {
    const path = join(folder, name, "package.json")
    if (!Fs.existsSync(join(root, path))) continue
    const other = json(path).version
    if (other !== version)
      problems.push(`${path} has version ${other}, package.json has ${version}: make them the same`)
  }
}
if (
  !Fs.readFileSync(join(root, "CHANGELOG.md"), "utf8")
    .split("\n")
    .some((line) => line.split(" ")[1] === version)
)
  problems.push(`CHANGELOG.md has no section "## ${version}": name what is there under "Unreleased" so`)

for (const problem of problems) console.log(`Not ready: ${problem}.`)
if (problems.length > 0 && !values["dry-run"]) process.exit(1)

if (values["dry-run"]) console.log(`Would write the App Center package with ${image} to ${out}.`)
else {
  const done = spawnSync(process.execPath, [join(root, "scripts", "appcenter.mjs"), out, "--image", image], {
    stdio: "inherit"
  })
  if (done.status !== 0) process.exit(done.status || 1)
}

console.log(`
Left to do, in this order:

  git tag ${version} && git push origin ${version}
  docker build -t ${image} .
  docker push ${image}
  univention-appcenter-control new-version 5.0/ucsschool-id-connector 5.0/ucsschool-id-connector=${version}
  univention-appcenter-control upload 5.0/ucsschool-id-connector=${version} ${out}/*

The same two for 5.1 and 5.2. Then the announcement${bugs.length > 0 ? "" : " (--bugs names the bugs closed)"}:

  Updates for UCS@school ID Connector ${version} have been released.${bugs.length > 0 ? `\n  Bugs closed: ${bugs.join(", ")}.` : ""}
  If this error occurs again, please clone this bug.`)
