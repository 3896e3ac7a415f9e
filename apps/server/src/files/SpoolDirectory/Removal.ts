// @effect-diagnostics nodeBuiltinImport:off
// See SpoolFiles: synchronous calls, and links told from files.
/** How a file leaves a directory: it is removed, or moved to the trash, and made to stay away. */
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"

/** Removes a file. One that is gone already is ignored. */
export const remove = (path: Fs.PathLike): void => {
  try {
    Fs.unlinkSync(path)
  } catch (cause) {
    if (codeOf(cause) !== "ENOENT") throw cause
  }
}

export const makeTrash = (trash: string): void => {
  Fs.mkdirSync(trash, { recursive: true, mode: 0o750 })
}

/** Moves a file without overwriting another one: `x.json`, then `x.json.1`, `x.json.2`, ... unless the content is the same. */
export const moveTo = (trash: string, name: string, from: Fs.PathLike): void => {
  for (let number = 0; ; number++) {
    const to = Path.join(trash, number === 0 ? name : `${name}.${number}`)
    const isTaken = Fs.lstatSync(to, { throwIfNoEntry: false }) !== undefined
    if (isTaken && !isSameContent(from, to)) continue
    try {
      Fs.renameSync(from, to)
    } catch (cause) {
      if (codeOf(cause) === "EXDEV" && isCopyable(from)) copyTo(to, from)
      else if (codeOf(cause) !== "ENOENT") throw cause
    }
    return
  }
}

/** Whoever reads a named pipe waits, perhaps for ever. */
const isCopyable = (from: Fs.PathLike): boolean => {
  const stat = Fs.lstatSync(from, { throwIfNoEntry: false })
  return stat?.isFile() === true || stat?.isSymbolicLink() === true
}

/** To another file system. The file is removed only when its copy lasts; a copy that was begun and not ended is not left. */
const copyTo = (to: string, from: Fs.PathLike): void => {
  try {
    if (Fs.lstatSync(from).isSymbolicLink()) Fs.symlinkSync(Fs.readlinkSync(from), to)
    else {
      Fs.copyFileSync(from, to)
      settle(to)
    }
  } catch (cause) {
    remove(to)
    throw cause
  }
  settle(Path.dirname(to))
  remove(from)
}

const isSameContent = (a: Fs.PathLike, b: Fs.PathLike): boolean => {
  const digest = (path: Fs.PathLike) =>
    Fs.lstatSync(path, { throwIfNoEntry: false })?.isFile() === true
      ? createHash("sha256").update(Fs.readFileSync(path)).digest("hex")
      : null
  const digestOfA = digest(a)
  return digestOfA !== null && digestOfA === digest(b)
}

/** Makes removals and renames in a directory, or the content of a file, survive a power cut. */
export const settle = (directory: string): void => {
  const handle = Fs.openSync(directory, "r")
  try {
    Fs.fsyncSync(handle)
  } finally {
    Fs.closeSync(handle)
  }
}

const codeOf = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""
