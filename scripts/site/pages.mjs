// The pages of the site, and where each comes from. A link between two files of the repository is one between their pages.
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join, posix } from "node:path"
import { root } from "../installed.mjs"
import { anchors, prose } from "./headings.mjs"

const markdown = (from, directory) =>
  readdirSync(join(from, directory), { recursive: true })
    .filter((name) => name.endsWith(".md") && !/(^|\/)\./.test(name))
    .map((name) => posix.join(directory, name))

/** Files by the pages that they become. */
const sources = (from) => {
  const pages = new Map([
    ["readme", "README.md"],
    ["changelog", "CHANGELOG.md"],
    ["contributing", "CONTRIBUTING.md"],
    ["license", "LICENSE"]
  ])
  for (const file of markdown(from, "docs").sort()) {
    pages.set(file.slice("docs/".length, -".md".length).replace(/README$/, "index"), file)
  }
  for (const folder of ["packages", "apps"]) {
    for (const name of readdirSync(join(from, folder)).sort()) {
      if (existsSync(join(from, folder, name, "README.md")))
        pages.set(`packages/${name}`, `${folder}/${name}/README.md`)
    }
  }
  return pages
}

/** A link in Markdown, with its text and what it leads to; not an image. */
const link = /(?<!!)\[((?:[^\][\\`]|\\.|`[^`]*`)+)\]\(([^()\s]+)\)/g

/** Where a file's link leads: to a page and an anchor of it, to another file of the repository, elsewhere, or nowhere. */
const lead = (from, file, target, pageOf) => {
  if (/^[a-z]+:/.test(target)) return { kind: "elsewhere" }
  const [path, anchor] = target.split("#")
  const found = path === "" ? file : posix.join(posix.dirname(file), decodeURI(path))
  const page = pageOf.get(found)
  if (page !== undefined) return { kind: "page", page, file: found, anchor }
  return { kind: found.startsWith("..") || !existsSync(join(from, found)) ? "nowhere" : "file" }
}

const titleOf = (text) => /^# (.+)$/m.exec(text)?.[1] ?? ""

/** All pages with their texts, ready for VitePress, and what is wrong with their links. */
export const read = (from = root) => {
  const all = sources(from)
  const pageOf = new Map([...all].map(([page, file]) => [file, page]))
  const texts = new Map([...all.values()].map((file) => [file, readFileSync(join(from, file), "utf8")]))
  const anchorsOf = new Map([...texts].map(([file, text]) => [file, anchors(text)]))
  const problems = []
  const pages = [...all].map(([page, file]) => {
    const text = texts.get(file)
    const lines = prose(text).split("\n")
    const out = text.split("\n").map((line, index) => {
      // Inside a block of code nothing is a link.
      if (lines[index] === "") return line
      return line.replace(link, (whole, label, target) => {
        const to = lead(from, file, target, pageOf)
        // What TypeDoc writes is looked at when it is built: it has anchors that no heading shows.
        const isWritten = file.startsWith("docs/reference/")
        if (to.kind === "page") {
          if (to.anchor !== undefined && !isWritten && !anchorsOf.get(to.file).has(to.anchor)) {
            problems.push(`${file}:${index + 1}: ${target}: ${to.file} has no heading of that name`)
          }
          // Here pages have titles, and no files.
          const shown = /^[\w./-]+\.md$/.test(label) ? titleOf(texts.get(to.file)) : label
          const path = `/${to.page.replace(/(^|\/)index$/, "$1")}`
          return `[${shown}](${path}${to.anchor === undefined ? "" : `#${to.anchor}`})`
        }
        if (to.kind === "nowhere") problems.push(`${file}:${index + 1}: ${target}: there is no such file`)
        // The site has no sources: what leads to one is only its name there.
        return to.kind === "elsewhere" ? whole : label
      })
    })
    const content = file.endsWith(".md") ? out.join("\n") : `# Licence\n\n\`\`\`text\n${text.trim()}\n\`\`\`\n`
    return { page, file, content }
  })
  return { pages, problems }
}
