// @effect-diagnostics nodeBuiltinImport:off
// How much room a file system has is asked of Node.js itself: Effect's file system does not know.
/** How much room there is on the disks that the connector writes to, and whether something can really be written there. */
import * as Fs from "node:fs/promises"
import { Effect, Schema } from "effect"

/** A directory can't be used as the connector needs it. */
export class NoRoom extends Schema.TaggedError<NoRoom>()("NoRoom", {
  directory: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `${this.directory}: ${this.detail}`
  }
}

/** In bytes. `free` is what the connector's user may still write. */
export interface Room {
  readonly free: number
  readonly size: number
}

/** Null: it can't be told. */
export const of = (directory: string): Effect.Effect<Room | null> =>
  Effect.promise(() =>
    Fs.statfs(directory).then(
      ({ bavail, blocks, bsize }) => ({ free: bavail * bsize, size: blocks * bsize }),
      () => null
    )
  )

/** So much has to fit, in bytes: a transaction of the largest batch, with its pages. */
export const needed = 1_048_576

const block = new Uint8Array(needed)

/** Name of a file that is written to see whether that can be done, and is gone again at once. */
export const trial = ".room"

/** Writes so much to a file of its own: quotas, and what is reserved for root, no figure tells. */
export const tryToWrite = (directory: string): Effect.Effect<void, NoRoom> =>
  attempt(directory, async () => {
    const file = `${directory}/${trial}`
    try {
      await Fs.writeFile(file, block, { mode: 0o600 })
    } finally {
      await Fs.rm(file, { force: true })
    }
  })

/** Whether files can be read there and removed, and whether more of them fit. Nothing is written: somebody may watch it. */
export const tryToUse = (directory: string): Effect.Effect<void, NoRoom> =>
  attempt(directory, async () => {
    const listing = await Fs.opendir(directory)
    try {
      await listing.read()
    } finally {
      await listing.close()
    }
    await Fs.access(directory, Fs.constants.R_OK | Fs.constants.W_OK | Fs.constants.X_OK)
    const { bavail, bsize } = await Fs.statfs(directory)
    if (bavail * bsize < needed) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" })
  })

const attempt = (directory: string, what: () => Promise<void>): Effect.Effect<void, NoRoom> =>
  Effect.tryPromise({ try: what, catch: (cause) => new NoRoom({ directory, detail: reasonOf(cause) }) })

const reasonOf = (cause: unknown): string => {
  const code = String(Object(cause).code ?? "")
  return reasons[code] ?? `can't be used: ${cause instanceof Error ? cause.message : String(cause)}`
}

const onByItself = "The connector goes on by itself, and nothing is lost"

const reasons: { readonly [code: string]: string } = {
  ENOSPC: `the disk is full. Make room. ${onByItself}.`,
  EDQUOT: `the quota of the connector's user is used up. Raise it or make room. ${onByItself}.`,
  EROFS: "the file system is read-only. Look into the kernel's log why, and mount it anew.",
  EACCES: "permission denied. Give the connector's user the right to read and write there.",
  EPERM: "permission denied. Give the connector's user the right to read and write there.",
  ENOENT: "the directory is not there. Create it or mount it again.",
  ENOTDIR: "is no directory. Move away what is there, and create it.",
  EIO: "the disk fails. Look into the kernel's log."
}
