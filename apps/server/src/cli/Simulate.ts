/** The command `id-connector simulate`: what changes would lead to, tried in the mapping harness, without server or network. */
import { Args, Command, Options } from "@effect/cli"
import { Path } from "@effect/platform"
import * as Harness from "@id-connector/testkit/harness/Harness"
import * as Report from "@id-connector/testkit/harness/Report"
import { Console, Effect, Option } from "effect"
import * as Settings from "../Settings.js"
import * as UndiciTargetHttp from "../targets/UndiciTargetHttp.js"
import { CannotStart } from "./CannotStart.js"
import * as CommandShape from "./CommandShape.js"
import * as Output from "./Output.js"
import * as SimulationInput from "./SimulationInput.js"
import { WrongUse } from "./WrongUse.js"

const file = (name: string, description: string) =>
  Options.text(name).pipe(Options.withPseudoName("file"), Options.withDescription(description))

export const command = Command.make(
  "simulate",
  {
    authorities: file("authority", "the file of a school authority; once for each of several (required)").pipe(
      Options.atLeast(1)
    ),
    mapping: file("mapping", "the mapping of schools to school authorities (required)"),
    directory: file("directory", "the source directory, as with IDC_DIRECTORY=file: (default: nobody)").pipe(
      Options.optional
    ),
    targets: file(
      "targets",
      "what targets are like in the beginning: by authority {schools, users, classes, udmProperties, faults, ...} (default: they have the schools of the mapping, and nobody)"
    ).pipe(Options.optional),
    real: Options.text("target").pipe(
      Options.withPseudoName("authority"),
      Options.repeated,
      Options.withDescription(
        "the authority whose real target is read instead of a simulated one, and never written to; once for each of several"
      )
    ),
    plugins: Options.text("plugins").pipe(
      Options.withPseudoName("directory"),
      Options.optional,
      Options.withDescription("the directory that conf/plugins/ is in (default: no plugins of one's own)")
    ),
    base: Options.text("base").pipe(
      Options.withPseudoName("dn"),
      Options.optional,
      Options.withDescription("base DN of the source directory (default: what the first DN of the files ends with)")
    ),
    sourceUid: Options.text("source-uid").pipe(
      Options.withPseudoName("text"),
      Options.withDefault("TESTID"),
      Options.withDescription("source_uid of users at targets")
    ),
    json: Output.json,
    html: Options.boolean("html").pipe(
      Options.withDescription("prints a page for a browser, which needs nothing else")
    ),
    files: Args.text({ name: "file" }).pipe(
      Args.withDescription(
        "listener files, dropped at once; of a directory those in it, when all before it is delivered"
      ),
      Args.atLeast(1)
    )
  },
  (given) =>
    Effect.gen(function* () {
      if (given.html && given.json) {
        return yield* new WrongUse({ lines: ["id-connector simulate: either --json or --html is expected."] })
      }
      const steps = yield* SimulationInput.steps(given.files)
      const input = yield* inputOf(given, steps)
      const outcome = yield* Effect.mapError(
        simulated(input, steps),
        ({ problems }) => new CannotStart({ lines: problems.map((problem) => inFile(given, problem)) })
      )
      if (given.html) yield* Console.log(Report.html(outcome, "Simulation of changes"))
      else yield* Output.print(given.json, outcome, () => Report.text(outcome))
      if (Report.hasDeadLetters(outcome)) return yield* new CannotStart({ lines: [] })
    })
).pipe(
  Command.withDescription(
    CommandShape.describe("Tries changes out on simulated targets: what is decided, mapped and sent, and why.", {
      details: [
        "It is the connector itself, on a time of its own; nothing is sent to anybody, and nothing is stored.",
        "With --target it logs in at a real target and reads there. Passwords are always sent in a simulation: what was sent before is not known.",
        "The exit code is 1 when something would become a dead letter."
      ],
      example: "id-connector simulate --authority T1.json --mapping mapping.json changes/*.json"
    })
  )
)

/** The harness names the part of its input, whoever calls a command knows the file. */
const inFile = ({ authorities, directory, mapping, targets }: Given, problem: string): string => {
  const [, part = "", index, rest = ""] = /^(\w+)(?:\[(\d+)\])?(.*)$/s.exec(problem) ?? []
  const files: { readonly [part: string]: string | undefined } = {
    authorities: authorities[Number(index)],
    directory: Option.getOrUndefined(directory),
    mapping,
    targets: Option.getOrUndefined(targets)
  }
  const file = Object.hasOwn(files, part) ? files[part] : undefined
  return file === undefined ? problem : `${file}${rest.startsWith(".") ? `: ${rest.slice(1)}` : rest}`
}

interface Given {
  readonly authorities: ReadonlyArray<string>
  readonly mapping: string
  readonly directory: Option.Option<string>
  readonly targets: Option.Option<string>
  readonly plugins: Option.Option<string>
  readonly real: ReadonlyArray<string>
  readonly base: Option.Option<string>
  readonly sourceUid: string
}

const inputOf = (given: Given, steps: ReadonlyArray<ReadonlyArray<SimulationInput.Change>>) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const directory = yield* present(given.directory, SimulationInput.directory)
    const texts = [...steps.flat().map(({ content }) => content), JSON.stringify(directory ?? {})]
    const base = Option.getOrNull(given.base) ?? SimulationInput.baseOf(texts)
    const targets = yield* present(given.targets, SimulationInput.targets)
    const input: SimulationInput.Input = {
      authorities: yield* SimulationInput.authorities(given.authorities),
      mapping: yield* SimulationInput.mapping(given.mapping),
      ...(directory === null ? {} : { directory }),
      // Whatever it holds, the harness looks at it first.
      ...(targets === null ? {} : { targets: targets as NonNullable<SimulationInput.Input["targets"]> }),
      ...(given.real.length === 0 ? {} : { real: { authorities: given.real, http: yield* http } }),
      ...(base === null ? {} : { base }),
      plugins: (yield* present(given.plugins, (place) => SimulationInput.plugins(path.resolve(place)))) ?? [],
      sourceUid: given.sourceUid
    }
    return input
  })

/** As the service would reach them; files with certificates are looked for as from `conf/`. */
const http = Effect.gen(function* () {
  const { appDir } = yield* Settings.withoutDirectory
  const { proxy, trust } = yield* Effect.mapError(
    Settings.outgoing,
    ({ problems }) => new CannotStart({ lines: problems })
  )
  return yield* UndiciTargetHttp.making({ proxy, trust, directory: `${appDir}/conf` })
})

const present = <A, B, E, R>(given: Option.Option<A>, read: (given: A) => Effect.Effect<B, E, R>) =>
  Option.match(given, { onNone: () => Effect.succeed(null), onSome: read })

const simulated = (input: SimulationInput.Input, steps: ReadonlyArray<ReadonlyArray<SimulationInput.Change>>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const harness = yield* Harness.make(input)
      for (const step of steps) {
        yield* harness.drop(...step)
        yield* harness.settle()
      }
      return Report.masked(yield* harness.outcome)
    })
  )
