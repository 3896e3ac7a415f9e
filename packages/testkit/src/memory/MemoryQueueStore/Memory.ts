/** What the storage in memory holds, and what its parts look up in it. */
import type { PreviousState } from "@id-connector/core/changes/PreviousState"
import type { HistoryRecord } from "@id-connector/core/history/HistoryEntry"
import type { Numbered } from "@id-connector/core/history/HistoryStore"
import type { RowState } from "@id-connector/core/queue/QueueRow"
import type {
  Account,
  Attempt,
  DeletedAuthority,
  FileFate,
  ItemId,
  QueueItem,
  Removals
} from "@id-connector/core/queue/QueueStore"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"

/** `tried` holds nobody back; the class is delivered `again` when that item is gone, held or dead. */
export type Because = "member" | "tried" | "again" | "record" | "name"

/** What is stored of an item. */
export interface Stored extends Omit<QueueItem, "state" | "receipt"> {
  readonly state: RowState
  /** Other items, and why it waits for them. */
  readonly waitsFor: ReadonlyMap<ItemId, Because>
  /** Users it refers to that the target did not have. */
  readonly wanted: ReadonlySet<string>
  readonly history: ReadonlyArray<Attempt>
  /** When it was given up or held back last, in milliseconds since 1970. */
  readonly givenUpAt?: number
}

/** An object that was delivered. */
export interface AtTarget {
  readonly authority: AuthorityName
  readonly objectKey: string
  readonly receipt: string | null
  readonly account: Account | null
}

export interface Memory {
  lastId: number
  lastRecord: number
  /** See `HistoryOutbox`. */
  outbox: Array<Numbered>
  lastDeleted: number
  /** By id, thus in the order of arrival. */
  readonly items: Map<ItemId, Stored>
  /** By authority and object: what is at the target. */
  readonly delivered: Map<string, AtTarget>
  readonly removals: Map<AuthorityName, Array<Removals>>
  readonly paused: Set<AuthorityName>
  readonly deleted: Map<AuthorityName, DeletedAuthority>
  readonly takenOver: Map<string, { readonly digest: string; readonly fate: FileFate }>
  readonly previous: Map<string, { readonly state: PreviousState; readonly expiresAt: number | null }>
}

export const make = (): Memory => ({
  lastId: 0,
  lastRecord: 0,
  outbox: [],
  lastDeleted: 0,
  items: new Map(),
  delivered: new Map(),
  removals: new Map(),
  paused: new Set(),
  deleted: new Map(),
  takenOver: new Map(),
  previous: new Map()
})

/** Writes records down, in their order. */
export const record = (memory: Memory, records: ReadonlyArray<HistoryRecord>): void => {
  for (const entry of records) memory.outbox.push({ id: ++memory.lastRecord, record: entry })
}

/** As if never tried. */
export const untried = { state: "ready", attempts: 0, availableAt: 0, lastError: null } as const

export const itemsOf = (memory: Memory, authority: AuthorityName): ReadonlyArray<Stored> =>
  [...memory.items.values()].filter((item) => item.authority === authority)

/** Of what is at a target, by authority and object. */
export const keyOf = ({ authority, objectKey }: Pick<Stored, "authority" | "objectKey">) => `${authority}\n${objectKey}`

/** What waits, is held or dead of an object: one at most. */
export const pending = (
  memory: Memory,
  { authority, objectKey }: Pick<Stored, "authority" | "objectKey">
): Stored | undefined => {
  for (const item of memory.items.values()) {
    if (item.objectKey === objectKey && item.authority === authority && item.state !== "in_flight") return item
  }
  return undefined
}
