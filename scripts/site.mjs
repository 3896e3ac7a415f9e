// The documentation site, from the pages of the repository: built into docs/.vitepress/dist, from where the connector serves it.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { root } from "./installed.mjs"
import * as Built from "./site/built.mjs"
import * as Pages from "./site/pages.mjs"

const home = join(root, "docs", ".vitepress")
const dist = join(home, "dist")
const stamp = join(root, "docs", "reference", ".sources")

const run = (...args) => {
  const done = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" })
  if (done.status !== 0) process.exit(done.status || 1)
}

/** What the reference is made from. It takes a minute, so it is made only when this has changed. */
const referenceSources = () => {
  const hash = createHash("sha256").update(readFileSync(join(root, "scripts", "reference.mjs")))
  for (const folder of ["packages", "apps"]) {
    for (const name of readdirSync(join(root, folder), { recursive: true }).sort()) {
      if (/^[^/]+\/src\/.*\.ts$/.test(name)) hash.update(name).update(readFileSync(join(root, folder, name)))
    }
  }
  return hash.digest("hex")
}

const makeReference = () => {
  const now = referenceSources()
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === now) return
  console.log("Making the API reference (a minute or two) ...")
  run("scripts/reference.mjs")
  writeFileSync(stamp, now)
}

/** Says what is wrong, and whether nothing is. */
const report = (problems) => {
  for (const problem of problems) console.error(problem)
  return problems.length === 0
}

/** Whether all links between the pages of the repository lead somewhere. Takes no time: nothing is built. */
export const check = () => report(Pages.read().problems)

/** Builds it, with the API reference made anew when it is not what the sources say. Fails on a link, an anchor or a picture that is not there. */
export const build = (withReference) => {
  if (withReference) makeReference()
  const { pages, problems } = Pages.read()
  if (!report(problems)) process.exit(1)
  for (const directory of ["pages", "dist"]) rmSync(join(home, directory), { recursive: true, force: true })
  for (const { content, page } of pages) {
    const path = join(home, "pages", `${page}.md`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }
  cpSync(join(root, "docs", "pictures"), join(home, "pages", "pictures"), { recursive: true })
  run("node_modules/vitepress/bin/vitepress.js", "build", "docs")
  const { base, files, problems: dead, size } = Built.look(dist)
  if (!report(dead)) process.exit(1)
  console.log(
    `${pages.length} pages, ${files} files, ${(size / 1024 / 1024).toFixed(1)} MiB in docs/.vitepress/dist, for ${process.env.SITE_URL ? "SITE_URL" : "the connector"}, at ${base}`
  )
}
