// The examples in the documentation are files that are compiled: a line `<!-- docs/snippets/x.ts -->` (or of `examples/`) before a block of code says
// which one. `npm run docs` writes the file into the block; with `--check` it only says whether it stands there.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "./installed.mjs"

const pages = () => [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
  ...["packages", "apps"].flatMap((folder) =>
    readdirSync(join(root, folder))
      .map((name) => `${folder}/${name}/README.md`)
      .filter((page) => existsSync(join(root, page)))
  )
]

const block = /^<!-- ((?:docs\/snippets|examples)\/\S+) -->\n```(ts|js)\n[\s\S]*?^```$/gm

/** Brings the blocks of all pages up to date, and answers with the pages that were not. */
export const refresh = (check) =>
  pages().filter((page) => {
    const current = readFileSync(join(root, page), "utf8")
    // A function: what is put in place of something else may have dollars in it.
    const text = current.replace(
      block,
      (_, file, language) => `<!-- ${file} -->\n\`\`\`${language}\n${readFileSync(join(root, file), "utf8")}\`\`\``
    )
    if (text !== current && !check) writeFileSync(join(root, page), text)
    return text !== current
  })
