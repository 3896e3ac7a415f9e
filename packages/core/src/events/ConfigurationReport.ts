/** Says what is wrong with the configuration of school authorities, once for each that is new or has changed. */
import { Effect } from "effect"
import { type AuthorityName, fingerprint, type SchoolAuthority } from "../schools/SchoolAuthority.js"
import { Plugins } from "../targets/Plugin.js"
import * as Validation from "../targets/Validation.js"
import { Events } from "./Events.js"

/** To be called with all authorities, be they active or not, at the start and after each change. */
export const make = Effect.gen(function* () {
  const events = yield* Events
  const plugins = yield* Plugins
  const problemsOf = (authority: SchoolAuthority) => {
    const { errors, warnings } = Validation.validate(plugins, authority)
    return [...errors, ...warnings].map(
      (problem) => ({ _tag: "ConfigurationProblem", authority: authority.name, problem }) as const
    )
  }
  let reported: ReadonlyMap<AuthorityName, string> = new Map()
  return (authorities: ReadonlyArray<SchoolAuthority>): Effect.Effect<void> =>
    Effect.suspend(() => {
      const before = reported
      reported = new Map(authorities.map((authority) => [authority.name, fingerprint(authority)]))
      const isNew = ({ name }: SchoolAuthority) => before.get(name) !== reported.get(name)
      return events.publishAll(authorities.filter(isNew).flatMap(problemsOf))
    })
})
