/** The commands `id-connector plugins ...`: what is loaded from where, and whether it can be used. */
import { Command } from "@effect/cli"
import * as KelvinPlugin from "@id-connector/kelvin/KelvinPlugin"
import { Effect } from "effect"
import * as ConfigCheck from "../files/ConfigCheck.js"
import * as PluginFiles from "../plugins/PluginFiles.js"
import * as Settings from "../Settings.js"
import { CannotStart } from "./CannotStart.js"
import * as CommandShape from "./CommandShape.js"
import * as LoadedPlugins from "./LoadedPlugins.js"
import * as Output from "./Output.js"

const loaded = Effect.flatMap(Settings.withoutDirectory, ({ appDir }) =>
  Effect.map(LoadedPlugins.load(appDir), (found) => ({ appDir, ...found }))
)

const told = ({ problems, python }: PluginFiles.Loaded): ReadonlyArray<string> => [
  ...problems.map((problem) => `error    ${problem}`),
  ...(python.length === 0 ? [] : [`warning  ${PluginFiles.describePython(python)}`])
]

const list = Command.make("list", { json: Output.json }, ({ json }) =>
  Effect.gen(function* () {
    const { plugins, problems, python } = yield* loaded
    const all = [...KelvinPlugin.builtIn, ...plugins].map(({ hooks, name, origin }) => ({
      name,
      file: origin,
      hooks
    }))
    yield* Output.print(json, { plugins: all, errors: problems, python }, () => [
      ...Output.table(
        ["NAME", "FROM", "HOOKS"],
        all.map(({ file, hooks, name }) => [name, file ?? "built in", hooks.join(", ")]),
        "There are no plugins."
      ),
      ...told({ plugins, problems, python })
    ])
  })
).pipe(
  Command.withDescription(
    CommandShape.describe("Lists the plugins, where each was loaded from, and the hooks it has.", {
      example: "id-connector plugins list"
    })
  )
)

const check = Command.make("check", { json: Output.json }, ({ json }) =>
  Effect.gen(function* () {
    const { appDir, ...found } = yield* loaded
    const { warnings } = yield* Effect.mapError(
      ConfigCheck.check(appDir, LoadedPlugins.checking(found)),
      ({ problem }) => new CannotStart({ lines: [problem] })
    )
    const ofPlugins = warnings.filter((warning) => warning.includes("plugins: "))
    yield* Output.print(json, { errors: found.problems, warnings: ofPlugins, python: found.python }, () => [
      ...told(found),
      ...ofPlugins.map((warning) => `warning  ${warning}`),
      `${Output.count(found.plugins.length, "plugin")} loaded, ${Output.count(found.problems.length, "error")}.`
    ])
    if (found.problems.length > 0) return yield* new CannotStart({ lines: [] })
  })
).pipe(
  Command.withDescription(
    CommandShape.describe("Loads all plugins and looks at the school authorities that use them.", {
      details: ["The exit code is 1 when a file can't be used: the connector would not start."],
      example: "id-connector plugins check"
    })
  )
)

export const command = Command.make("plugins").pipe(
  Command.withDescription(
    CommandShape.describe("Plugins of one's own: conf/plugins/plugins/*.js and *.mjs.", {
      example: "id-connector plugins list"
    })
  ),
  Command.withSubcommands([list, check])
)
