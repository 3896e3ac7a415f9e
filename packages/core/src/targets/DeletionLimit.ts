/** How many deletions an authority bears. What happens beyond that is decided by `queue/out/DeletionProtection`. */

/** So many deletions are allowed within an hour, or so many percent of what the authority holds: whichever is more. */
export interface DeletionLimit {
  readonly deletions: number
  readonly percent: number
}

export const defaultDeletionLimit: DeletionLimit = { deletions: 50, percent: 10 }
