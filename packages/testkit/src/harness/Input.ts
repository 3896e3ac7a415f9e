/** What a run of the harness is given, read with care: mistakes say which authority, file and path, and what is expected. */
import * as ConfigValues from "@id-connector/core/config/ConfigValues"
import * as DirectoryContent from "@id-connector/core/directory/DirectoryContent"
import * as Problems from "@id-connector/core/input/Problems"
import type { SchoolAuthority } from "@id-connector/core/schools/SchoolAuthority"
import type { Plugin } from "@id-connector/core/targets/Plugin"
import type { TargetHttpShape } from "@id-connector/kelvin/client/TargetHttp"
import type * as KelvinPlugin from "@id-connector/kelvin/KelvinPlugin"
import { Either, Schema } from "effect"
import type * as KelvinSimulator from "../simulator/KelvinSimulator.js"
import * as InputShape from "./InputShape.js"
import type { Fault } from "./Script.js"

/** A target: what it has in the beginning, and what is to go wrong with it. Everything has a default. */
export interface TargetInput extends KelvinSimulator.Options {
  readonly faults?: ReadonlyArray<Fault>
}

/** What a run is given: authorities, mapping and changes at least. */
export interface Input {
  /** What their files hold. `url` may be left out. */
  readonly authorities: ReadonlyArray<unknown>
  /** School to authority. */
  readonly mapping: { readonly [school: string]: string }
  /** The source directory, in the format of `IDC_DIRECTORY=file:`. Default: nobody. */
  readonly directory?: unknown
  /** By the names of authorities. Default: a target that has the schools of the mapping, and takes every property. */
  readonly targets?: { readonly [authority: string]: TargetInput }
  /**
   * Targets that begin with what the real ones have: of whatever a change is about that is read from them, with the URL and the
   * account of the authority, and only read. What such a run leads to depends on them. Default: none.
   */
  readonly real?: { readonly authorities: ReadonlyArray<string>; readonly http: TargetHttpShape }
  /** Listener files, in their order: what they hold, or with `file` and `content` also how they are called. Texts stay as they are. */
  readonly changes?: ReadonlyArray<unknown>
  /** Besides `kelvin` and `kelvin-partial-group-sync`. */
  readonly plugins?: ReadonlyArray<Plugin<KelvinPlugin.Needs>>
  /** Base DN of the source directory. Default `dc=example,dc=com`. */
  readonly base?: string
  /** Default `TESTID`. */
  readonly sourceUid?: string
  /** When the run begins. Default 2026-02-03T08:00:00Z. */
  readonly start?: string
  /** Of whatever is random. */
  readonly seed?: string
}

/** The input can't be used: everything that is wrong with it. */
export class InputInvalid extends Schema.TaggedError<InputInvalid>()("InputInvalid", {
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return this.problems.join("\n")
  }
}

/** An authority, and what it logs in with. */
export interface AuthorityInput {
  readonly authority: SchoolAuthority
  readonly file: { readonly [key: string]: unknown }
  readonly host: string
}

export interface Read {
  readonly authorities: ReadonlyArray<AuthorityInput>
  readonly directory: typeof DirectoryContent.DirectoryContent.Type
  readonly start: number
}

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Where a target is that nobody gave a URL for. */
const urlOf = (index: number) => `https://target-${index + 1}.example.com/ucsschool/kelvin/v1/`

export const read = (input: Input): Either.Either<Read, InputInvalid> => {
  const shape = InputShape.problemsOf(input)
  if (shape.length > 0) return Either.left(new InputInvalid({ problems: shape }))
  const files = filesOf(input.authorities)
  const configuration = ConfigValues.configuration({ authorities: files, mapping: input.mapping })
  const problems: Array<string> = Either.isLeft(configuration) ? [...configuration.left.problems] : []
  const authorities: ReadonlyArray<AuthorityInput> = Either.isLeft(configuration)
    ? []
    : configuration.right.authorities.map((authority, index) => {
        const file = files[index] as AuthorityInput["file"]
        return { authority, file, host: new URL(authority.url).host }
      })
  const known = files.flatMap((file) => (isRecord(file) && typeof file.name === "string" ? [file.name] : []))
  const strangers = (given: ReadonlyArray<string>, path: string) =>
    problems.push(
      ...given
        .filter((name) => !known.includes(name))
        .map((name) => `${path}${name}: there is no authority of that name (there are: ${known.join(", ")})`)
    )
  strangers(Object.keys(input.targets ?? {}), "targets.")
  for (const [index, { mistakes = [], name }] of (input.plugins ?? []).entries()) {
    problems.push(...mistakes.map((mistake) => `plugins[${index}] (${name}): ${mistake}`))
  }
  strangers(input.real?.authorities ?? [], "real target ")
  for (const [index, { authority, file }] of authorities.entries()) {
    const given = input.authorities[index]
    if (input.real?.authorities.includes(authority.name) && isRecord(given) && given.url !== file.url) {
      problems.push(`real target ${authority.name}: the authority needs a URL, and a host that no other one has`)
    }
  }
  const directory = Schema.decodeUnknownEither(DirectoryContent.DirectoryContent, { errors: "all" })(
    input.directory ?? {}
  )
  if (Either.isLeft(directory)) {
    problems.push(...Problems.describe(directory.left).map((problem) => `directory.${problem}`))
  }
  const start = Date.parse(input.start ?? "2026-02-03T08:00:00Z")
  if (Number.isNaN(start)) problems.push(`start: ${JSON.stringify(input.start)} is no time like 2026-02-03T08:00:00Z`)
  return problems.length > 0 || Either.isLeft(directory)
    ? Either.left(new InputInvalid({ problems }))
    : Either.right({ authorities, directory: directory.right, start })
}

/** As their files would be: active unless they say otherwise, each with a target of its own. */
const filesOf = (given: ReadonlyArray<unknown>): ReadonlyArray<unknown> => {
  const hosts = new Set<string>()
  return given.map((one, index) => {
    if (!isRecord(one)) return one
    const isOthers = typeof one.url === "string" && URL.canParse(one.url) && hosts.has(new URL(one.url).host)
    const url = typeof one.url === "string" && !isOthers ? one.url : urlOf(index)
    if (URL.canParse(url)) hosts.add(new URL(url).host)
    return { active: true, ...one, url }
  })
}

/** Listener files by name and text. `first`: the number of the first one. */
export const files = (
  changes: ReadonlyArray<unknown>,
  first: number
): ReadonlyArray<{ readonly file: string; readonly content: unknown }> =>
  changes.map((change, index) =>
    isRecord(change) && typeof change.file === "string" && "content" in change
      ? { file: change.file, content: change.content }
      : { file: `2026-02-03-08-00-00-${String(first + index).padStart(6, "0")}.json`, content: change }
  )
