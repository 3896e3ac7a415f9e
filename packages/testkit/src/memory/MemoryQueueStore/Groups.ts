/** What is dead or held in memory, by its cause. */
import * as Cause from "@id-connector/core/queue/Cause"
import * as Precedence from "@id-connector/core/queue/Precedence"
import type { Group, QueueStoreShape, StateGivenUp } from "@id-connector/core/queue/QueueStore"
import type { Array as Arr } from "effect"
import type { Memory, Stored } from "./Memory.js"

export const causeOf = ({ lastError, object }: Stored): string => Cause.of(lastError, Precedence.nameKey(object))

export const groups = (
  memory: Memory,
  state: StateGivenUp,
  { authority, limit }: Parameters<QueueStoreShape["groups"]>[1]
): ReadonlyArray<Group> => {
  const items = [...memory.items.values()].filter(
    (item) =>
      item.state === state &&
      !(authority === undefined && memory.deleted.has(item.authority)) &&
      (authority === undefined || item.authority === authority)
  )
  return by(items, causeOf)
    .sort(([a, some], [b, others]) => others.length - some.length || (a < b ? -1 : 1))
    .slice(0, limit)
    .flatMap(([cause, items]) =>
      by(items, (item) => item.authority)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([authority, ones]): Group => {
          const times = ones.map(({ givenUpAt = 0 }) => givenUpAt)
          return {
            authority,
            cause,
            items: ones.length,
            first: Math.min(...times),
            last: Math.max(...times),
            // In the order of arrival.
            sample: ones[0].id
          }
        })
    )
}

const by = <K extends string>(
  items: ReadonlyArray<Stored>,
  keyOf: (item: Stored) => K
): Array<[K, Arr.NonEmptyReadonlyArray<Stored>]> => {
  const found = new Map<K, Arr.NonEmptyReadonlyArray<Stored>>()
  for (const item of items) {
    const key = keyOf(item)
    const others = found.get(key)
    found.set(key, others === undefined ? [item] : [...others, item])
  }
  return [...found]
}
