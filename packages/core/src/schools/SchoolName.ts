/**
 * Names of schools (OUs). They are compared without regard to case and Unicode form everywhere; each side keeps its own
 * spelling.
 */

/** What two spellings of one school have in common. Use it as key of maps and sets. */
export const key = (school: string): string => school.normalize("NFC").toLowerCase()

/** A set of schools that is asked without regard to case and answers in the spelling it was given. */
export interface SchoolSet {
  /** The schools in the spelling of the set. */
  readonly names: ReadonlyArray<string>
  /** The set's own spelling of a school, or undefined when it does not have it. */
  readonly spelling: (school: string) => string | undefined
  readonly has: (school: string) => boolean
}

export const makeSet = (schools: Iterable<string>): SchoolSet => {
  const bySchool = new Map<string, string>()
  for (const school of schools) if (!bySchool.has(key(school))) bySchool.set(key(school), school)
  return {
    names: [...bySchool.values()],
    spelling: (school) => bySchool.get(key(school)),
    has: (school) => bySchool.has(key(school))
  }
}

/** Schools of `schools` that `set` has, in the set's spelling, sorted by code point, each once. */
export const intersect = (schools: ReadonlyArray<string>, set: SchoolSet): ReadonlyArray<string> => {
  const found = new Set<string>()
  for (const school of schools) {
    const spelling = set.spelling(school)
    if (spelling !== undefined) found.add(spelling)
  }
  return [...found].sort(byCodePoint)
}

/** Alphabetical as Python and Kelvin sort: by code point, not by locale. */
export const byCodePoint = (a: string, b: string): number => {
  const left = [...a]
  const right = [...b]
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const difference = (left[index]?.codePointAt(0) ?? 0) - (right[index]?.codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}
