/**
 * Where the files of the Python connector go once they are taken over: `data/upgraded-<YYYYmmdd_HHMMSS>/`, in the same order below it,
 * for nobody else to read (they hold password hashes). While the work goes on it is called `data/upgrading-...`: an upgrade that was
 * interrupted goes on with the same one.
 */
import { FileSystem, Path } from "@effect/platform"
import type { PlatformError } from "@effect/platform/Error"
import { Clock, Effect, Option } from "effect"
import * as TrashDirectory from "../files/TrashDirectory.js"
import * as OldFiles from "./OldFiles.js"

const atWork = "upgrading-"
const done = "upgraded-"

/** The report in it. */
export const report = "report.json"

/** The one that is at work, if there is one. */
export const unfinished = (appDir: string) =>
  Effect.map(named(appDir, atWork), (all) => Option.fromNullable(all.at(-1)))

/** Those that are finished, the oldest first. */
export const finished = (appDir: string) => named(appDir, done)

const named = (appDir: string, prefix: string) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const data = path.join(appDir, "data")
    const { directories } = yield* OldFiles.entries(data)
    return directories.filter((name) => name.startsWith(prefix)).map((name) => path.join(data, name))
  })

export const begin = (appDir: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const archive = path.join(appDir, "data", `${atWork}${TrashDirectory.stampOf(yield* Clock.currentTimeMillis)}`)
    yield* fs.makeDirectory(archive, { recursive: true, mode: 0o700 })
    return archive
  })

/** Gives it its name. */
export const finish = (archive: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const name = path.join(path.dirname(archive), path.basename(archive).replace(atWork, done))
    yield* fs.rename(archive, name)
    return name
  })

/** Moves a file or a directory to its place. What is not there is there already. Directories that are on both sides are united. */
export const move = (from: string, to: string): Effect.Effect<void, PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    if (!(yield* fs.exists(from))) return
    yield* fs.makeDirectory(path.dirname(to), { recursive: true, mode: 0o700 })
    const isDirectory = Effect.map(fs.stat(from), ({ type }) => type === "Directory")
    if (!((yield* fs.exists(to)) && (yield* isDirectory))) return yield* fs.rename(from, to)
    for (const name of yield* fs.readDirectory(from)) yield* move(path.join(from, name), path.join(to, name))
    yield* fs.remove(from, { recursive: true })
  })

/** What was moved out of it or into it survives a power cut. */
export const sync = (directory: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    if (!(yield* fs.exists(directory))) return
    yield* Effect.flatMap(fs.open(directory, { flag: "r" }), ({ sync }) => sync)
  }).pipe(Effect.scoped)
