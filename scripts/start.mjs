// npm start: the connector for real, with two simulated school authorities. `npm start -- --help` tells the options.
import { ensureInstalled, onSources, runNode } from "./installed.mjs"

ensureInstalled()
runNode([...onSources, "apps/demo/src/bin.ts", ...process.argv.slice(2)])
