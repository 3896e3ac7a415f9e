/** Which school authority runs which school. Schools are compared without regard to case, authorities are not. */
import { Either, Schema } from "effect"
import * as Problems from "../input/Problems.js"
import * as Size from "../input/Size.js"
import { AuthorityName } from "./SchoolAuthority.js"
import * as SchoolName from "./SchoolName.js"

export interface SchoolMapping {
  readonly entries: ReadonlyArray<readonly [school: string, authority: string]>
  /** The authority of a school, or undefined when it has none. */
  readonly authorityOf: (school: string) => string | undefined
  /** The schools that an authority runs. */
  readonly schoolsOf: (authority: string) => SchoolName.SchoolSet
}

const noSchools = SchoolName.makeSet([])

export const make = (mapping: { readonly [school: string]: string }): SchoolMapping => {
  const entries = Object.entries(mapping)
  const authorities = new Map(entries.map(([school, authority]) => [SchoolName.key(school), authority]))
  const schools = new Map<string, Array<string>>()
  for (const [school, authority] of entries) {
    const known = schools.get(authority)
    if (known === undefined) schools.set(authority, [school])
    else known.push(school)
  }
  const sets = new Map([...schools].map(([authority, names]) => [authority, SchoolName.makeSet(names)]))
  return {
    entries,
    authorityOf: (school) => authorities.get(SchoolName.key(school)),
    schoolsOf: (authority) => sets.get(authority) ?? noSchools
  }
}

export const empty: SchoolMapping = make({})

const decodeEntries = Schema.decodeUnknownEither(Schema.Record({ key: Schema.String, value: Schema.String }), {
  errors: "all"
})

/** Many times what a state has. */
const limits: Size.Limits = { depth: 3, text: 1_000, name: 1_000, values: 200_000 }

/** What is too large to be a mapping, or null. */
export const tooLarge = (json: unknown): string | null => Size.problem(json, limits)

/** Reads the parsed file `conf/schools_authorities_mapping.json`: `{"mapping": {school: authority}}`, or the inner object alone. */
export const decode = (json: unknown): Either.Either<SchoolMapping, ReadonlyArray<string>> => {
  const problem = tooLarge(json)
  if (problem !== null) return Either.left([problem])
  const isWrapped = typeof json === "object" && json !== null && "mapping" in json && typeof json.mapping === "object"
  return Either.flatMap(
    Either.mapLeft(decodeEntries(isWrapped ? json.mapping : json), Problems.describe),
    (mapping) => {
      const problems = problemsOf(mapping)
      return problems.length === 0 ? Either.right(make(mapping)) : Either.left(problems)
    }
  )
}

const isName = Schema.is(AuthorityName)

/** A school that is there twice, in different case, and names that no authority can have. */
export const problemsOf = (mapping: { readonly [school: string]: string }): ReadonlyArray<string> => {
  const spellings = new Map<string, ReadonlyArray<string>>()
  for (const school of Object.keys(mapping)) {
    spellings.set(SchoolName.key(school), [...(spellings.get(SchoolName.key(school)) ?? []), school])
  }
  return [
    ...[...spellings.values()]
      .filter(({ length }) => length > 1)
      .map((all) => `${all.join(" and ")}: are different spellings of one school, which must be listed only once`),
    ...Object.entries(mapping)
      .filter(([, authority]) => !isName(authority))
      .map(
        ([school, name]) => `${school}: ${JSON.stringify(Problems.cut(name))} can't be the name of a school authority`
      )
  ]
}
