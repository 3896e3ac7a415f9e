/**
 * Random histories of a queue store: what happens to it, what it shows after each step, and what must be true then,
 * whatever the store stands on.
 */
import { assert } from "@effect/vitest"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import { isUser, type PreviousState } from "@id-connector/core/changes/PreviousState"
import type { HistoryEntry } from "@id-connector/core/history/HistoryEntry"
import type { HistoryOutbox } from "@id-connector/core/history/HistoryOutbox"
import { PreviousStateStore } from "@id-connector/core/queue/PreviousStateStore"
import * as QueueRow from "@id-connector/core/queue/QueueRow"
import {
  type Arrival,
  type ItemId,
  type ItemState,
  itemStates,
  type QueueItem,
  QueueStore,
  type Settlement,
  statesGivenUp
} from "@id-connector/core/queue/QueueStore"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { Clock, Effect, FastCheck, Option, TestClock } from "effect"
import { arrival, group, north, previousUser, removedUser, south, user } from "./Changes.js"
import { next } from "./Outbox.js"
import { attempt } from "./Steps.js"

const authorities = [north, south]

interface Change {
  /** 0 to 2 are users, 3 and 4 groups. */
  readonly object: number
  readonly removed: boolean
  readonly to: ReadonlyArray<AuthorityName>
  /** The file comes once more, in the same batch. */
  readonly twice: boolean
  /** Few, so that objects need what others free. */
  readonly recordUid: string
  readonly name: string
  readonly email: string | null
}

/** What can happen to a queue. Times are in milliseconds. */
export type Command =
  | { readonly _tag: "Accept"; readonly changes: ReadonlyArray<Change>; readonly again: boolean }
  | { readonly _tag: "Claim"; readonly authority: AuthorityName; readonly limit: number }
  | { readonly _tag: "Settle"; readonly outcomes: ReadonlyArray<Outcome> }
  | { readonly _tag: "Wait"; readonly time: number }
  | { readonly _tag: "Recover" }
  | {
      readonly _tag: "Intervene"
      readonly authority: AuthorityName
      readonly how: "retry" | "discard"
      readonly state: ItemState
    }

const outcomes = ["Keep", "Done", "DoneWithReceipt", "Removed", "RetryAt", "Dead", "Hold", "Release"] as const

/** How a claimed item ends; `Keep`: it stays in flight. */
type Outcome = (typeof outcomes)[number]

const Change: FastCheck.Arbitrary<Change> = FastCheck.record({
  object: FastCheck.integer({ min: 0, max: 4 }),
  removed: FastCheck.boolean(),
  to: FastCheck.subarray(authorities),
  twice: FastCheck.boolean(),
  recordUid: FastCheck.constantFrom("rec1", "rec2", "rec3"),
  name: FastCheck.constantFrom("n1", "n2", "n3"),
  email: FastCheck.constantFrom(null, "e1@x.de", "e2@x.de")
})

const Outcome = FastCheck.constantFrom<Array<Outcome>>(...outcomes)

const Command: FastCheck.Arbitrary<Command> = FastCheck.oneof(
  FastCheck.record({
    _tag: FastCheck.constant("Accept" as const),
    changes: FastCheck.array(Change, { minLength: 1, maxLength: 4 }),
    again: FastCheck.boolean()
  }),
  FastCheck.record({
    _tag: FastCheck.constant("Claim" as const),
    authority: FastCheck.constantFrom(...authorities),
    limit: FastCheck.integer({ min: 0, max: 3 })
  }),
  FastCheck.record({
    _tag: FastCheck.constant("Settle" as const),
    outcomes: FastCheck.array(Outcome, { minLength: 1, maxLength: 4 })
  }),
  FastCheck.record({ _tag: FastCheck.constant("Wait" as const), time: FastCheck.integer({ min: 1, max: 150 }) }),
  FastCheck.record({ _tag: FastCheck.constant("Recover" as const) }),
  FastCheck.record({
    _tag: FastCheck.constant("Intervene" as const),
    authority: FastCheck.constantFrom(...authorities),
    how: FastCheck.constantFrom("retry" as const, "discard" as const),
    state: FastCheck.constantFrom(...itemStates)
  })
)

export const Commands = FastCheck.array(Command, { minLength: 1, maxLength: 40, size: "max" })

/** How long a `RetryAt` of a history waits, in milliseconds. */
const retryAfter = 100

