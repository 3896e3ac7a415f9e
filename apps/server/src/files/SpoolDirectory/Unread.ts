/**
 * The names of the files that are to be read, in their order. Of a directory with a million files only the first names are
 * held: the next ones are looked for when these have been read.
 */

/** Names that a look found and that were not read yet. */
export interface Unread {
  /** In their order. */
  readonly names: ReadonlyArray<string>
  /** Whether there were later ones than could be held. */
  readonly hasMore: boolean
}

export const none: Unread = { names: [], hasMore: false }

/** So long after a look it is looked on for later names, in milliseconds: who moves many files in is not done when a look is. */
const looksOnFor = 500

/** After which name to look on when all have been read, so many milliseconds after the look; null: there are no more. */
export const looksOnAfter = ({ hasMore, names }: Unread, sinceLook: number): string | null => {
  const isOver = !hasMore && sinceLook > looksOnFor
  return isOver ? null : (names.at(-1) ?? null)
}

/** Takes names in any order and keeps the first ones. */
export interface Collection {
  readonly add: (name: string) => void
  readonly end: () => Unread
}

/** Collects so many names at most, and for a moment twice as many. */
export const collect = (most: number): Collection => {
  let names: Array<string> = []
  let hasMore = false
  const cut = () => {
    names.sort()
    if (names.length <= most) return
    names = names.slice(0, most)
    hasMore = true
  }
  return {
    add: (name) => {
      names.push(name)
      if (names.length >= 2 * most) cut()
    },
    end: () => {
      cut()
      return { names, hasMore }
    }
  }
}
