/** What deliveries come to. */

export const outcomes = ["created", "modified", "unchanged", "removed", "absent", "ignored", "stepped aside"] as const

/** What was done at the target. `absent`: it was to be removed and is not there; `ignored`: the target does not want it. */
export type Outcome = (typeof outcomes)[number]