/** What happened so far, from outside. */
interface Progress {
  readonly last: Array<Arrival>
  /** By authority and object: the newest version that came. */
  readonly newest: Map<string, string>
  /** By authority and object: the version that was delivered last. */
  readonly delivered: Map<string, string>
  readonly inFlight: Map<ItemId, QueueItem>
  /** By authority and object: given up by an administrator. */
  readonly discarded: Set<string>
  /** By authority and object: whose newest version is a removal, which is dropped when a newer account takes its record UID. */
  readonly removed: Set<string>
  /** Of users, so far. */
  readonly names: Array<string>
  /** What is remembered of each object. */
  readonly states: Map<number, PreviousState>
  /** Settlements of items in flight so far. */
  settled: number
  versions: number
}

/**
 * Runs a history, asserts what must be true after each step, and returns what could be seen. Two stores are the same when
 * they show the same. (Ids may differ: they are replaced by the item's place in the list.)
 */
export const run = (
  commands: ReadonlyArray<Command>
): Effect.Effect<ReadonlyArray<unknown>, never, QueueStore | PreviousStateStore | HistoryOutbox> =>
  Effect.gen(function* () {
    const progress: Progress = {
      last: [],
      newest: new Map(),
      delivered: new Map(),
      inFlight: new Map(),
      discarded: new Set(),
      removed: new Set(),
      names: [],
      states: new Map(),
      settled: 0,
      versions: 0
    }
    const seen: Array<unknown> = []
    const start = yield* Clock.currentTimeMillis
    const sinceStart = (time: number | null) => (time === null || time === 0 ? time : time - start)
    for (const command of commands) {
      const claimed = yield* step(progress, command)
      const records = yield* written(progress)
      const shown = yield* show
      for (const { authority, items } of shown) assertNothingLost(progress, authority, items)
      assert.deepStrictEqual(
        shown.flatMap(({ items }) => items.filter(({ state }) => state === "in_flight").map(({ id }) => id)).sort(),
        [...progress.inFlight.keys()].sort()
      )
      const place = new Map(shown.flatMap(({ items }) => items).map(({ id }, index) => [id, index]))
      const plain = (item: QueueItem) => ({
        ...item,
        ...QueueRow.rowOf(item),
        object: null,
        id: place.get(item.id),
        availableAt: sinceStart(item.availableAt)
      })
      seen.push({
        claimed: claimed.map(plain),
        records,
        shown: shown.map(({ items, nextDue, ...rest }) => ({
          ...rest,
          nextDue: sinceStart(nextDue),
          items: items.map(plain)
        }))
      })
    }
    yield* drain
    return seen
  }).pipe(Effect.orDie) // No store fails here; if one does, the test is to end.

/** What stands in the outbox of the history, which has one entry of each settlement. */
const written = (progress: Progress) =>
  Effect.gen(function* () {
    const records = yield* next(10_000)
    assert.deepStrictEqual(
      records.map(({ id }) => id),
      [...new Set(records.map(({ id }) => id))].sort((a, b) => a - b)
    )
    const ofSettlements = records.filter(({ record }) => record._tag === "Held")
    assert.lengthOf(ofSettlements, progress.settled)
    return records.map(({ record }) => ({ ...record, at: 0, ...("item" in record ? { item: 0 } : {}) }))
  })

/** Delivers all that is left: whatever happened before, nothing may be stuck. */
const drain = Effect.gen(function* () {
  const queue = yield* QueueStore
  yield* queue.recover
  yield* TestClock.adjust(retryAfter)
  for (const authority of authorities) {
    for (let round = 0; ; round++) {
      assert.isBelow(round, 100, "items step aside once")
      const claimed = yield* queue.claim(authority, 3)
      if (claimed.length === 0) break
      yield* queue.settle(
        claimed.map(({ id, stepsAside }) =>
          stepsAside ? { _tag: "SteppedAside", id } : { _tag: "Done", id, receipt: null, result: "present" }
        )
      )
    }
    const { inFlight, waiting } = yield* queue.counts(authority)
    const held = yield* queue.list(authority, { state: "held", limit: 1 })
    // What is held may hold others back, until somebody decides.
    if (held.length === 0) assert.strictEqual(waiting, 0)
    assert.strictEqual(inFlight, 0)
  }
})

