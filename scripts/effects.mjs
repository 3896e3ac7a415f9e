// The Effect diagnostics (floating effects, missing yields, clock and randomness outside their services) of all sources.
import { spawnSync } from "node:child_process"

const done = spawnSync(
  "node_modules/.bin/effect-language-service",
  ["diagnostics", "--project", "tsconfig.src.json", "--strict", "--format", "text", "--severity", "error,warning"],
  { stdio: "inherit" }
)
process.exit(done.status ?? 1)
