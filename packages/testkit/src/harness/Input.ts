/** What a run of the harness is given, read with care: mistakes say which authority, file and path, and what is expected. */
import * as DirectoryContent from "@id-connector/core/directory/DirectoryContent"
import * as Problems from "@id-connector/core/input/Problems"
import * as SchoolAuthority from "@id-connector/core/schools/SchoolAuthority"
import * as SchoolMapping from "@id-connector/core/schools/SchoolMapping"
import type { Plugin } from "@id-connector/core/targets/Plugin"
import type * as KelvinPlugin from "@id-connector/kelvin/KelvinPlugin"
import { Either, Schema } from "effect"
import type * as KelvinSimulator from "../simulator/KelvinSimulator.js"
import type { Fault } from "./Script.js"

/** A target: what it has in the beginning, and what is to go wrong with it. Everything has a default. */
export interface TargetInput extends KelvinSimulator.Options {
  readonly faults?: ReadonlyArray<Fault>
}

/** A change that is given to the harness. */
export interface Input {
  /** What their files hold. `url` may be left out. */
  readonly authorities: ReadonlyArray<unknown>
  /** School to authority. */
  readonly mapping: { readonly [school: string]: string }
  /** The source directory, in the format of `IDC_DIRECTORY=file:`. Default: nobody. */
  readonly directory?: unknown
  /** By the names of authorities. Default: a target that has the schools of the mapping, and takes every property. */
  readonly targets?: { readonly [authority: string]: TargetInput }
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
  readonly authority: SchoolAuthority.SchoolAuthority
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
  const problems: Array<string> = []
  const authorities: Array<AuthorityInput> = []
  for (const [index, given] of input.authorities.entries()) {
    const name = isRecord(given) && typeof given.name === "string" ? ` (${Problems.cut(given.name)})` : ""
    const where = `authorities[${index}]${name}`
    if (!isRecord(given)) {
      problems.push(`${where}: an object like the file of a school authority is expected`)
      continue
    }
    const file = { active: true, ...given, url: urlAmong(given.url, index, authorities) }
    const decoded = SchoolAuthority.decode(file)
    if (Either.isLeft(decoded)) problems.push(...decoded.left.map((problem) => `${where}: ${problem}`))
    else if (authorities.some(({ authority }) => authority.name === decoded.right.name)) {
      problems.push(`${where}: there is another authority of that name`)
    } else authorities.push({ authority: decoded.right, file, host: new URL(file.url).host })
  }
  problems.push(...SchoolMapping.problemsOf(input.mapping).map((problem) => `mapping.${problem}`))
  for (const name of Object.keys(input.targets ?? {})) {
    if (!authorities.some(({ authority }) => authority.name === name)) {
      const names = authorities.map(({ authority }) => authority.name).join(", ")
      problems.push(`targets.${name}: there is no authority of that name (there are: ${names})`)
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

/** Each authority has a target of its own. */
const urlAmong = (url: unknown, index: number, others: ReadonlyArray<AuthorityInput>): string =>
  typeof url === "string" && (!URL.canParse(url) || !others.some(({ host }) => host === new URL(url).host))
    ? url
    : urlOf(index)

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
