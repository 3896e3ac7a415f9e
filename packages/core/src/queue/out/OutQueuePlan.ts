/** Which out queues end and which begin when the configuration changes: pure. */
import { type AuthorityName, fingerprint, type SchoolAuthority } from "../../schools/SchoolAuthority.js"

/** What runs and what is known, before or after a change. */
export interface Followed {
  /** The configured authorities. */
  readonly known: ReadonlySet<AuthorityName>
  /** Those whose queue runs, each with the fingerprint of the configuration it runs with. */
  readonly running: ReadonlyMap<AuthorityName, string>
}

export const nothing: Followed = { known: new Set(), running: new Map() }

/** To be done in this order. */
export interface Plan {
  /** Queues to stop: of authorities that were switched off, changed or deleted. */
  readonly stop: ReadonlyArray<AuthorityName>
  /** Authorities that are no more: their items go to the trash. */
  readonly deleted: ReadonlyArray<AuthorityName>
  /** Queues to start. */
  readonly start: ReadonlyArray<SchoolAuthority>
  /** What runs and is known afterwards. */
  readonly after: Followed
}

export const plan = (before: Followed, authorities: ReadonlyArray<SchoolAuthority>): Plan => {
  const known = new Set(authorities.map(({ name }) => name))
  const running = new Map(
    authorities.filter(({ active }) => active).map((authority) => [authority.name, fingerprint(authority)])
  )
  return {
    stop: [...before.running].filter(([name, print]) => running.get(name) !== print).map(([name]) => name),
    deleted: [...before.known].filter((name) => !known.has(name)),
    start: authorities.filter(({ active, name }) => active && before.running.get(name) !== running.get(name)),
    after: { known, running }
  }
}
