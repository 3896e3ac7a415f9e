// npm run clean: removes what can be made again.
import { readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { root } from "./installed.mjs"

for (const folder of ["packages", "apps"]) {
  for (const name of readdirSync(join(root, folder)))
    rmSync(join(root, folder, name, "dist"), { recursive: true, force: true })
}
for (const made of [
  "coverage",
  "docs/reference",
  "docs/.vitepress/dist",
  "docs/.vitepress/pages",
  "docs/.vitepress/cache"
]) {
  rmSync(join(root, made), { recursive: true, force: true })
}
