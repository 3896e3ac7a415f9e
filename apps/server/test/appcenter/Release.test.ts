import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"

const root = fileURLToPath(new URL("../../../../", import.meta.url))
const { version: current } = JSON.parse(Fs.readFileSync(join(root, "package.json"), "utf8"))

const manifests = ["packages", "apps"]
  .flatMap((folder) => Fs.readdirSync(join(root, folder)).map((name) => `${folder}/${name}/package.json`))
  .concat("package.json", "examples/package.json")
  .filter((path) => Fs.existsSync(join(root, path)))

const parts = [
  "scripts/release.mjs",
  "scripts/release",
  "scripts/appcenter.mjs",
  "apps/server/appcenter/ini",
  "package-lock.json",
  "Dockerfile",
  "LICENSE",
  "docs/embedding.md"
]

const changelog = `# Changelog

What changes.

## Unreleased

### Deliveries

* Classes are promoted. Closes #41.

### For engineers

* A harness.
`

const note = (kind: string, text: string) => `---\n"@id-connector/core": ${kind}\n---\n\n${text}\n`

/** A repository of its own, with all that a release looks at. */
const repository = () => {
  const directory = Fs.mkdtempSync(join(tmpdir(), "id-connector-release-"))
  for (const path of [...parts, ...manifests]) {
    Fs.mkdirSync(dirname(join(directory, path)), { recursive: true })
    Fs.cpSync(join(root, path), join(directory, path), { recursive: true })
  }
  const write = (path: string, text: string) => {
    Fs.mkdirSync(dirname(join(directory, path)), { recursive: true })
    Fs.writeFileSync(join(directory, path), text)
  }
  const git = (...args: ReadonlyArray<string>) => {
    const env = {
      ...process.env,
      GIT_AUTHOR_NAME: "Anna",
      GIT_AUTHOR_EMAIL: "anna@example.com",
      GIT_COMMITTER_NAME: "Anna",
      GIT_COMMITTER_EMAIL: "anna@example.com"
    }
    const { status, stderr, stdout } = spawnSync("git", args, { cwd: directory, encoding: "utf8", env })
    assert.strictEqual(status, 0, stderr)
    return stdout.trim()
  }
  const commit = (message: string) => {
    git("add", "--all")
    git("commit", "--quiet", "--allow-empty", "--message", message)
  }
  git("init", "--quiet", "--initial-branch", "main")
  git("config", "user.name", "Anna")
  git("config", "user.email", "anna@example.com")
  write("CHANGELOG.md", changelog)
  write(".gitignore", "appcenter-*/\n")
  commit("Everything\n\nBug #7 was only half of it.")
  const release = (...args: ReadonlyArray<string>) =>
    spawnSync(process.execPath, ["scripts/release.mjs", ...args], { cwd: directory, encoding: "utf8" })
  const read = (path: string) => Fs.readFileSync(join(directory, path), "utf8")
  return { commit, git, read, release, write, [Symbol.dispose]: () => Fs.rmSync(directory, { recursive: true }) }
}

const image = "registry.example.com/ucsschool-id-connector"

