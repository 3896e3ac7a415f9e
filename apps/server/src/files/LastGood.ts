/**
 * What the files of the configuration mean, beside what was in effect before: pure. Accidents destroy nothing. A file that is away
 * makes its authority absent, a broken one leaves it as it was, and a mapping that has vanished stays.
 */
import * as ConfigState from "@id-connector/core/config/ConfigState"
import type { Configuration, ConfigurationProblem } from "@id-connector/core/config/ConfigStore"
import { AuthorityName, type SchoolAuthority } from "@id-connector/core/schools/SchoolAuthority"
import * as SchoolMapping from "@id-connector/core/schools/SchoolMapping"
import { Either, Option, Schema } from "effect"
import type { Found } from "./ConfigFiles.js"

/** What is remembered over restarts. */
export const Known = Schema.Struct({
  /** Authorities that were configured and not deleted. */
  names: Schema.Array(AuthorityName),
  /** Those of them that are away, and since when (milliseconds since 1970). */
  absent: Schema.Record({ key: AuthorityName, value: Schema.Number }),
  mapping: Schema.Record({ key: Schema.String, value: Schema.String }),
  /** Of the content of each authority's file. */
  digests: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.String }), { default: () => ({}) }),
  /** What could not be used. */
  problems: Schema.optionalWith(Schema.Array(Schema.String), { default: () => [] })
})
export type Known = typeof Known.Type

export const nothing: Known = { names: [], absent: {}, mapping: {}, digests: {}, problems: [] }

/** What is in effect. */
export interface Effective {
  readonly configuration: Configuration
  /** The file of each authority that has one. */
  readonly files: ReadonlyMap<AuthorityName, string>
  /** Of what is in effect of each authority, see `ConfigFiles.digestOf`. */
  readonly digests: ReadonlyMap<AuthorityName, string>
}

/** Before the first look at the files. */
export const before = ({ absent, digests, mapping }: Known): Effective => ({
  configuration: {
    authorities: [],
    mapping: SchoolMapping.make(mapping),
    absent: new Map(Object.entries(absent).map(([name, since]) => [AuthorityName.make(name), since])),
    problems: []
  },
  files: new Map(),
  digests: new Map(Object.entries(digests).map(([name, digest]) => [AuthorityName.make(name), digest]))
})

export const knownOf = (
  { absent, authorities, mapping, problems }: Configuration,
  digests: ReadonlyMap<AuthorityName, string>
): Known => ({
  names: [...authorities.map(({ name }) => name), ...absent.keys()].sort(),
  absent: Object.fromEntries(absent),
  mapping: Object.fromEntries(mapping.entries),
  digests: Object.fromEntries(
    authorities.flatMap(({ name }) => (digests.has(name) ? [[name, digests.get(name) ?? ""]] : []))
  ),
  problems: problems.map(({ problem }) => problem)
})

/** `names`: all that were configured and not deleted. `now` in milliseconds since 1970. */
export const next = (last: Effective, names: ReadonlyArray<AuthorityName>, found: Found, now: number): Effective => {
  const { authorities, digests, files, problems } = authoritiesOf(last, found)
  const present = new Set(authorities.map(({ name }) => name))
  const absent = names.filter((name) => !present.has(name))
  const mapping = mappingOf(last.configuration.mapping, found)
  return {
    files,
    digests,
    configuration: {
      authorities: [...authorities].sort(ConfigState.byName),
      mapping: mapping.mapping,
      absent: new Map(absent.map((name) => [name, last.configuration.absent.get(name) ?? now])),
      problems: [...problems, ...mapping.problems]
    }
  }
}

const authoritiesOf = (last: Effective, found: Found) => {
  const authorities: Array<SchoolAuthority> = []
  const files = new Map<AuthorityName, string>()
  const digests = new Map<AuthorityName, string>()
  const problems: Array<ConfigurationProblem> = []
  const earlier = new Map([...last.files].map(([name, file]) => [file, name]))
  for (const { authority, digest, file } of found.authorities) {
    const name = Either.isRight(authority) ? authority.right.name : earlier.get(file)
    const effective = Either.isRight(authority)
      ? authority.right
      : last.configuration.authorities.find((one) => one.name === name)
    if (Either.isLeft(authority)) {
      problems.push(...authority.left.map((problem) => ({ authority: name ?? null, problem })))
    }
    if (effective === undefined) continue
    // Of one that can't be used the last good content stays.
    const digestOf = (of: AuthorityName) => (Either.isRight(authority) ? digest : (last.digests.get(of) ?? ""))
    const other = files.get(effective.name)
    if (other === undefined) {
      files.set(effective.name, file)
      digests.set(effective.name, digestOf(effective.name))
      authorities.push(effective)
      continue
    }
    problems.push({
      authority: effective.name,
      problem: `${other} and ${file}: name: both are called ${JSON.stringify(effective.name)}, a name of its own is expected`
    })
    // The one that was in effect stays.
    if (last.files.get(effective.name) !== file) continue
    files.set(effective.name, file)
    digests.set(effective.name, digestOf(effective.name))
    authorities.splice(
      authorities.findIndex(({ name }) => name === effective.name),
      1,
      effective
    )
  }
  return { authorities, digests, files, problems }
}

const mappingOf = (
  last: SchoolMapping.SchoolMapping,
  { isMappingBlank, mapping }: Found
): { readonly mapping: SchoolMapping.SchoolMapping; readonly problems: ReadonlyArray<ConfigurationProblem> } => {
  const keep = (reasons: ReadonlyArray<string>) => ({
    mapping: last,
    problems: reasons.map((reason) => ({ authority: null, problem: `${reason}. The last mapping stays in effect` }))
  })
  const file = "conf/schools_authorities_mapping.json"
  const empties = "PUT /school_to_authority_mapping empties the mapping"
  if (Option.isNone(mapping)) {
    return last.entries.length === 0
      ? { mapping: last, problems: [] }
      : keep([`${file} is missing, and had ${last.entries.length} schools (${empties}, if that is meant)`])
  }
  const hasNone = Either.match(mapping.value, {
    onLeft: () => isMappingBlank,
    onRight: ({ entries }) => entries.length === 0
  })
  if (hasNone && last.entries.length > 0)
    return keep([`${file} is empty, and had ${last.entries.length} schools (${empties}, if that is meant)`])
  return Either.isLeft(mapping.value) ? keep(mapping.value.left) : { mapping: mapping.value.right, problems: [] }
}
