// @effect-diagnostics nodeBuiltinImport:off
// Modules are loaded by Node.js itself.
/**
 * Plugins of one's own: ES modules `conf/plugins/plugins/*.{js,mjs}`, whose default export is a plugin, or a function that
 * makes one of a configuration, `<name of the file>.json` beside it. What they share is in `conf/plugins/packages/`.
 */
import * as Module from "node:module"
import { pathToFileURL } from "node:url"
import { FileSystem, Path } from "@effect/platform"
import * as Plugin from "@id-connector/core/targets/Plugin"
import * as KelvinPlugin from "@id-connector/kelvin/KelvinPlugin"
import { Effect, Either, Option, Schema } from "effect"
import * as DirectoryNames from "../files/DirectoryNames.js"
import * as JsonFile from "../files/JsonFile.js"

/** Files that can't be used as plugins: the connector does not start without what they would do. */
export class PluginsUnusable extends Schema.TaggedError<PluginsUnusable>()("PluginsUnusable", {
  /** Each names the file, and what is wrong. At least one. */
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return this.problems.join("\n")
  }
}

/** What plugins may need of the connector around them. */
export type Needs = KelvinPlugin.Needs

export interface Loaded {
  /** By the names of their files. */
  readonly plugins: ReadonlyArray<Plugin.Plugin<Needs>>
  /** Files that can't be used, each with its reason. */
  readonly problems: ReadonlyArray<string>
  /** Files that are Python. */
  readonly python: ReadonlyArray<string>
}

/** How long a file may take until it has its plugin ready. */
const limit = "60 seconds"

const directory = "conf/plugins/plugins"

/** Everything there is. Names must not be those of the plugins that are built in. */
export const load = (appDir: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const root = path.join(appDir, "conf", "plugins")
    const names = yield* listed(path.join(root, "plugins"))
    const shared = yield* listed(path.join(root, "packages"))
    const files = names.filter((name) => /\.m?js$/.test(name))
    if (files.length > 0) yield* resolving(yield* fs.realPath(root).pipe(Effect.orElseSucceed(() => root)))
    const plugins: Array<Plugin.Plugin<Needs>> = []
    const problems: Array<string> = []
    for (const name of files) {
      const origin = `${directory}/${name}`
      const loaded = yield* Effect.either(loadOne(path.join(root, "plugins", name), origin))
      if (Either.isLeft(loaded)) {
        problems.push(`${origin}: ${loaded.left}`)
        continue
      }
      const plugin = loaded.right
      problems.push(...(plugin.mistakes ?? []).map((mistake) => `${origin}: the plugin ${plugin.name} ${mistake}`))
      const other = plugins.find((one) => one.name === plugin.name)
      if (KelvinPlugin.builtIn.some(({ name }) => name === plugin.name)) {
        problems.push(
          `${origin}: ${JSON.stringify(plugin.name)} is the name of a plugin that is built in. Choose another name.`
        )
      } else if (other !== undefined) {
        problems.push(
          `${origin}: the plugin in ${other.origin} has the name ${JSON.stringify(plugin.name)}, too. Choose another name for one of them.`
        )
      } else plugins.push(plugin)
    }
    const python = [
      ...names.map((name) => `${directory}/${name}`),
      ...shared.map((name) => `conf/plugins/packages/${name}`)
    ].filter((name) => name.endsWith(".py"))
    const result: Loaded = { plugins, problems, python }
    return result
  })

/** What is to be said of files that can't be run here. */
export const describePython = (files: ReadonlyArray<string>): string =>
  `Python plugins are not run by this connector: ${files.join(", ")}. The page docs/plugins.md, "From a Python plugin", shows how to write them anew.`

const listed = (path: string) =>
  Effect.mapError(
    DirectoryNames.sorted(path),
    ({ message }) => new PluginsUnusable({ problems: [`${path}: ${message}`] })
  )

let isResolving = false

/** From now on files below `root` find the server's packages, and their own. */
const resolving = (root: string) =>
  Effect.sync(() => {
    if (isResolving) return
    isResolving = true
    const plugins = `${pathToFileURL(root).href}/`
    Module.register(new URL("../../bin/plugin-resolve.js", import.meta.url), {
      data: { plugins, packages: `${plugins}packages/`, server: import.meta.url }
    })
  })

const said = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause)
  // V8 says where a module can't be read in the first line of the stack: `file:///a/b.mjs:3`.
  const place = cause instanceof SyntaxError ? /^file:.*:(\d+)\n/.exec(cause.stack ?? "")?.[1] : undefined
  const [message = ""] = cause.message.split("\n")
  return `${cause.name}: ${message}${place === undefined ? "" : ` (line ${place})`}`
}

const loadOne = (file: string, origin: string) =>
  Effect.gen(function* () {
    const module = yield* inTime(() => import(pathToFileURL(file).href), "does not load")
    const exported = typeof module === "object" && module !== null && "default" in module ? module.default : undefined
    const configuration = yield* configurationOf(file)
    const made =
      typeof exported === "function"
        ? yield* inTime(() => exported(configuration), "its function can't make a plugin")
        : exported
    return isDefinition(made)
      ? Plugin.loadedFrom<Needs>(origin, made)
      : yield* Effect.fail(
          "has no plugin as its default export: Plugin.make({ name, handler }), or a function that answers with one, is expected"
        )
  })

const inTime = (run: () => unknown, what: string): Effect.Effect<unknown, string> =>
  Effect.tryPromise({ try: async () => run(), catch: (cause) => `${what}: ${said(cause)}` }).pipe(
    Effect.timeoutFail({ duration: limit, onTimeout: () => `${what}: it did not end within ${limit}` })
  )

const configurationOf = (file: string) =>
  Effect.flatMap(
    JsonFile.read(file.replace(/\.m?js$/, ".json")),
    Option.match({
      onNone: () => Effect.succeed<unknown>({}),
      onSome: Either.mapLeft((problem) => `its configuration can't be read: ${problem}`)
    })
  )

const isDefinition = (made: unknown): made is Plugin.Definition<Needs> =>
  typeof made === "object" &&
  made !== null &&
  "name" in made &&
  typeof made.name === "string" &&
  made.name !== "" &&
  "handler" in made &&
  typeof made.handler === "function"
