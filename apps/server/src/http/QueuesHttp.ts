/** The queues and their items, for the API. */

import { HttpApiBuilder } from "@effect/platform"
import { Api } from "@id-connector/api/Api"
import { Failed, NotFound } from "@id-connector/api/ApiError"
import { Connector, type ConnectorShape, type QueueStatus } from "@id-connector/core/Connector"
import { ConfigStore, type Configuration } from "@id-connector/core/config/ConfigStore"
import * as MonotonicClock from "@id-connector/core/queue/MonotonicClock"
import { type ItemId, QueueStore, type QueueStoreError } from "@id-connector/core/queue/QueueStore"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { Effect } from "effect"
import * as ByWhom from "./ByWhom.js"
import * as ShownQueues from "./ShownQueues.js"

export const layer = HttpApiBuilder.group(Api, "queues", (handlers) =>
  Effect.gen(function* () {
    const config = yield* ConfigStore
    const connector = yield* Connector
    const store = yield* QueueStore
    const statusesOf = recentStatuses(connector)

    const queues = Effect.gen(function* () {
      const inQueue = yield* connector.inQueue
      const configuration = yield* config.current
      return ShownQueues.queues(inQueue, configuration.authorities, yield* statusesOf(configuration))
    }).pipe(Effect.mapError(storageFails))

    const queue = (name: string) =>
      Effect.flatMap(queues, (all) => {
        const found = all.find((queue) => queue.name === name)
        return found === undefined ? Effect.fail(noQueue(name)) : Effect.succeed(found)
      })

    const authorityOf = (name: string): Effect.Effect<AuthorityName, NotFound | Failed> =>
      Effect.gen(function* () {
        const { absent, authorities } = yield* config.current
        const stored = yield* Effect.mapError(store.authorities, storageFails)
        const found = [...authorities.map((authority) => authority.name), ...absent.keys(), ...stored].find(
          (other) => other === name
        )
        return found === undefined ? yield* Effect.fail(noQueue(name)) : found
      })

    /** Those of authorities that are inactive or not configured can be looked into, too. */
    const withQueue = <A>(name: string, use: (authority: AuthorityName) => Effect.Effect<A, QueueStoreError>) =>
      Effect.flatMap(authorityOf(name), (authority) => Effect.mapError(use(authority), storageFails))

    /** What an administrator does: the log says who. */
    const intervene = <A>(name: string, use: (authority: AuthorityName) => Effect.Effect<A, QueueStoreError>) =>
      ByWhom.logged(withQueue(name, use))

    return handlers
      .handle("list", () => queues)
      .handle("get", ({ path: { name } }) => queue(name))
      .handle("items", ({ path: { name }, urlParams }) =>
        withQueue(name, (authority) =>
          Effect.gen(function* () {
            const items = yield* store.list(authority, urlParams)
            const waits = yield* store.waitsFor(authority, ids(items))
            return items.map((item) => ShownQueues.item(item, waits.get(item.id)))
          })
        )
      )
      .handle("item", ({ path: { id, name } }) =>
        withQueue(name, (authority) => Effect.zip(store.show(authority, id), store.waitsFor(authority, [id]))).pipe(
          Effect.flatMap(([shown, waits]) =>
            Effect.mapBoth(shown, {
              onFailure: () => noItem(id),
              onSuccess: (found) => ShownQueues.details(found, waits.get(id))
            })
          )
        )
      )
      .handle("retryItem", ({ path: { id, name } }) =>
        intervene(name, (authority) => connector.retry(authority, [id])).pipe(Effect.flatMap(thisOne(id)))
      )
      .handle("discardItem", ({ path: { id, name } }) =>
        intervene(name, (authority) => connector.discard(authority, [id])).pipe(Effect.flatMap(thisOne(id)))
      )
      .handle("discardAll", ({ path: { name }, urlParams: { state } }) =>
        intervene(name, (authority) => connector.discardAll(authority, state)).pipe(Effect.map((items) => ({ items })))
      )
      .handle("pause", ({ path: { name } }) => Effect.as(intervene(name, connector.pause), { paused: true }))
      .handle("resume", ({ path: { name } }) => Effect.as(intervene(name, connector.resume), { paused: false }))
      .handle("retryAll", ({ path: { name }, urlParams: { state } }) =>
        intervene(name, (authority) => connector.retryAll(authority, state)).pipe(Effect.map((items) => ({ items })))
      )
  })
)

/** A page that is reloaded all the time must not keep the storage busy, in milliseconds. */
const remembered = 200

/** The status of all out queues, as it was a moment ago, unless the configuration has changed since. */
const recentStatuses = (connector: ConnectorShape) => {
  let last: { readonly at: number; readonly of: Configuration; readonly statuses: ReadonlyArray<QueueStatus> } | null =
    null
  return Effect.fnUntraced(function* (configuration: Configuration) {
    const now = yield* MonotonicClock.currentTimeMillis
    if (last !== null && last.of === configuration && now - last.at < remembered) return last.statuses
    const statuses = yield* connector.status
    last = { at: now, of: configuration, statuses }
    return statuses
  })
}

const ids = (items: ReadonlyArray<{ readonly id: ItemId }>): ReadonlyArray<ItemId> => items.map(({ id }) => id)

const storageFails = ({ message }: QueueStoreError) => new Failed({ detail: message })

const noQueue = (name: string) =>
  new NotFound({
    detail: `There is no queue ${JSON.stringify(name.slice(0, 200))}. GET /queues lists those there are.`
  })

const noItem = (id: ItemId) =>
  new NotFound({
    detail: `There is no item ${id} in this queue, or its state does not allow this. Perhaps it has been delivered meanwhile.`
  })

const thisOne =
  (id: ItemId) =>
  (items: number): Effect.Effect<{ readonly items: number }, NotFound> =>
    items === 0 ? Effect.fail(noItem(id)) : Effect.succeed({ items })
