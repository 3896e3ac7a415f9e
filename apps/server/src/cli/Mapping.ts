/** The commands `id-connector mapping ...`: which school authority runs which school, at a running connector. */
import { Args, Command, Options } from "@effect/cli"
import type { FileSystem } from "@effect/platform"
import * as SchoolMapping from "@id-connector/core/schools/SchoolMapping"
import * as SchoolName from "@id-connector/core/schools/SchoolName"
import { Console, Effect, Either, Option } from "effect"
import * as JsonFile from "../files/JsonFile.js"
import * as ApiAccess from "./ApiAccess.js"
import { CannotStart } from "./CannotStart.js"
import * as CommandShape from "./CommandShape.js"
import * as Output from "./Output.js"
import { WrongUse } from "./WrongUse.js"

type Schools = { readonly [school: string]: string }

const access = ApiAccess.options

const show = Command.make("show", { ...access, json: Output.json }, (given) =>
  ApiAccess.withClient(given, (client) =>
    Effect.flatMap(client.authorities.mapping({}), (found) =>
      Output.print(given.json, found, () =>
        Output.table(["SCHOOL", "AUTHORITY"], Object.entries(found.mapping).sort(byName), "No school has an authority.")
      )
    )
  )
).pipe(
  Command.withDescription(
    CommandShape.describe("Shows which school authority runs which school.", { example: "id-connector mapping show" })
  )
)

const byName = ([a]: readonly [string, string], [b]: readonly [string, string]): number => (a < b ? -1 : a > b ? 1 : 0)

const set = Command.make(
  "set",
  {
    ...access,
    file: Options.text("file").pipe(
      Options.withPseudoName("file"),
      Options.optional,
      Options.withDescription('replaces the whole mapping by that of a file: {"SCHOOL": "authority", ...}')
    ),
    schools: Args.text({ name: "school=authority" }).pipe(
      Args.withDescription("the authority that a school gets; nothing after the = takes the school out"),
      Args.repeated
    )
  },
  ({ file, schools, ...given }) =>
    Effect.gen(function* () {
      if (Option.isSome(file) === schools.length > 0) {
        return yield* new WrongUse({
          lines: ["id-connector mapping set: either schools, as SCHOOL=authority, or --file is expected."]
        })
      }
      const changes = yield* Effect.forEach(schools, assignment)
      const replaced = Option.isSome(file) ? yield* mappingIn(file.value) : null
      const { mapping, warnings = [] } = yield* ApiAccess.withClient(given, (client) =>
        Effect.gen(function* () {
          const mapping = replaced ?? changes.reduce(changed, (yield* client.authorities.mapping({})).mapping)
          return yield* client.authorities.setMapping({ payload: { mapping } })
        })
      )
      yield* Console.log(`${Output.count(Object.keys(mapping).length, "school")} in the mapping now.`)
      yield* Effect.forEach(warnings, (warning) => Console.error(`warning: ${warning}`), { discard: true })
    })
).pipe(
  Command.withDescription(
    CommandShape.describe("Gives schools to school authorities, or replaces the whole mapping.", {
      details: ["Takes effect at once, for changes that come from now on."],
      example: "id-connector mapping set DEMOSCHOOL=Traeger1 OLDSCHOOL="
    })
  )
)

const assignment = (text: string) => {
  const at = text.indexOf("=")
  return at > 0
    ? Effect.succeed([text.slice(0, at), text.slice(at + 1)] as const)
    : new WrongUse({
        lines: [
          `id-connector mapping set: ${JSON.stringify(text)} is no school with its authority, SCHOOL=authority is expected.`
        ]
      })
}

/** A school is one, however it is written. */
const changed = (mapping: Schools, [school, authority]: readonly [string, string]): Schools => {
  const others = Object.entries(mapping).filter(([other]) => SchoolName.key(other) !== SchoolName.key(school))
  return Object.fromEntries(authority === "" ? others : [...others, [school, authority]])
}

const mappingIn = (file: string): Effect.Effect<Schools, CannotStart, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const found = yield* JsonFile.read(file)
    const unusable = (problems: ReadonlyArray<string>) =>
      new CannotStart({
        lines: problems.map((problem) => (problem.startsWith(file) ? problem : `${file}: ${problem}`))
      })
    if (Option.isNone(found)) return yield* unusable(["there is no such file."])
    if (Either.isLeft(found.value)) return yield* unusable([found.value.left])
    const decoded = SchoolMapping.decode(found.value.right)
    return Either.isLeft(decoded) ? yield* unusable(decoded.left) : Object.fromEntries(decoded.right.entries)
  })

export const command = Command.make("mapping").pipe(
  Command.withDescription("Which school authority runs which school, at a running connector."),
  Command.withSubcommands([show, set])
)
