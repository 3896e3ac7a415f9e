// npm run clean: removes what can be made again.
import { readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { root } from "./installed.mjs"

for (const folder of ["packages", "apps"]) {
  for (const name of readdirSync(join(root, folder)))
    rmSync(join(root, folder, name, "dist"), { recursive: true, force: true })
}
rmSync(join(root, "coverage"), { recursive: true, force: true })
