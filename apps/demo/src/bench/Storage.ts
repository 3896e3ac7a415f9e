/** The queue's storage without the connector around it, filled and emptied through its own front door. */
import { NodeContext } from "@effect/platform-node"
import { SqliteClient, SqliteMigrator } from "@effect/sql-sqlite-node"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import { QueueStore, type QueueStoreError } from "@id-connector/core/queue/QueueStore"
import { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { migrations } from "@id-connector/sql/Migrations"
import * as SqlQueueStore from "@id-connector/sql/SqlQueueStore"
import { Array, Context, Effect, Either, Layer } from "effect"
import * as Pupils from "./Pupils.js"
import * as Stopwatch from "./Stopwatch.js"
import * as World from "./World.js"

export interface Storage {
  /** Accepts an item for each of so many new pupils. */
  readonly fill: (count: number) => Effect.Effect<Stopwatch.Elapsed, QueueStoreError>
  /** Claims and settles so many. */
  readonly claim: (count: number) => Effect.Effect<Stopwatch.Elapsed, QueueStoreError>
}

export const claimedAtOnce = 16

const acceptedAtOnce = 500

/** As many batches are remembered as taken over before they are forgotten together. */
const batchesRemembered = 20

/** What may go wrong when it is opened or used. */
export type Failure = Effect.Effect.Error<ReturnType<typeof open>> | QueueStoreError

/** It is closed with the scope. */
export const open = (filename: string) =>
  Effect.gen(function* () {
    const store = Context.get(yield* Layer.build(layer(filename)), QueueStore)
    let pupils = 0
    const forget = store.takenOverNames.pipe(Effect.flatMap((names) => store.forget(names)))
    const fill = Effect.fnUntraced(function* (count: number) {
      const end = pupils + count
      for (let batch = 1; pupils < end; batch++) {
        const size = Math.min(acceptedAtOnce, end - pupils)
        yield* store.accept(Array.makeBy(size, (index) => arrival(pupils + index)))
        pupils += size
        if (batch % batchesRemembered === 0) yield* forget
      }
      yield* forget
      yield* store.flush
    })
    const claim = Effect.fnUntraced(function* (count: number) {
      for (let done = 0; done < count; done += claimedAtOnce) {
        const claimed = yield* store.claim(authority, claimedAtOnce)
        yield* store.settle(claimed.map(({ id }) => ({ _tag: "Done", id, receipt: null, result: "present" })))
      }
    })
    const timed = <E>(work: Effect.Effect<void, E>) =>
      Stopwatch.timed(work).pipe(
        Effect.map(([elapsed]) => elapsed),
        Effect.withTracerEnabled(false)
      )
    return { fill: (count) => timed(fill(count)), claim: (count) => timed(claim(count)) } satisfies Storage
  })

const authority = AuthorityName.make(World.authority)

const layer = (filename: string) =>
  SqlQueueStore.layer.pipe(
    Layer.provide(SqliteMigrator.layer({ loader: SqliteMigrator.fromRecord(migrations) })),
    Layer.provide(SqliteClient.layer({ filename })),
    Layer.provide(NodeContext.layer)
  )

const arrival = (index: number) => {
  const text = JSON.stringify(Pupils.file(index))
  const object = Either.getOrThrowWith(ListenerObject.decodeText(text), ({ reasons }) => new Error(reasons.join()))
  if (object._tag !== "ChangedUser") throw new Error("a user is expected")
  return {
    file: { name: `${index}`, digest: "" },
    fate: "remove" as const,
    object,
    text,
    recipients: [authority],
    sendAgain: false,
    remember: { _tag: "State" as const, state: ListenerObject.userState(object) }
  }
}