const step = (progress: Progress, command: Command) =>
  Effect.gen(function* () {
    const queue = yield* QueueStore
    const now = yield* Clock.currentTimeMillis
    switch (command._tag) {
      case "Accept": {
        const arrivals = command.changes.flatMap((change) => {
          const one = arrivalOf(progress, change, now)
          return change.twice ? [one, one] : [one]
        })
        yield* queue.accept(command.again ? [...progress.last, ...arrivals] : arrivals)
        progress.last.splice(0, Number.POSITIVE_INFINITY, ...arrivals)
        return []
      }
      case "Claim": {
        const claimed = yield* queue.claim(command.authority, command.limit)
        assert.isAtMost(claimed.length, command.limit)
        for (const item of claimed) {
          assert.isFalse([...progress.inFlight.values()].some((other) => keyOf(other) === keyOf(item)))
          progress.inFlight.set(item.id, item)
        }
        return claimed
      }
      case "Settle": {
        const items = [...progress.inFlight.values()]
        const settlements = items.flatMap((item, index) =>
          settlementOf(progress, item, command.outcomes[index] ?? "Keep", now).map((settlement) => ({
            ...settlement,
            entry: entryOf(item)
          }))
        )
        progress.settled += settlements.length
        // The second of each comes too late.
        yield* queue.settle([...settlements, ...settlements])
        yield* queue.settle(settlements)
        return []
      }
      case "Wait":
        yield* TestClock.adjust(command.time)
        return []
      case "Intervene": {
        const items = yield* queue.list(command.authority, { state: command.state, limit: 2 })
        const count = yield* queue[command.how](
          command.authority,
          {
            _tag: "InState",
            state: command.state,
            limit: 2
          },
          { name: "admin", address: null }
        )
        if (command.how === "discard") {
          assert.strictEqual(count, command.state === "in_flight" ? 0 : items.length)
          if (command.state !== "in_flight") for (const item of items) progress.discarded.add(keyOf(item))
        }
        return []
      }
      case "Recover": {
        assert.strictEqual(yield* queue.recover, progress.inFlight.size)
        progress.inFlight.clear()
        return []
      }
    }
  })

const show = Effect.gen(function* () {
  const queue = yield* QueueStore
  const previous = yield* (yield* PreviousStateStore).get(["u0", "u1", "u2"])
  const queues = yield* Effect.forEach(authorities, (authority) =>
    Effect.all({
      authority: Effect.succeed(authority),
      items: queue.list(authority, { limit: 100 }),
      counts: queue.counts(authority),
      groups: Effect.forEach(statesGivenUp, (state) =>
        Effect.map(queue.groups(state, { authority, limit: 100 }), (groups) =>
          groups.map(({ authority, cause, items }) => ({ authority, cause, items }))
        )
      ),
      holding: queue.holding(authority),
      removals: Effect.map(queue.removals(authority, 0), (removals) => removals.map(({ count }) => count)),
      nextDue: queue.nextDue(authority),
      waits: Effect.flatMap(queue.list(authority, { limit: 100 }), (items) =>
        Effect.map(
          queue.waitsFor(
            authority,
            items.map(({ id }) => id)
          ),
          (waits) => [...waits.values()].map((each) => each.map(({ because, name, state }) => [because, name, state]))
        )
      )
    })
  )
  for (const { authority, counts, groups, items } of queues) {
    assert.deepStrictEqual(
      groups.map((each) => each.reduce((sum, { items }) => sum + items, 0)),
      statesGivenUp.map((state) => counts[state])
    )
    for (const item of items) {
      const shown = yield* queue.show(authority, item.id)
      assert.deepStrictEqual(Option.getOrNull(shown)?.item, item)
    }
    const count = (state: string) => items.filter((item) => item.state === state).length
    assert.deepStrictEqual(counts, {
      waiting: count("waiting"),
      inFlight: count("in_flight"),
      held: count("held"),
      dead: count("dead")
    })
  }
  return queues.map((one) => ({ ...one, previous: Object.fromEntries(previous) }))
})

const arrivalOf = (progress: Progress, change: Change, now: number): Arrival => {
  const { object, removed, to } = change
  const version = `v${++progress.versions}`
  const changed = object > 2 ? groupOf(progress, change, version) : userOf(progress, change, version)
  if (changed._tag === "ChangedUser") progress.states.set(object, ListenerObject.userState(changed))
  if (changed._tag === "ChangedGroup") progress.states.set(object, ListenerObject.groupState(changed))
  if (object <= 2) progress.names.push(change.name)
  for (const authority of to) {
    const key = `${authority} ${ListenerObject.objectKey(changed)}`
    progress.newest.set(key, versionOf(changed))
    progress.discarded.delete(key)
    if (changed._tag === "RemovedUser") progress.removed.add(key)
    else progress.removed.delete(key)
  }
  return arrival(version, changed, {
    to,
    entry: {
      _tag: "Decided",
      at: 0,
      kind: ListenerObject.isUser(changed) ? "user" : "group",
      objectKey: ListenerObject.objectKey(changed),
      name: ListenerObject.label(changed),
      file: version,
      change: removed ? "removed" : "changed",
      recipients: to.map((authority) => ({ authority, because: [] })),
      ignored: []
    },
    remember: removed ? { _tag: "ExpireAt", at: now + 120 } : { _tag: "State", state: previousUser(version) }
  })
}

