// @effect-diagnostics nodeBuiltinImport:off
// A trash may hold a million files: they are counted without a list of them.
/** How many files lie in the trash of the in queue, and in that of the out queues. */
import * as Fs from "node:fs/promises"
import { Effect } from "effect"

/** Files below a directory, so many levels deep. One that is not there is empty. */
export const count = (directory: string, levels: number): Effect.Effect<number> =>
  Effect.promise(() => counted(directory, levels))

const counted = async (directory: string, levels: number): Promise<number> => {
  let files = 0
  try {
    for await (const entry of await Fs.opendir(directory, { bufferSize: 1_000 })) {
      if (entry.isFile()) files += 1
      else if (entry.isDirectory() && levels > 1) files += await counted(`${directory}/${entry.name}`, levels - 1)
    }
  } catch {
    // It went away meanwhile, or was never there: what was counted counts.
  }
  return files
}
