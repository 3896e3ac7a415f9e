// npm run release -- VERSION [--dry-run] [--image REPOSITORY] [--bugs 1,2] [--out DIRECTORY]: makes a release of what is committed: the
// version in all files that say it, its section in the changelog, a commit and a tag; with --image the App Center package, too.
// `--dry-run` says all of that and writes nothing. It never pushes or uploads anything itself: that is printed, in its order.
// Plain Node only: a release needs no installation.
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import * as Changelog from "./release/changelog.mjs"
import * as Plan from "./release/plan.mjs"
import * as Repository from "./release/repository.mjs"
import * as Version from "./release/version.mjs"

const usage =
  "Usage: npm run release -- VERSION [--dry-run] [--image REPOSITORY] [--bugs 1,2] [--out DIRECTORY], for example npm run release -- 1.2.3 --dry-run"

const fail = (message) => {
  console.error(message)
  process.exit(2)
}

const readArguments = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        image: { type: "string" },
        bugs: { type: "string" },
        out: { type: "string" },
        "dry-run": { type: "boolean" }
      }
    })
  } catch (error) {
    return fail(`${error.message}\n${usage}`)
  }
}

const { positionals, values } = readArguments()
const [version] = positionals
if (version === undefined || positionals.length > 1) fail(usage)
if (!Version.isVersion(version))
  fail(`${JSON.stringify(version)} is no version: 1.2.3 or 1.2.3-rc.1 is expected\n${usage}`)
const bugs = (values.bugs ?? "").split(/[\s,#]+/).filter((bug) => bug !== "")
if (!bugs.every((bug) => /^\d+$/.test(bug))) fail(`--bugs ${values.bugs}: numbers are expected, as in --bugs 57,58`)
const image = values.image ?? null
if (image !== null && !/^[a-z0-9][a-z0-9._/:-]*[a-z0-9]$/.test(image.replace(/:(?=[^/]*$)/, "@"))) {
  fail(
    `--image ${image}: a repository without a tag is expected, as in --image registry.example.com/ucsschool-id-connector`
  )
}
if (!Repository.git("rev-parse", "--git-dir").ok) {
  fail("This is no clone of the repository, so nothing can be tagged: git clone it, and release from there.")
}

const plan = Plan.make({
  version,
  image,
  bugs: bugs.map(Number),
  out: values.out ?? `appcenter-${version}`
})
const isDry = values["dry-run"] === true
const files = Repository.withVersion(plan.current, version)
const message = `Release ${version}`
const day = new Date()
const date = [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((n) => String(n).padStart(2, "0")).join("-")

const say = (text = "") => console.log(text)
const indented = (text) =>
  text
    .split("\n")
    .map((line) => (line === "" ? "" : `    ${line}`))
    .join("\n")

say(`${isDry ? "Would release" : "Releasing"} ${version}${plan.last === null ? ", the first" : ` after ${plan.last}`}`)
say()
say(
  version === plan.current
    ? `Version ${version}: all files have it already`
    : `Version ${plan.current} -> ${version}: ${[...files.keys()].join(", ")}`
)
say(`App Center: Version = ${version} in ini${image === null ? " (written with --image)" : `, written to ${plan.out}`}`)
say(`Commit and tag: "${message}" on ${plan.branch || "no branch"}, tag ${version}`)
say(`Image tags: ${(image === null ? Version.imageTags(version) : plan.images).join(", ")}`)
say(`Bugs closed: ${plan.bugs.length === 0 ? "none is named" : plan.bugs.map((bug) => `#${bug}`).join(", ")}`)
if (plan.notes.length > 0) say(`Taken into the changelog and removed: ${plan.notes.join(", ")}`)
say("Changelog:")
say()
say(indented(`## ${version} (${date})\n\n${plan.section}`))
say()

if (plan.problems.length > 0) {
  for (const problem of plan.problems) console.error(`Not ready: ${problem}.`)
  console.error("Nothing was changed.")
  process.exit(1)
}

const write = (path, text) => Fs.writeFileSync(join(Repository.root, path), text)

/** Ends this process when git does not do it. What was written is taken back by one line. */
const git = (...args) => {
  const { complaint, ok } = Repository.git(...args)
  if (ok) return
  console.error(`git ${args.join(" ")} failed: ${complaint}`)
  fail(
    "Nothing was tagged. `git restore --staged --worktree .` takes back what was written; then mend it and try again."
  )
}

const carryOut = () => {
  for (const [path, text] of files) write(path, text)
  write("CHANGELOG.md", Changelog.released(Repository.read("CHANGELOG.md"), version, date, plan.section))
  for (const path of plan.notes) Fs.rmSync(join(Repository.root, path))
  git("add", "--all")
  // The first release may change nothing but the changelog.
  git("commit", "--quiet", "--message", message)
  git("tag", "--annotate", version, "--message", message)
  say(`Committed as ${Repository.git("rev-parse", "--short", "HEAD").said} and tagged ${version}.`)
  if (image === null) return
  const args = [join(Repository.root, "scripts", "appcenter.mjs"), plan.out, "--image", `${image}:${version}`]
  const done = spawnSync(process.execPath, args, { stdio: "inherit" })
  if (done.status !== 0) fail(`The tag is there; only the App Center package is not: node ${args.join(" ")}`)
}

if (isDry) say("Nothing was changed. Without --dry-run it is done.")
else carryOut()

const repository = image ?? "REGISTRY/id-connector"
const app = "5.0/ucsschool-id-connector"
const upload = `  univention-appcenter-control new-version ${app} ${app}=${version}
  univention-appcenter-control upload ${app}=${version} ${plan.out}/*

The last two for 5.1 and 5.2 as well.`
say(`
${isDry ? "It would leave to do" : "Left to do"}, in this order:

  git push --atomic origin ${plan.branch || "BRANCH"} ${version}
  npm run image
${Version.imageTags(version)
  .map((tag) => `  docker tag id-connector:${version} ${repository}:${tag} && docker push ${repository}:${tag}`)
  .join("\n")}
  npm run packages && npm publish --workspaces
${image === null ? "  (with --image REGISTRY/NAME also the App Center package, and how to upload it)\n" : upload}
Then close the bugs, and announce it:

  Updates for UCS@school ID Connector ${version} have been released.${plan.bugs.length > 0 ? `\n  Bugs closed: ${plan.bugs.map((bug) => `#${bug}`).join(", ")}.` : ""}
  If this error occurs again, please clone this bug.`)
