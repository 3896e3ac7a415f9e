/** The queues and their items, for the API. */
import { HttpApiBuilder } from "@effect/platform"
import { Api } from "@id-connector/api/Api"
import { Failed, NotFound } from "@id-connector/api/ApiError"
import type { Item, Queue } from "@id-connector/api/QueuesApi"
import { Connector, type QueueStatus } from "@id-connector/core/Connector"
import { ConfigStore, type Configuration } from "@id-connector/core/config/ConfigStore"
import { subjectOf } from "@id-connector/core/events/ConnectorEvent"
import { type ItemId, type QueueItem, QueueStore, type QueueStoreError } from "@id-connector/core/queue/QueueStore"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { Clock, Effect, Option } from "effect"
import { iso } from "./Time.js"

/** What the in queue is called. */
const inQueueName = "InQueue"

/** A page that is reloaded all the time must not keep the storage busy, in milliseconds. */
const remembered = 200

const storageFails = ({ message }: QueueStoreError) => new Failed({ detail: message })

const noQueue = (name: string) =>
  new NotFound({
    detail: `There is no queue ${JSON.stringify(name.slice(0, 200))}. GET /queues lists those there are.`
  })

const noItem = (id: ItemId) =>
  new NotFound({
    detail: `There is no item ${id} in this queue that this can be done with. It may be delivered by now.`
  })

export const layer = HttpApiBuilder.group(Api, "queues", (handlers) =>
  Effect.gen(function* () {
    const config = yield* ConfigStore
    const connector = yield* Connector
    const store = yield* QueueStore

    let last: { readonly at: number; readonly of: Configuration; readonly queues: ReadonlyArray<QueueStatus> } | null =
      null
    const statusOf = (configuration: Configuration) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        if (last !== null && last.of === configuration && now - last.at < remembered) return last.queues
        const queues = yield* connector.status
        last = { at: now, of: configuration, queues }
        return queues
      })
    const all = Effect.gen(function* () {
      const { head, waiting } = yield* connector.inQueue
      const configuration = yield* config.current
      const status = yield* statusOf(configuration)
      const first: typeof Queue.Type = { name: inQueueName, head: head ?? "", length: waiting, school_authority: "" }
      const out = configuration.authorities.flatMap(({ active, name }): ReadonlyArray<typeof Queue.Type> => {
        if (!active) return []
        const queue = status.find(({ authority }) => authority === name)
        const length = queue === undefined ? 0 : queue.waiting + queue.inFlight
        return [{ name, head: queue?.report?.head ?? "", length, school_authority: name }]
      })
      return [first, ...out]
    }).pipe(Effect.mapError(storageFails))

    /** The authority of an out queue. Those of inactive ones can be looked into, too. */
    const queueOf = (name: string): Effect.Effect<AuthorityName, NotFound> =>
      Effect.flatMap(config.current, ({ authorities }) => {
        const found = authorities.find((authority) => authority.name === name)
        return found === undefined ? Effect.fail(noQueue(name)) : Effect.succeed(found.name)
      })

    const counted = (id: ItemId, items: number) => (items === 0 ? Effect.fail(noItem(id)) : Effect.succeed({ items }))

    return handlers
      .handle("list", () => all)
      .handle("get", ({ path: { name } }) =>
        Effect.flatMap(all, (queues) => {
          const queue = queues.find((queue) => queue.name === name)
          return queue === undefined ? Effect.fail(noQueue(name)) : Effect.succeed(queue)
        })
      )
      .handle("items", ({ path: { name }, urlParams }) =>
        Effect.gen(function* () {
          const items = yield* Effect.mapError(store.list(yield* queueOf(name), urlParams), storageFails)
          return items.map(itemOf)
        })
      )
      .handle("item", ({ path: { id, name } }) =>
        Effect.gen(function* () {
          const shown = yield* Effect.mapError(store.show(yield* queueOf(name), id), storageFails)
          if (Option.isNone(shown)) return yield* Effect.fail(noItem(id))
          const { attempts, item } = shown.value
          return {
            ...itemOf(item),
            history: attempts.map(({ at, error, evidence }) => ({ at: iso(at), error, evidence }))
          }
        })
      )
      .handle("retryItem", ({ path: { id, name } }) =>
        Effect.gen(function* () {
          return yield* counted(id, yield* Effect.mapError(connector.retry(yield* queueOf(name), [id]), storageFails))
        })
      )
      .handle("discardItem", ({ path: { id, name } }) =>
        Effect.gen(function* () {
          return yield* counted(id, yield* Effect.mapError(connector.discard(yield* queueOf(name), [id]), storageFails))
        })
      )
      .handle("pause", ({ path: { name } }) =>
        Effect.flatMap(queueOf(name), (authority) =>
          Effect.as(Effect.mapError(connector.pause(authority), storageFails), { paused: true })
        )
      )
      .handle("resume", ({ path: { name } }) =>
        Effect.flatMap(queueOf(name), (authority) =>
          Effect.as(Effect.mapError(connector.resume(authority), storageFails), { paused: false })
        )
      )
      .handle("retryAll", ({ path: { name }, urlParams: { state } }) =>
        Effect.gen(function* () {
          return { items: yield* Effect.mapError(connector.retryAll(yield* queueOf(name), state), storageFails) }
        })
      )
  })
)

const itemOf = (item: QueueItem): typeof Item.Type => {
  const { kind, name } = subjectOf(item.object)
  return {
    id: item.id,
    object: `${kind} ${name}`,
    object_key: item.objectKey,
    change: item.object._tag === "ChangedUser" || item.object._tag === "ChangedGroup" ? "changed" : "removed",
    file: item.file,
    state: item.state,
    attempts: item.attempts,
    available_at: item.availableAt === 0 ? null : iso(item.availableAt),
    last_error: item.lastError
  }
}
