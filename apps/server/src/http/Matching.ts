/** Everything that fits is retried, or discarded: exactly what was there when it was counted. */
import { Conflict } from "@id-connector/api/ApiError"
import { say } from "@id-connector/api/ErrorSentences"
import type { ConnectorShape } from "@id-connector/core/Connector"
import type { ItemId, QueueStoreError, QueueStoreShape, StateGivenUp } from "@id-connector/core/queue/QueueStore"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { Effect } from "effect"
import type { Jobs } from "./Jobs.js"

export interface Meant {
  readonly action: "retry" | "discard"
  readonly state: StateGivenUp
  readonly group?: string
  readonly object?: string
  readonly expected?: number
}

/** More than that is done in the background. */
export const mostAtOnce = 10_000

/** Ids that are looked for at once, which takes milliseconds. */
const page = 10_000

/** Needs `By` of the context: also what is done in the background is done by whoever asked. */
export const act = (
  { connector, jobs, store }: { connector: ConnectorShape; jobs: Jobs; store: QueueStoreShape },
  authority: AuthorityName,
  { action, expected, group, object, state }: Meant
) =>
  Effect.gen(function* () {
    const chosenBy = { ...(group === undefined ? {} : { group }), ...(object === undefined ? {} : { object }) }
    const ids = yield* all((after) =>
      store.ids(authority, {
        state,
        limit: page,
        ...(after === undefined ? {} : { after }),
        ...(group === undefined ? {} : { cause: group }),
        ...(object === undefined ? {} : { object })
      })
    )
    if (expected !== undefined && ids.length > expected) {
      return yield* Effect.fail(
        new Conflict({
          ...say("more_items", { items: ids.length, expected }),
          items: ids.length
        })
      )
    }
    if (ids.length <= mostAtOnce)
      return { items: yield* connector.interveneAll(authority, { action, state, ids, chosenBy }) }
    return yield* jobs.start({ action, queue: authority, total: ids.length }, (progress) =>
      connector.interveneAll(authority, { action, state, ids, chosenBy, progress })
    )
  })

const all = (next: (after: ItemId | undefined) => Effect.Effect<ReadonlyArray<ItemId>, QueueStoreError>) =>
  Effect.gen(function* () {
    const found: Array<ItemId> = []
    while (true) {
      const ids = yield* next(found.at(-1))
      for (const id of ids) found.push(id)
      if (ids.length < page) return found
    }
  })
