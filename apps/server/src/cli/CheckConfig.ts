/** The command `id-connector check-config`: all configuration files, looked at without a connector. */
import { Args, Command } from "@effect/cli"
import { Path } from "@effect/platform"
import { Effect, Option } from "effect"
import * as ConfigCheck from "../files/ConfigCheck.js"
import * as Settings from "../Settings.js"
import { CannotStart } from "./CannotStart.js"
import * as CommandShape from "./CommandShape.js"
import * as LoadedPlugins from "./LoadedPlugins.js"
import * as Output from "./Output.js"

export const command = Command.make(
  "check-config",
  {
    json: Output.json,
    directory: Args.text({ name: "directory" }).pipe(
      Args.optional,
      Args.withDescription("the directory that conf/ is in (default IDC_APP_DIR)")
    )
  },
  ({ directory, json }) =>
    Effect.gen(function* () {
      const { appDir } = yield* Settings.withoutDirectory
      const path = yield* Path.Path
      const place = Option.match(directory, { onNone: () => appDir, onSome: (given) => path.resolve(given) })
      const loaded = yield* LoadedPlugins.load(place)
      const {
        errors: inFiles,
        files,
        warnings: found
      } = yield* Effect.mapError(
        ConfigCheck.check(place, LoadedPlugins.checking(loaded)),
        ({ problem }) => new CannotStart({ lines: [problem] })
      )
      const errors = [...loaded.problems, ...inFiles]
      const warnings = [...found, ...(yield* Settings.unknownVariables)]
      const text = () => [
        ...errors.map((error) => `error    ${error}`),
        ...warnings.map((warning) => `warning  ${warning}`),
        `${Output.count(files.length, "file")} under ${path.join(place, "conf")}: ${Output.count(errors.length, "error")}, ${Output.count(warnings.length, "warning")}.`
      ]
      yield* Output.print(json, { files, errors, warnings }, text)
      if (errors.length > 0) return yield* new CannotStart({ lines: [] })
    })
).pipe(
  Command.withDescription(
    CommandShape.describe("Checks all configuration files on this machine, without a running connector.", {
      details: [
        "Each error and warning is said with its file and the path in it. The exit code is 1 when there is an error.",
        "Asks no target: id-connector authority check does."
      ],
      example: "id-connector check-config /srv/id-connector"
    })
  )
)
