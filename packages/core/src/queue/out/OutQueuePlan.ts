/** Which out queues end and which begin when the configuration changes: pure. */
import { type AuthorityName, fingerprint, type SchoolAuthority } from "../../schools/SchoolAuthority.js"

/** The authorities whose queue runs, each with the fingerprint of the configuration it runs with. */
export type Running = ReadonlyMap<AuthorityName, string>

export const nothing: Running = new Map()

/** To be done in this order. */
export interface Plan {
  /** Queues to stop: of authorities that were switched off or changed, or are not configured any more. */
  readonly stop: ReadonlyArray<AuthorityName>
  /** Queues to start. */
  readonly start: ReadonlyArray<SchoolAuthority>
  /** What runs afterwards. */
  readonly after: Running
}

export const plan = (before: Running, authorities: ReadonlyArray<SchoolAuthority>): Plan => {
  const running = new Map(
    authorities.filter(({ active }) => active).map((authority) => [authority.name, fingerprint(authority)])
  )
  return {
    stop: [...before].filter(([name, print]) => running.get(name) !== print).map(([name]) => name),
    start: authorities.filter(({ active, name }) => active && before.get(name) !== running.get(name)),
    after: running
  }
}
