/** Causes, as the API shows them. */
import type { Group, GroupOfAll } from "@id-connector/api/GroupsApi"
import type * as QueueStore from "@id-connector/core/queue/QueueStore"
import { iso } from "./Time.js"

type Sample = (typeof Group.Type)["sample"]

export const group = ({ cause, first, items, last }: QueueStore.Group, sample: Sample): typeof Group.Type => ({
  cause,
  items,
  first: iso(first),
  last: iso(last),
  sample
})

/** Groups of several authorities with the same cause, which come one after the other. */
export interface Together {
  readonly group: QueueStore.Group
  /** Who has how many, the most first. */
  readonly authorities: ReadonlyArray<QueueStore.Group>
}

export const together = (groups: ReadonlyArray<QueueStore.Group>): ReadonlyArray<Together> => {
  const byCause = new Map<string, Array<QueueStore.Group>>()
  for (const one of groups) {
    const others = byCause.get(one.cause)
    if (others === undefined) byCause.set(one.cause, [one])
    else others.push(one)
  }
  return [...byCause.values()]
    .map((ones) => {
      const authorities = [...ones].sort((a, b) => b.items - a.items)
      const [most = ones[0]] = authorities
      return {
        authorities,
        group: {
          ...(most as QueueStore.Group),
          items: ones.reduce((sum, { items }) => sum + items, 0),
          first: Math.min(...ones.map(({ first }) => first)),
          last: Math.max(...ones.map(({ last }) => last))
        }
      }
    })
    .sort((a, b) => b.group.items - a.group.items)
}

export const groupOfAll = ({ authorities, group: all }: Together, sample: Sample): typeof GroupOfAll.Type => ({
  ...group(all, sample),
  school_authorities: authorities.map(({ authority, items }) => ({ name: authority, items }))
})