describe("npm run release", () => {
  it("in a dry run says all that would be done, and writes nothing", () => {
    using there = repository()
    const before = there.git("rev-parse", "HEAD")
    const { status, stdout } = there.release("7.1.0", "--image", image, "--bugs", "57,58", "--dry-run")
    assert.strictEqual(status, 0, stdout)
    for (const said of [
      `Version ${current} -> 7.1.0: package.json, `,
      "App Center: Version = 7.1.0 in ini, written to appcenter-7.1.0",
      "on main, tag 7.1.0",
      `Image tags: ${image}:7.1.0, ${image}:7.1, ${image}:7, ${image}:latest`,
      "Bugs closed: #7, #41, #57, #58\n",
      "    * Classes are promoted. Closes #41.",
      "git push --atomic origin main 7.1.0",
      `docker push ${image}:7.1.0\n`,
      "Updates for UCS@school ID Connector 7.1.0 have been released.\n  Bugs closed: #7, #41, #57, #58.",
      "If this error occurs again, please clone this bug."
    ]) {
      assert.include(stdout, said)
    }
    assert.match(stdout, / {4}## 7\.1\.0 \(\d{4}-\d\d-\d\d\)/)
    assert.strictEqual(there.git("status", "--porcelain"), "")
    assert.strictEqual(there.git("rev-parse", "HEAD"), before)
    assert.strictEqual(there.git("tag"), "")
  })

  it("writes the version wherever it stands, the section of the changelog, a commit, a tag and the App Center package", () => {
    using there = repository()
    there.write(".changeset/rooms.md", note("minor", "Rooms have doors.\nTwo each."))
    there.commit("Rooms have doors")
    const { status, stderr, stdout } = there.release("7.1.0", "--image", image)
    assert.strictEqual(status, 0, stderr)
    assert.include(stdout, "and tagged 7.1.0.")
    assert.strictEqual(there.git("status", "--porcelain"), "")
    assert.strictEqual(there.git("rev-parse", "7.1.0^{commit}"), there.git("rev-parse", "main"))
    for (const path of manifests) {
      const { dependencies, devDependencies, version } = JSON.parse(there.read(path))
      assert.strictEqual(version, "7.1.0", path)
      for (const [name, wanted] of Object.entries({ ...dependencies, ...devDependencies })) {
        if (name.startsWith("@id-connector/")) assert.strictEqual(wanted, "7.1.0", `${path}: ${name}`)
      }
    }
    const lock = JSON.parse(there.read("package-lock.json"))
    assert.strictEqual(lock.packages["apps/server"].dependencies["@id-connector/core"], "7.1.0")
    assert.strictEqual(lock.version, "7.1.0")
    assert.include(there.read("Dockerfile"), "ARG VERSION=7.1.0\n")
    assert.include(there.read("docs/embedding.md"), "@id-connector/core@7.1.0 ")
    assert.include(there.read("appcenter-7.1.0/ini"), `Version = 7.1.0\n`)
    assert.match(
      there.read("CHANGELOG.md"),
      /## Unreleased\n\n## 7\.1\.0 \([\d-]+\)\n\n### Deliveries\n[\s\S]*### For engineers\n\n\* A harness\.\n\* Rooms have doors\.\n {2}Two each\.\n$/
    )
    assert.strictEqual(there.git("ls-files", ".changeset"), "")
  })

  it("releases the next version with what has come since the last one", () => {
    using there = repository()
    assert.strictEqual(there.release("7.1.0").status, 0)
    there.write("CHANGELOG.md", there.read("CHANGELOG.md").replace("## Unreleased\n", "## Unreleased\n\n* Faster.\n"))
    there.commit("Faster\n\nFixes #99 and #100")
    const { status, stderr, stdout } = there.release("7.1.1")
    assert.strictEqual(status, 0, stderr)
    assert.include(stdout, "Releasing 7.1.1 after 7.1.0\n")
    assert.include(stdout, "Bugs closed: #99, #100\n")
    const text = there.read("CHANGELOG.md")
    assert.match(text, /## Unreleased\n\n## 7\.1\.1 \(.*\)\n\n\* Faster\.\n\n## 7\.1\.0 \(/)
    assert.strictEqual(text.match(/^## /gm)?.length, 3)
  })

  it("refuses a tree that is not clean, and says what to do", () => {
    using there = repository()
    there.write("notes.txt", "to do")
    const { status, stderr } = there.release("7.1.0", "--dry-run")
    assert.strictEqual(status, 1)
    assert.match(stderr, /Not ready: there are changes that are not committed \(notes\.txt\).*git stash/)
  })

  it("refuses a version that is not newer, or less than the notes on changes announce", () => {
    using there = repository()
    assert.strictEqual(there.release("7.1.0").status, 0)
    there.write(".changeset/a.md", note("major", "Rooms have no doors."))
    there.commit("No doors")
    const refusal = (version: string) => {
      const { status, stderr } = there.release(version, "--dry-run")
      assert.strictEqual(status, 1)
      return stderr
    }
    assert.include(refusal("7.0.9"), "7.0.9 is not newer than 7.1.0: take one of 7.1.1, 7.2.0, 8.0.0")
    assert.include(refusal("7.1.0-rc.1"), "not newer than 7.1.0")
    assert.include(refusal("7.1.0"), "the tag 7.1.0 is there already")
    assert.include(refusal("7.2.0"), ".changeset announces a major change since 7.1.0: take 8.0.0 or a newer version")
    assert.strictEqual(there.release("8.0.0-rc.1", "--dry-run").status, 0)
  })

  it("refuses an empty changelog, and files of another release where the package is to be", () => {
    using there = repository()
    there.write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n### Deliveries\n\n## 0.0.9 (2026-01-01)\n\n* Old.\n")
    there.write("appcenter-7.1.0/old", "")
    there.commit("Nothing to say")
    const { status, stderr } = there.release("7.1.0", "--image", image)
    assert.strictEqual(status, 1)
    assert.include(stderr, 'CHANGELOG.md says nothing under "## Unreleased": write there')
    assert.include(stderr, "appcenter-7.1.0 holds files")
    assert.strictEqual(there.git("tag"), "")
  })

  it("asks for a version, and for an image without a tag", () => {
    const release = (...args: ReadonlyArray<string>) =>
      spawnSync(process.execPath, [join(root, "scripts", "release.mjs"), ...args], { encoding: "utf8" })
    assert.include(release().stderr, "Usage:")
    assert.include(release("soon").stderr, '"soon" is no version: 1.2.3')
    assert.include(release("1.2.3", "--image", `${image}:1.2.3`).stderr, "without a tag")
    assert.strictEqual(release().status, 2)
  })
})
