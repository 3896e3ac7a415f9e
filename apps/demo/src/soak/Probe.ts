/**
 * What only the process itself can tell: a module that it loads before anything else collects garbage every few seconds, counts
 * what is left, and writes it to a file. Nothing of the connector is changed.
 */
import { Schema } from "effect"

/** What the module writes; memory in bytes. */
export const Reading = Schema.Struct({
  pid: Schema.Number,
  heap: Schema.Number,
  external: Schema.Number,
  /** Sockets, files, timers and whatever else is open. */
  handles: Schema.Number
})

export const decode = Schema.decodeUnknownOption(Schema.parseJson(Reading))

/** For `NODE_OPTIONS`: without blanks. Worker threads load it, too, and have nothing to tell. */
export const nodeOptions = (file: string, everyMillis: number): string =>
  `--import=data:text/javascript;base64,${Buffer.from(module(file, everyMillis)).toString("base64")}`

const module = (file: string, everyMillis: number) => `
import { renameSync, writeFileSync } from "node:fs"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { isMainThread } from "node:worker_threads"
if (isMainThread) {
  setFlagsFromString("--expose-gc")
  const collect = runInNewContext("gc")
  const file = ${JSON.stringify(file)}
  setInterval(() => {
    try {
      collect()
      const { external, heapUsed } = process.memoryUsage()
      const handles = process.getActiveResourcesInfo().length
      writeFileSync(file + ".new", JSON.stringify({ pid: process.pid, heap: heapUsed, external, handles }))
      renameSync(file + ".new", file)
    } catch {}
  }, ${everyMillis}).unref()
}
`
