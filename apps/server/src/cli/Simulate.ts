/** The command `id-connector simulate`: what changes would lead to, tried in the mapping harness, without server or network. */
import { Args, Command, Options } from "@effect/cli"
import { FileSystem, Path } from "@effect/platform"
import * as Problems from "@id-connector/core/input/Problems"
import * as Harness from "@id-connector/testkit/harness/Harness"
import * as Report from "@id-connector/testkit/harness/Report"
import { Console, Effect, Either, Option, Schema } from "effect"
import * as JsonFile from "../files/JsonFile.js"
import { CannotStart } from "./CannotStart.js"
import * as CommandShape from "./CommandShape.js"
import * as LoadedPlugins from "./LoadedPlugins.js"
import * as Output from "./Output.js"
import { WrongUse } from "./WrongUse.js"

const file = (name: string, description: string) =>
  Options.text(name).pipe(Options.withPseudoName("file"), Options.withDescription(description))

export const command = Command.make(
  "simulate",
  {
    authorities: file("authority", "the file of a school authority; once for each of several").pipe(Options.atLeast(1)),
    mapping: file("mapping", "the mapping of schools to school authorities"),
    directory: file("directory", "the source directory, as with IDC_DIRECTORY=file: (default: nobody)").pipe(
      Options.optional
    ),
    targets: file(
      "targets",
      "what targets have in the beginning: by authority {schools, users, classes} (default: nobody)"
    ).pipe(Options.optional),
    plugins: Options.text("plugins").pipe(
      Options.withPseudoName("directory"),
      Options.optional,
      Options.withDescription("the directory that conf/plugins/ is in (default: no plugins of one's own)")
    ),
    json: Output.json,
    html: Options.boolean("html").pipe(
      Options.withDescription("prints a page for a browser, which needs nothing else")
    ),
    files: Args.text({ name: "file" }).pipe(
      Args.withDescription("listener files, dropped in the order of their names"),
      Args.atLeast(1)
    )
  },
  ({ authorities, directory, files, html, json, mapping, plugins, targets }) =>
    Effect.gen(function* () {
      if (html && json) {
        return yield* new WrongUse({ lines: ["id-connector simulate: either --json or --html is expected."] })
      }
      const path = yield* Path.Path
      const loaded = yield* Option.match(plugins, {
        onNone: () => Effect.succeed([]),
        onSome: (place) => pluginsIn(path.resolve(place))
      })
      const given = yield* decoded(Names, mapping, inner(yield* jsonOf(mapping)))
      const input: Harness.Input = {
        authorities: yield* Effect.forEach(authorities, jsonOf),
        mapping: given,
        ...(Option.isSome(directory) ? { directory: yield* jsonOf(directory.value) } : {}),
        ...(Option.isSome(targets)
          ? { targets: yield* decoded(Targets, targets.value, yield* jsonOf(targets.value)) }
          : {}),
        plugins: loaded,
        changes: yield* Effect.forEach(
          [...files].sort((a, b) => (path.basename(a) < path.basename(b) ? -1 : 1)),
          (name) => Effect.map(textOf(name), (content) => ({ file: path.basename(name), content }))
        )
      }
      const outcome = Report.masked(
        yield* Effect.mapError(Harness.run(input), ({ problems }) => new CannotStart({ lines: [...problems] }))
      )
      if (html) yield* Console.log(Report.html(outcome, "Simulation of changes"))
      else yield* Output.print(json, outcome, () => Report.text(outcome))
      if (Report.hasDeadLetters(outcome)) return yield* new CannotStart({ lines: [] })
    })
).pipe(
  Command.withDescription(
    CommandShape.describe("Tries changes out on simulated targets: what is decided, mapped and sent, and why.", {
      details: [
        "It is the connector itself, on a time of its own; nothing is sent to anybody, and nothing is stored.",
        "The exit code is 1 when something would become a dead letter."
      ],
      example:
        "id-connector simulate --authority Traeger1.json --mapping mapping.json --directory directory.json changes/*.json"
    })
  )
)

const jsonOf = (name: string) =>
  Effect.flatMap(JsonFile.read(name), (found) => {
    if (Option.isNone(found)) return new CannotStart({ lines: [`${name}: there is no such file.`] })
    return Either.isLeft(found.value)
      ? new CannotStart({ lines: [found.value.left] })
      : Effect.succeed<unknown>(found.value.right)
  })

const Names = Schema.Record({ key: Schema.String, value: Schema.String })

/** A mapping as its file holds it, or without the key around it. */
const inner = (json: unknown): unknown =>
  typeof json === "object" && json !== null && "mapping" in json && typeof json.mapping === "object"
    ? json.mapping
    : json

const Held = Schema.Struct(
  { name: Schema.String, school: Schema.String },
  { key: Schema.String, value: Schema.Unknown }
)

const Targets = Schema.Record({
  key: Schema.String,
  value: Schema.Struct({
    schools: Schema.optionalWith(Schema.Array(Schema.String), { exact: true }),
    users: Schema.optionalWith(Schema.Array(Held), { exact: true }),
    classes: Schema.optionalWith(
      Schema.Array(
        Schema.Struct({
          name: Schema.String,
          school: Schema.String,
          description: Schema.optionalWith(Schema.NullOr(Schema.String), { exact: true }),
          users: Schema.optionalWith(Schema.Array(Schema.String), { exact: true })
        })
      ),
      { exact: true }
    )
  })
})

const decoded = <A, I>(schema: Schema.Schema<A, I>, name: string, json: unknown) =>
  Either.mapLeft(
    Schema.decodeUnknownEither(schema, { errors: "all" })(json),
    (error) => new CannotStart({ lines: Problems.describe(error).map((problem) => `${name}: ${problem}`) })
  )

const pluginsIn = (place: string) =>
  Effect.flatMap(LoadedPlugins.load(place), ({ plugins, problems }) =>
    problems.length > 0 ? new CannotStart({ lines: [...problems] }) : Effect.succeed(plugins)
  )

/** Its text, as it is: what is wrong with it is for the in queue to say. */
const textOf = (name: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.mapError(fs.readFileString(name), ({ message }) => new CannotStart({ lines: [`${name}: ${message}`] }))
  )
