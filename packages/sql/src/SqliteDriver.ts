// @effect-diagnostics nodeBuiltinImport:off
// Which driver is installed is a matter of files.
/**
 * The SQLite driver, and whether this Node.js bears it. Some pairs end the process: at the first database, or hours later in a
 * garbage collection. It is better not to start.
 */
import { createRequire } from "node:module"
import process from "node:process"
import { Effect, Layer, Schema } from "effect"

/** The SQLite driver and this Node.js don't go together, or it can't be loaded. */
export class DriverUnfit extends Schema.TaggedError<DriverUnfit>()("DriverUnfit", {
  problem: Schema.String
}) {
  override get message() {
    return this.problem
  }
}

/** What is wrong with a version of better-sqlite3 on a version of Node.js, with what to do; null when nothing is known. */
export const problem = (nodeVersion: string, driverVersion: string): string | null => {
  const [driver = 0] = numbers(driverVersion)
  const pair = `better-sqlite3 ${driverVersion} crashes Node.js ${nodeVersion}`
  if (driver <= 12 && missesEnvironment(nodeVersion)) {
    return `${pair} in a garbage collection: put ${override("13.2.0")} into your package.json and run npm install.`
  }
  if (driver >= 13 && !hasNodeApi10(nodeVersion)) {
    return `${pair} when a database is opened: use Node.js 22.14 or newer, or put ${override("12.11.1")} into your package.json and run npm install.`
  }
  return null
}

const override = (version: string) => `"overrides": { "better-sqlite3": "${version}" }`

const numbers = (version: string) => version.split(".").map((part) => Number.parseInt(part, 10) || 0)

/**
 * `node::ObjectWrap`, which version 12 is made of, looks for its environment in a collection, which has none. Node.js 26 does so,
 * too, and survives it.
 */
const missesEnvironment = (nodeVersion: string) => {
  const [major = 0, minor = 0] = numbers(nodeVersion)
  return major === 24 && minor >= 19
}

/** What version 13 calls. */
const hasNodeApi10 = (nodeVersion: string) => {
  const [major = 0, minor = 0] = numbers(nodeVersion)
  return (major === 22 && minor >= 14) || (major === 23 && minor >= 6) || major > 23
}

/** The driver that `@effect/sql-sqlite-node` loads; null where it is not installed: there is another `SqlClient` then. */
const installed = () => {
  try {
    const client = createRequire(import.meta.url).resolve("@effect/sql-sqlite-node/package.json")
    const load = createRequire(client)
    const { name, version }: { name: string; version: string } = load("better-sqlite3/package.json")
    return { name, version, load: (): unknown => load("better-sqlite3") }
  } catch {
    return null
  }
}

const check = Effect.suspend(() => {
  const driver = installed()
  if (driver === null) return Effect.void
  // A package of another name in its place chooses the driver by itself.
  const unfit = driver.name === "better-sqlite3" ? problem(process.versions.node, driver.version) : null
  if (unfit !== null) return Effect.fail(new DriverUnfit({ problem: unfit }))
  return Effect.try({
    try: () => {
      const Database = driver.load() as new (filename: string) => { close(): void }
      new Database(":memory:").close()
    },
    catch: (error) => new DriverUnfit({ problem: notLoaded(error instanceof Error ? error.message : String(error)) })
  })
})

/** Where packages were installed without their scripts, nothing was compiled. */
const notLoaded = (problem: string): string => {
  const [first = problem] = problem.split("\n")
  return /bindings file|better_sqlite3\.node/.test(problem)
    ? `better-sqlite3 is not compiled for Node.js ${process.versions.node}: run npm rebuild better-sqlite3 (python3, make and g++ are needed).`
    : first
}

/** Fails where the driver would end the process, or is not there. Provide it to whatever opens a database. */
export const layer: Layer.Layer<never, DriverUnfit> = Layer.effectDiscard(check)
