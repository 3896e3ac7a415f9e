// CHANGELOG.md: what is under "Unreleased" becomes the section of a version, with the notes of .changeset/ in its part for engineers.

const heading = "## Unreleased"
const engineers = "### For engineers"

/** The text under "Unreleased", or null when there is no such heading. */
export const unreleased = (text) => {
  const lines = text.split("\n")
  const from = lines.indexOf(heading)
  if (from < 0) return null
  const length = lines.slice(from + 1).findIndex((line) => line.startsWith("## "))
  return lines.slice(from + 1, length < 0 ? undefined : from + 1 + length).join("\n")
}

/** Whether it says anything: headings alone say nothing. */
export const isEmpty = (section) => section.split("\n").every((line) => line.trim() === "" || line.startsWith("#"))

/** A file of .changeset/: what kind of change it is, and what it says. Null: it is none. */
export const note = (text) => {
  const match = /^---\n([\s\S]*?)\n?---\n([\s\S]*)$/.exec(text)
  if (match === null) return null
  const found = [...match[1].matchAll(/^["'](@id-connector\/[\w-]+)["']:\s*(major|minor|patch)\s*$/gm)]
  const says = match[2].trim()
  return found.length === 0 || says === "" ? null : { kinds: found.map(([, , kind]) => kind), says }
}

const item = (says) =>
  `* ${says
    .split("\n")
    .map((line, index) => (index === 0 || line === "" ? line : `  ${line}`))
    .join("\n")}`

/** A section with what notes say at the end of its part for engineers. */
export const withNotes = (section, notes) => {
  const items = notes.map(({ says }) => item(says)).join("\n")
  if (items === "") return section.trim()
  const lines = section.trim().split("\n")
  const from = lines.indexOf(engineers)
  if (from < 0) return `${section.trim()}\n\n${engineers}\n\n${items}`.trim()
  const next = lines.slice(from + 1).findIndex((line) => line.startsWith("### "))
  const end = next < 0 ? lines.length : from + 1 + next
  const before = lines.slice(0, end).join("\n").trimEnd()
  const behind = lines.slice(end).join("\n")
  return `${before}\n${before.endsWith(engineers) ? "\n" : ""}${items}${behind === "" ? "" : `\n\n${behind}`}`
}

/** The changelog in which a section has a version and a day, and "Unreleased" is empty again. */
export const released = (text, version, day, section) => {
  const old = unreleased(text)
  const rest = text.slice(text.indexOf(`${heading}\n`) + heading.length + 1 + old.length)
  const before = text.slice(0, text.indexOf(`${heading}\n`))
  return `${before}${heading}\n\n## ${version} (${day})\n\n${section}\n${rest.trim() === "" ? "" : `\n${rest.trimStart()}`}`
}

/** Numbers of bugs that a text says it closes: "Bug 57", "Bugs #57 and #58", "closes #57", "fixes #57, #58". */
export const bugs = (text) => {
  const list = (hash) => `(${hash}\\d+(?:(?:\\s*,\\s*(?:and\\s+)?|\\s+and\\s+)#?\\d+)*)`
  const patterns = [
    new RegExp(`\\bbugs?:?\\s+${list("#?")}`, "gi"),
    new RegExp(`\\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\\s+(?:bugs?\\s+)?${list("#")}`, "gi")
  ]
  const found = patterns.flatMap((pattern) => [...text.matchAll(pattern)].flatMap(([, all]) => all.match(/\d+/g)))
  return [...new Set(found.map(Number))].sort((a, b) => a - b)
}
