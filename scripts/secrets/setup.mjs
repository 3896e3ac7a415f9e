import { inspect } from "node:util"
import { FiberRef, HashSet, Logger } from "effect"
import { afterAll } from "vitest"
import { lookAtLine, tell } from "./watch.mjs"

const listening = Logger.map(Logger.structuredLogger, (line) => lookAtLine(inspect(line, { depth: 20 })))
// Loggers are kept in a reference of which every program starts with the initial value.
FiberRef.currentLoggers.initial = HashSet.add(FiberRef.currentLoggers.initial, listening)

const watch = `--import=${new URL("watch.mjs", import.meta.url).href}`
const options = process.env.NODE_OPTIONS ?? ""
if (!options.includes(watch)) process.env.NODE_OPTIONS = `${options} ${watch}`.trim()

// The test runner ends its workers without asking them.
afterAll(tell)
