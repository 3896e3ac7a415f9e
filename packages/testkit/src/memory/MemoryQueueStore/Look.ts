/** What is shown of the items in memory. */
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import * as ItemSearch from "@id-connector/core/queue/ItemSearch"
import * as Precedence from "@id-connector/core/queue/Precedence"
import { itemState } from "@id-connector/core/queue/QueueRow"
import {
  type Attempt,
  type Counts,
  type CountsWithDue,
  type Filter,
  type ItemId,
  type QueueItem,
  type WaitedFor,
  waitsToldAtMost
} from "@id-connector/core/queue/QueueStore"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { Option } from "effect"
import { causeOf } from "./Groups.js"
import { itemsOf, keyOf, type Memory, type Stored } from "./Memory.js"

interface Details {
  readonly item: QueueItem
  readonly attempts: ReadonlyArray<Attempt>
}

export const counts = (memory: Memory, authority: AuthorityName): Counts => {
  const states = itemsOf(memory, authority).map((item) => itemState(item.state))
  const count = (state: string) => states.filter((other) => other === state).length
  return { waiting: count("waiting"), inFlight: count("in_flight"), held: count("held"), dead: count("dead") }
}

export const due = (memory: Memory, authority: AuthorityName): number =>
  itemsOf(memory, authority).filter(({ state }) => state === "ready").length

export const countsOfAll = (memory: Memory): ReadonlyMap<AuthorityName, CountsWithDue> =>
  new Map(
    [...new Set([...memory.items.values()].map(({ authority }) => authority))]
      .filter((authority) => !memory.deleted.has(authority))
      .map((authority) => {
        const waiting = itemsOf(memory, authority).filter(({ state }) => itemState(state) === "waiting")
        const [oldest] = [...waiting].sort((a, b) => a.id - b.id)
        return [
          authority,
          {
            ...counts(memory, authority),
            due: due(memory, authority),
            ...(oldest === undefined ? {} : { oldest: oldest.file })
          }
        ]
      })
  )

export const list = (memory: Memory, authority: AuthorityName, filter: Filter): ReadonlyArray<QueueItem> =>
  itemsOf(memory, authority)
    .filter((stored) => fits(stored, filter))
    .slice(0, filter.limit)
    .map((stored) => item(memory, stored))

export const show = (memory: Memory, authority: AuthorityName, id: ItemId): Option.Option<Details> =>
  Option.fromNullable(memory.items.get(id)).pipe(
    Option.filter((stored) => stored.authority === authority),
    Option.map((stored) => ({ item: item(memory, stored), attempts: stored.history }))
  )

/** When the next item that is tried again is due. */
export const nextDue = (memory: Memory, authority: AuthorityName): number | null => {
  const times = itemsOf(memory, authority).flatMap((item) => (item.state === "delayed" ? [item.availableAt] : []))
  return times.length === 0 ? null : Math.min(...times)
}

/** Who has objects, or an item of them, by object. */
export const holders = (memory: Memory, objectKey: string): ReadonlyArray<AuthorityName> =>
  authoritiesOf(memory, memory.delivered.keys(), objectKey).sort()

export const concerned = (
  memory: Memory,
  objectKeys: ReadonlyArray<string>
): ReadonlyMap<string, ReadonlyArray<AuthorityName>> => {
  const all = [...memory.delivered.keys(), ...[...memory.items.values()].map(keyOf)]
  return new Map(
    objectKeys.flatMap((objectKey) => {
      const authorities = authoritiesOf(memory, all, objectKey)
      return authorities.length === 0 ? [] : [[objectKey, authorities] as const]
    })
  )
}

/** Of an object, by what `keyOf` answers. Deleted authorities have nothing to do with it any more. */
const authoritiesOf = (memory: Memory, keys: Iterable<string>, objectKey: string): Array<AuthorityName> => {
  const found = new Set<AuthorityName>()
  for (const key of keys) {
    const [authority, of] = key.split("\n") as [AuthorityName, string]
    if (of === objectKey && !memory.deleted.has(authority)) found.add(authority)
  }
  return [...found]
}

/** The source UIDs of the accounts with a record UID that were delivered for other objects. */
export const othersWith = (
  memory: Memory,
  authority: AuthorityName,
  recordUid: string,
  objectKey: string
): ReadonlyArray<string | null> =>
  [...memory.delivered.values()].flatMap((there) =>
    there.authority === authority &&
    there.objectKey !== objectKey &&
    there.account?.recordUid.toLowerCase() === recordUid.toLowerCase()
      ? [there.account.sourceUid]
      : []
  )

export const item = (memory: Memory, stored: Stored): QueueItem => {
  const { givenUpAt: _, history: __, wanted: ___, waitsFor: ____, state, ...rest } = stored
  return { ...rest, state: itemState(state), receipt: memory.delivered.get(keyOf(stored))?.receipt ?? null }
}

const fits = (item: Stored, { after, cause, object, state }: Filter): boolean => {
  const search = object === undefined ? undefined : ItemSearch.of(object)
  const kind = ListenerObject.isUser(item.object) ? "user" : "group"
  return (
    (state === undefined || itemState(item.state) === state) &&
    item.id > (after ?? 0) &&
    (cause === undefined || ((item.state === "dead" || item.state === "held") && causeOf(item) === cause)) &&
    (search === undefined ||
      search.names.some((one) => one.name === Precedence.nameKey(item.object) && (one.kind ?? kind) === kind) ||
      search.objectKeys.includes(item.objectKey))
  )
}

/** What items wait for, at most so much as is told. */
export const waitsFor = (
  memory: Memory,
  authority: AuthorityName,
  ids: ReadonlyArray<ItemId>
): ReadonlyMap<ItemId, ReadonlyArray<WaitedFor>> => {
  const of = (id: ItemId): ReadonlyArray<WaitedFor> =>
    [...(memory.items.get(id)?.waitsFor ?? [])]
      .sort(([a], [b]) => a - b)
      .flatMap(([on, because]) => {
        const other = memory.items.get(on)
        if (because === "tried" || other?.authority !== authority) return []
        return [
          {
            id: on,
            kind: ListenerObject.isUser(other.object) ? ("user" as const) : ("group" as const),
            name: Precedence.nameKey(other.object),
            state: itemState(other.state),
            because: because === "member" || because === "again" ? ("member" as const) : ("freed" as const)
          }
        ]
      })
      .slice(0, waitsToldAtMost)
  return new Map(ids.flatMap((id) => (of(id).length === 0 ? [] : [[id, of(id)] as const])))
}
