// What a release would be, from what the repository is: decided before anything is written.
import { existsSync, readdirSync } from "node:fs"
import { resolve } from "node:path"
import * as Changelog from "./changelog.mjs"
import * as Repository from "./repository.mjs"
import * as Version from "./version.mjs"

/** The newest version that was released, by the tags. */
const lastRelease = () =>
  Repository.git("tag", "--list").said.split("\n").filter(Version.isVersion).sort(Version.compare).at(-1) ?? null

/** What git says against it. */
const ofClone = (branch, version) => {
  const changed = Repository.git("status", "--porcelain").said
  const problems = []
  if (changed !== "") {
    const files = changed.split("\n")
    const shown = files.slice(0, 5).map((line) => line.slice(3))
    const more = files.length > shown.length ? ` and ${files.length - shown.length} more` : ""
    problems.push(
      `there are changes that are not committed (${shown.join(", ")}${more}), and a release is what is committed: ` +
        "commit them, or put them aside with `git stash --include-untracked`"
    )
  }
  if (branch === "") {
    problems.push("no branch is checked out, so the commit of the release would be on none: `git switch` to one")
  }
  if (Repository.git("rev-parse", "--verify", "--quiet", `refs/tags/${version}`).ok) {
    problems.push(`the tag ${version} is there already: take the next version`)
  }
  return problems
}

const ofVersions = (version, current, last, kinds) => {
  const problems = Repository.manifests().flatMap((path) => {
    const { version: other } = JSON.parse(Repository.read(path))
    return other === current
      ? []
      : [`${path} has version ${other}, package.json has ${current}: all packages have one, make them the same`]
  })
  const newest = last !== null && Version.compare(last, current) > 0 ? last : current
  const order = Version.compare(version, newest)
  // The very first has its number already.
  if (order < 0 || (order === 0 && last !== null)) {
    const next = [...Version.kinds].map((kind) => Version.after(newest, kind)).join(", ")
    problems.push(`${version} is not newer than ${newest}: take one of ${next}`)
  }
  const kind = Version.kinds.findLast((kind) => kinds.includes(kind))
  if (kind !== undefined && last !== null && order > 0) {
    const least = Version.after(last, kind)
    // What is tried out for a version, as 1.2.0-rc.1 is, is a little older than it.
    if (Version.compare(version.replace(/-.*/, ""), least) < 0) {
      problems.push(`.changeset announces a ${kind} change since ${last}: take ${least} or a newer version`)
    }
  }
  return problems
}

const ofChangelog = (section, notes) => {
  const problems = notes
    .filter(({ note }) => note === null)
    .map(
      ({ path }) =>
        `${path} is no note on a change: begin it with the lines ---, "@id-connector/core": minor (or patch, major), --- and write a text below`
    )
  if (section === null) {
    problems.push('CHANGELOG.md has no heading "## Unreleased": put it above the section of the last version')
  } else if (Changelog.isEmpty(section) && notes.length === 0) {
    problems.push(
      'CHANGELOG.md says nothing under "## Unreleased": write there what changes for those who run the connector'
    )
  }
  return problems
}

const ofOutput = (directory) =>
  existsSync(directory) && readdirSync(directory).length > 0
    ? [`${directory} holds files, and all of it would be uploaded: remove them, or name another directory with --out`]
    : []

/** All that is known of a release, and what is against it. */
export const make = ({ bugs, image, out, version }) => {
  const { version: current } = JSON.parse(Repository.read("package.json"))
  const last = lastRelease()
  const branch = Repository.git("branch", "--show-current").said
  const notes = Repository.changesets().map((path) => ({ path, note: Changelog.note(Repository.read(path)) }))
  const changelog = Repository.read("CHANGELOG.md")
  const section = Changelog.unreleased(changelog)
  const good = notes.flatMap(({ note }) => (note === null ? [] : [note]))
  const text = section === null ? "" : Changelog.withNotes(section, good)
  const commits = Repository.git("log", "--format=%B", ...(last === null ? [] : [`${last}..HEAD`])).said
  return {
    version,
    current,
    last,
    branch,
    section: text,
    notes: notes.map(({ path }) => path),
    // A bug may be named in a commit, in the changelog, or in both.
    bugs: [...new Set([...Changelog.bugs(commits), ...Changelog.bugs(text), ...bugs])].sort((a, b) => a - b),
    images: image === null ? [] : Version.imageTags(version).map((tag) => `${image}:${tag}`),
    image,
    out,
    problems: [
      ...ofClone(branch, version),
      ...ofVersions(
        version,
        current,
        last,
        good.flatMap(({ kinds }) => kinds)
      ),
      ...ofChangelog(section, notes),
      ...(image === null ? [] : ofOutput(resolve(out)))
    ]
  }
}
