/** Whether what a run is given has the shape of an input at all: not everybody who writes one has a compiler. */
import * as Problems from "@id-connector/core/input/Problems"
import * as Similar from "@id-connector/core/input/Similar"
import { Duration, Either, Option, Schema } from "effect"
import type { Input, TargetInput } from "./Input.js"

const inputKeys: { readonly [key in keyof Required<Input>]: true } = {
  authorities: true,
  mapping: true,
  directory: true,
  targets: true,
  real: true,
  changes: true,
  plugins: true,
  base: true,
  sourceUid: true,
  start: true,
  seed: true
}

const targetKeys: { readonly [key in keyof Required<TargetInput>]: true } = {
  faults: true,
  schools: true,
  users: true,
  classes: true,
  accounts: true,
  tokenTtl: true,
  version: true,
  strictUrlHosts: true,
  udmProperties: true,
  mailDomains: true,
  maxNameLength: true,
  ldapBase: true,
  latency: true,
  random: true
}

const isDuration = (value: unknown): value is Duration.DurationInput => Option.isSome(Duration.decodeUnknown(value))

const Time = Schema.Unknown.pipe(
  Schema.filter((value) => isDuration(value) || 'a duration such as "2 days" is expected')
)

const Fault = Schema.Union(
  Schema.Struct({ down: Schema.Struct({ from: Schema.optional(Time), until: Time }) }),
  Schema.Struct({
    nth: Schema.Int.pipe(Schema.positive()),
    of: Schema.optional(Schema.Literal("write", "read", "any")),
    answer: Schema.Union(Schema.Int, Schema.Literal("none")),
    body: Schema.optional(Schema.Unknown)
  })
)

const Held = Schema.Struct(
  { name: Schema.String, school: Schema.String },
  { key: Schema.String, value: Schema.Unknown }
)

const HeldClass = Schema.Struct({
  name: Schema.String,
  school: Schema.String,
  description: Schema.optional(Schema.NullOr(Schema.String)),
  users: Schema.optional(Schema.Array(Schema.String)),
  udm_properties: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
})

const Target = Schema.Struct(
  {
    faults: Schema.optional(Schema.Array(Schema.Unknown)),
    schools: Schema.optional(Schema.Array(Schema.String)),
    users: Schema.optional(Schema.Array(Held)),
    classes: Schema.optional(Schema.Array(HeldClass))
  },
  { key: Schema.String, value: Schema.Unknown }
)

const Names = Schema.Record({ key: Schema.String, value: Schema.String })

const strict = { errors: "all", onExcessProperty: "error" } as const

/** Everything that is wrong, each with its path. */
export const problemsOf = (input: unknown): ReadonlyArray<string> => {
  if (!isRecord(input)) return ["an object with authorities, mapping and changes is expected"]
  return [
    ...Similar.unknownKeys(input, Object.keys(inputKeys)).map((problem) => `the input ${problem}`),
    ...(Array.isArray(input.authorities)
      ? []
      : ["authorities: a list of what the files of school authorities hold is expected"]),
    ...described(Schema.decodeUnknownEither(Names, strict)(input.mapping), "mapping"),
    ...(input.changes === undefined || Array.isArray(input.changes) ? [] : ["changes: a list is expected"]),
    ...(isRecord(input.directory)
      ? Similar.unknownKeys(input.directory, ["users", "groups"]).map((problem) => `directory: ${problem}`)
      : []),
    ...(isRecord(input.targets)
      ? Object.entries(input.targets).flatMap(([name, target]) => problemsOfTarget(target, `targets.${name}`))
      : input.targets === undefined
        ? []
        : ["targets: an object with the names of school authorities is expected"])
  ]
}

const problemsOfTarget = (target: unknown, path: string): ReadonlyArray<string> => {
  if (!isRecord(target)) return [`${path}: an object is expected`]
  const faults: ReadonlyArray<unknown> = Array.isArray(target.faults) ? target.faults : []
  return [
    ...Similar.unknownKeys(target, Object.keys(targetKeys)).map((problem) => `${path}: ${problem}`),
    ...described(Schema.decodeUnknownEither(Target, { errors: "all" })(target), path),
    ...faults.flatMap((fault, index) => problemsOfFault(fault, `${path}.faults.${index}`))
  ]
}

/** Of the two kinds of faults the one that is meant. */
const problemsOfFault = (fault: unknown, path: string): ReadonlyArray<string> => {
  const [down, answer] = Fault.members
  const meant = isRecord(fault) && "down" in fault ? down : answer
  return described(Schema.decodeUnknownEither(meant as Schema.Schema<unknown>, strict)(fault), path)
}

const described = <A>(decoded: Either.Either<A, Parameters<typeof Problems.describe>[0]>, path: string) =>
  Either.match(decoded, {
    onLeft: (error) =>
      Problems.describe(error).map((problem) => `${path}${problem.startsWith(":") ? "" : "."}${problem}`),
    onRight: (): ReadonlyArray<string> => []
  })

/** A time as the harness takes it. Throws, with what is expected: the mistake is in the program that calls. */
export const duration = (what: string, given: Duration.DurationInput): Duration.Duration =>
  Option.getOrThrowWith(
    Duration.decodeUnknown(given),
    () => new Error(`${what}: a duration such as "2 days" is expected, actual ${JSON.stringify(given)}`)
  )

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)
