// npm run bench [-- USERS [LATENCY_MS ...]]: measures the built server against a simulated target in a process of its own.
import { spawnSync } from "node:child_process"
import { ensureInstalled, onSources, root, runNode } from "./installed.mjs"

ensureInstalled()
const built = spawnSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: "inherit" })
if (built.status !== 0) process.exit(built.status ?? 1)
runNode([...onSources, "apps/demo/src/Bench/bench.ts", ...process.argv.slice(2)])