const groupOf = (progress: Progress, { name, object }: Change, version: string) => {
  const previous = progress.states.get(object)
  const members = [version, ...progress.names.slice(-3).map((member) => `uid=${member}`)]
  return group(name, members, {
    id: `g${object}`,
    previous: previous === undefined || isUser(previous) ? null : previous
  })
}

const userOf = (progress: Progress, { email, name, object, recordUid, removed }: Change, version: string) => {
  const state = progress.states.get(object)
  const previous = state !== undefined && isUser(state) ? { previous: state } : {}
  return removed
    ? removedUser(`u${object}`, version, previous)
    : user(`u${object}`, name, { recordUid, email, version, ...previous })
}

const versionOf = (object: ListenerObject.ListenerObject): string => {
  if (object._tag === "ChangedGroup") return object.members[0] ?? ""
  return object._tag === "ChangedUser" ? String(object.properties.version) : ListenerObject.label(object)
}

const keyOf = (item: QueueItem): string => `${item.authority} ${item.objectKey}`

const settlementOf = (
  progress: Progress,
  item: QueueItem,
  outcome: Outcome,
  now: number
): ReadonlyArray<Settlement> => {
  if (outcome === "Keep") return []
  progress.inFlight.delete(item.id)
  if (item.stepsAside && (outcome === "Done" || outcome === "DoneWithReceipt")) {
    return [{ _tag: "SteppedAside", id: item.id }]
  }
  if (outcome === "Done" || outcome === "DoneWithReceipt") {
    progress.delivered.set(keyOf(item), versionOf(item.object))
    const receipt = outcome === "Done" ? null : `receipt of ${versionOf(item.object)}`
    return [{ _tag: "Done", id: item.id, receipt, result: "present" }]
  }
  if (outcome === "Removed") {
    progress.delivered.set(keyOf(item), versionOf(item.object))
    return [{ _tag: "Done", id: item.id, receipt: null, result: "removed" }]
  }
  if (outcome === "RetryAt") {
    const wanted = [...progress.names].filter((_, index) => index % 3 === 0)
    return [
      {
        _tag: "RetryAt",
        id: item.id,
        at: now + retryAfter,
        attempt: attempt("not now"),
        wanted,
        counts: wanted.length % 2 === 0
      }
    ]
  }
  if (outcome === "Hold") return [{ _tag: "Hold", id: item.id, reason: "too many" }]
  if (outcome === "Dead") return [{ _tag: "Dead", id: item.id, attempt: attempt("never") }]
  return [{ _tag: "Release", id: item.id }]
}

/** Stands for what a delivery says of its end. */
const entryOf = ({ authority, file, id, object, objectKey }: QueueItem): HistoryEntry => ({
  _tag: "Held",
  at: 0,
  kind: ListenerObject.isUser(object) ? "user" : "group",
  objectKey,
  name: ListenerObject.label(object),
  file,
  authority,
  item: id,
  reason: "it ended"
})

/** The newest version of every object was delivered, or is in the queue as the object's last item. */
const assertNothingLost = (progress: Progress, authority: AuthorityName, items: ReadonlyArray<QueueItem>): void => {
  const pending = new Map(items.filter(({ state }) => state !== "in_flight").map((item) => [keyOf(item), item]))
  const flying = new Map(items.filter(({ state }) => state === "in_flight").map((item) => [keyOf(item), item]))
  assert.strictEqual(pending.size + flying.size, items.length, "at most one waits, at most one is in flight")
  for (const [key, version] of progress.newest) {
    if (!key.startsWith(`${authority} `)) continue
    const item = pending.get(key) ?? flying.get(key)
    if (progress.discarded.has(key) || (item === undefined && progress.removed.has(key))) continue
    assert.strictEqual(item === undefined ? progress.delivered.get(key) : versionOf(item.object), version, key)
  }
}
