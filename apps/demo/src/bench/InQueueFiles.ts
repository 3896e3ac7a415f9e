// @effect-diagnostics nodeBuiltinImport:off
// Calls that wait are what is compared with, and what a thread of its own is for.
/** Listener files, written beside the in queue, moved into it at once, and gone when they were taken over. */
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { Worker } from "node:worker_threads"
import { Effect } from "effect"
import * as Stopwatch from "./Stopwatch.js"
import * as Wait from "./Wait.js"

export type Names = ReadonlyArray<string>

export interface InQueueFiles {
  /** Writes files that come after all earlier ones. */
  readonly stage: (contents: ReadonlyArray<unknown>) => Effect.Effect<Names>
  /** Reads and parses staged files in a loop. */
  readonly readRaw: (names: Names) => Effect.Effect<Stopwatch.Elapsed>
  readonly moveIn: (names: Names) => Effect.Effect<void>
  /** In a thread of its own: a rename may have to wait for the disk, and who measures must not. */
  readonly moveInBeside: (names: Names) => Effect.Effect<void>
  readonly isWaiting: (name: string | undefined) => Effect.Effect<boolean>
  /** Until the last of them was taken over: they are removed in order. Listing them would slow the connector. */
  readonly untilTaken: (names: Names) => Effect.Effect<void, Wait.TooLong>
}

/** In an application directory. */
export const make = (directory: string): InQueueFiles => {
  const listener = Path.join(directory, "data", "listener")
  const staged = Path.join(directory, "staged")
  for (const each of [listener, staged]) Fs.mkdirSync(each, { recursive: true })
  let day = 0

  const stage = (contents: ReadonlyArray<unknown>) =>
    Effect.sync(() => {
      const prefix = `2026-02-${String(++day).padStart(2, "0")}-08-00-00`
      return contents.map((content, index) => {
        const name = `${prefix}-${String(index).padStart(6, "0")}.json`
        Fs.writeFileSync(Path.join(staged, name), JSON.stringify(content))
        return name
      })
    })

  const readRaw = (names: Names) =>
    Stopwatch.timed(
      Effect.sync(() => {
        for (const name of names) JSON.parse(Fs.readFileSync(Path.join(staged, name), "utf8"))
      })
    ).pipe(Effect.map(([elapsed]) => elapsed))

  const moveIn = (names: Names) =>
    Effect.sync(() => {
      for (const name of names) Fs.renameSync(Path.join(staged, name), Path.join(listener, name))
    })

  const moveInBeside = (names: Names) =>
    Effect.promise(async () => {
      const move = `
      const { renameSync } = require("node:fs")
      const { names, from, to } = require("node:worker_threads").workerData
      for (const name of names) renameSync(from + name, to + name)`
      const workerData = { names, from: `${staged}/`, to: `${listener}/` }
      await once(new Worker(move, { eval: true, workerData }), "exit")
    })

  const isWaiting = (name = "") => Effect.sync(() => Fs.existsSync(Path.join(listener, name)))

  const untilTaken = (names: Names) =>
    Wait.until(`${names.length} files are taken over`, Effect.negate(isWaiting(names.at(-1))), 2)

  return { stage, readRaw, moveIn, moveInBeside, isWaiting, untilTaken }
}
