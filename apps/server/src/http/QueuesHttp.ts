/** The queues and their items, for the API. */

import { HttpApiBuilder } from "@effect/platform"
import { Api } from "@id-connector/api/Api"
import { Failed, NotFound, Unacceptable } from "@id-connector/api/ApiError"
import { say, told } from "@id-connector/api/ErrorSentences"
import { Connector, type ConnectorShape, type QueueStatus } from "@id-connector/core/Connector"
import { ConfigStore, type Configuration } from "@id-connector/core/config/ConfigStore"
import * as MonotonicClock from "@id-connector/core/queue/MonotonicClock"
import {
  type Group,
  type ItemId,
  QueueStore,
  type QueueStoreError,
  type StateGivenUp
} from "@id-connector/core/queue/QueueStore"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { Effect, Option } from "effect"
import * as ByWhom from "./ByWhom.js"
import * as Jobs from "./Jobs.js"
import * as Matching from "./Matching.js"
import * as ShownGroups from "./ShownGroups.js"
import * as ShownQueues from "./ShownQueues.js"

export const layer = HttpApiBuilder.group(Api, "queues", (handlers) =>
  Effect.gen(function* () {
    const config = yield* ConfigStore
    const connector = yield* Connector
    const store = yield* QueueStore
    const jobs = yield* Jobs.make
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

    const sampleOf = ({ authority, sample }: Group) =>
      Effect.map(
        store.show(authority, sample),
        Option.match({ onNone: () => null, onSome: ({ item }) => ShownQueues.item(item) })
      )

    /** Without a body it is done before the answer, however long it takes: that is what scripts wait for. */
    const act = (
      name: string,
      action: Matching.Meant["action"],
      state: StateGivenUp,
      body: Omit<Matching.Meant, "action" | "state"> | null
    ) => {
      if (body === null) {
        const all = action === "retry" ? connector.retryAll : connector.discardAll
        return Effect.map(
          intervene(name, (authority) => all(authority, state)),
          (items) => ({ items })
        )
      }
      return Effect.flatMap(authorityOf(name), (authority) =>
        Effect.mapError(
          ByWhom.logged(Matching.act({ connector, jobs, store }, authority, { ...body, action, state })),
          (error) => (error._tag === "QueueStoreError" ? storageFails(error) : error)
        )
      )
    }

    return handlers
      .handle("list", () => queues)
      .handle("get", ({ path: { name } }) => queue(name))
      .handle("items", ({ path: { name }, urlParams }) =>
        withQueue(name, (authority) =>
          Effect.gen(function* () {
            const { group, ...filter } = urlParams
            const items = yield* store.list(authority, { ...filter, ...(group === undefined ? {} : { cause: group }) })
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
      .handle("discardAll", ({ path: { name }, payload, urlParams }) => {
        const state = payload?.state ?? urlParams.state
        return state === undefined ? Effect.fail(noState) : act(name, "discard", state, payload)
      })
      .handle("groups", ({ path: { name }, urlParams: { limit, state } }) =>
        withQueue(name, (authority) =>
          Effect.flatMap(store.groups(state, { authority, limit }), (groups) =>
            Effect.forEach(groups, (group) => Effect.map(sampleOf(group), (sample) => ShownGroups.group(group, sample)))
          )
        )
      )
      .handle("allGroups", ({ urlParams: { limit, state } }) =>
        Effect.mapError(
          Effect.flatMap(store.groups(state, { limit }), (groups) =>
            Effect.forEach(ShownGroups.together(groups), (one) =>
              Effect.map(sampleOf(one.group), (sample) => ShownGroups.groupOfAll(one, sample))
            )
          ),
          storageFails
        )
      )
      .handle("job", ({ path: { id } }) => {
        const job = jobs.get(id)
        return job === undefined ? Effect.fail(noJob(id)) : Effect.succeed(job)
      })
      .handle("pause", ({ path: { name } }) => Effect.as(intervene(name, connector.pause), { paused: true }))
      .handle("resume", ({ path: { name } }) => Effect.as(intervene(name, connector.resume), { paused: false }))
      .handle("retryAll", ({ path: { name }, payload, urlParams: { state } }) =>
        act(name, "retry", payload?.state ?? state, payload)
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

const storageFails = ({ message }: QueueStoreError) => new Failed(told(message))

const noQueue = (name: string) => new NotFound(say("no_queue", { queue: name.slice(0, 200) }))

const noState = new Unacceptable({
  problems: [{ loc: ["body", "state"], msg: "field required: dead or held", type: "value_error.missing" }]
})

const noJob = (id: string) => new NotFound(say("no_job", { job: id.slice(0, 100) }))

const noItem = (id: ItemId) => new NotFound(say("no_item", { item: id }))

const thisOne =
  (id: ItemId) =>
  (items: number): Effect.Effect<{ readonly items: number }, NotFound> =>
    items === 0 ? Effect.fail(noItem(id)) : Effect.succeed({ items })
