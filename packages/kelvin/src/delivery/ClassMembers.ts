/** Who is a member of a class at the target. Pure. */
import type { SchoolSet } from "@id-connector/core/schools/SchoolName"
import * as SchoolRole from "@id-connector/core/schools/SchoolRole"

/**
 * Partial synchronisation of a class: people with an ignored role are none of the connector's business at the target. The
 * members are the local ones without an ignored role, the target's that have an ignored role here, and the target's that
 * the source directory does not know. Only roles in `schools` (those this authority handles) count; someone the directory
 * does not know has no role.
 */
export const partial = (options: {
  readonly local: ReadonlyArray<string>
  readonly atTarget: ReadonlyArray<string>
  /** `ucsschoolRole` by lower-case user name, of those the source directory knows. */
  readonly roles: ReadonlyMap<string, ReadonlyArray<string>>
  readonly ignored: ReadonlySet<string>
  readonly schools: SchoolSet
}): ReadonlyArray<string> => {
  const isIgnored = (name: string) => {
    const held = SchoolRole.inSchools(SchoolRole.parseAll(options.roles.get(name.toLowerCase())), options.schools)
    return [...held].some((role) => options.ignored.has(role))
  }
  const isForeign = (name: string) => !options.roles.has(name.toLowerCase())
  return distinct([
    ...options.local.filter((name) => !isIgnored(name)),
    ...options.atTarget.filter((name) => isForeign(name) || isIgnored(name))
  ])
}

const distinct = (names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const seen = new Map<string, string>()
  for (const name of names) if (!seen.has(name.toLowerCase())) seen.set(name.toLowerCase(), name)
  return [...seen.values()]
}
