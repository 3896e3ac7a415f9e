/**
 * Changes that come by a call instead of as files: an in queue for who embeds the connector. A change that was submitted is stored
 * when the call returns, so that nothing is lost even when the process is killed right after it.
 */
import { Clock, Context, Deferred, Effect, Layer, PubSub, Schema, Stream } from "effect"
import * as ListenerObject from "../../changes/ListenerObject.js"
import type { ConnectorEvent } from "../../events/ConnectorEvent.js"
import { Events } from "../../events/Events.js"
import * as Distribution from "../../mapping/Distribution.js"
import type { AuthorityName } from "../../schools/SchoolAuthority.js"
import { QueueStore, type QueueStoreError } from "../QueueStore.js"
import * as FilesInMemory from "./FilesInMemory.js"
import { Spool, type SpoolShape } from "./Spool.js"

/** The change is none that the connector understands. */
export class ChangeRefused extends Schema.TaggedError<ChangeRefused>()("ChangeRefused", {
  /** At least one. */
  reasons: Schema.Array(Schema.String)
}) {
  override get message() {
    return `The change can't be taken: ${this.reasons.join("; ")}.`
  }
}

/** A change that is stored. */
export interface Submitted {
  /** Names the object in the queues, see `ListenerObject.objectKey`. */
  readonly objectKey: string
  /** Who gets it. */
  readonly authorities: ReadonlyArray<AuthorityName>
  /** What would have concerned an authority, and does not. */
  readonly ignored: ReadonlyArray<string>
}

/** How it ended at one authority. `reason`: why it is a dead letter, or held back. */
export interface Ended {
  readonly authority: AuthorityName
  readonly state: "delivered" | "dead" | "held"
  readonly reason: string | null
}

export interface SubmissionsShape {
  /**
   * Takes a change, in the form of a listener file. Changes are taken in the order of the calls. Waits while a plugin holds back
   * the changes of the object.
   */
  readonly submit: (change: unknown) => Effect.Effect<Submitted, ChangeRefused>
  /** Waits until a change, or a newer one of its object, is delivered or given up everywhere. */
  readonly ended: (submitted: Submitted) => Effect.Effect<ReadonlyArray<Ended>, QueueStoreError>
}

export class Submissions extends Context.Tag("@id-connector/core/queue/in/Submissions")<
  Submissions,
  SubmissionsShape
>() {}

interface Waiting extends FilesInMemory.File {
  readonly objectKey: string
  readonly accepted: Deferred.Deferred<Submitted, ChangeRefused>
  readonly stored: Deferred.Deferred<void>
}

/** Between two looks at whether something has ended. */
const lookEvery = "50 millis"

/** The in queue, and the events of a connector that takes from it. */
export const layer: Layer.Layer<Submissions | Spool | Events, never, Events | QueueStore> = Layer.effectContext(
  Effect.gen(function* () {
    const events = yield* Events
    const store = yield* QueueStore
    const signs = yield* PubSub.sliding<void>(1)
    const files = new Map<string, Waiting>()
    /** By their files, until it is known what becomes of them. */
    const callers = new Map<string, Waiting>()
    const reader = FilesInMemory.reader(files)
    let number = 0

    const submit = (change: unknown) =>
      Effect.gen(function* () {
        const object = yield* Effect.mapError(
          ListenerObject.decode(change),
          (reasons) => new ChangeRefused({ reasons })
        )
        const now = yield* Clock.currentTimeMillis
        const waiting: Waiting = {
          text: JSON.stringify(change),
          modifiedAt: now,
          objectKey: ListenerObject.objectKey(object),
          accepted: yield* Deferred.make<Submitted, ChangeRefused>(),
          stored: yield* Deferred.make<void>()
        }
        const name = `${String(now).padStart(14, "0")}-${String(++number).padStart(9, "0")}.json`
        files.set(name, waiting)
        callers.set(name, waiting)
        yield* PubSub.publish(signs, undefined)
        yield* Deferred.await(waiting.stored)
        return yield* Effect.ensuring(
          Deferred.await(waiting.accepted),
          Effect.sync(() => callers.delete(name))
        )
      })

    const see = (event: ConnectorEvent): Effect.Effect<unknown> => {
      if (event._tag === "FileDiscarded") {
        const refused = new ChangeRefused({ reasons: event.reasons })
        return Effect.flatMap(waitingOf(event.file), ({ accepted }) => Deferred.fail(accepted, refused)).pipe(
          Effect.ignore
        )
      }
      if (event._tag !== "ChangeAccepted") return Effect.void
      const { ignored, recipients } = event.distribution
      return Effect.flatMap(waitingOf(event.file), ({ accepted, objectKey }) =>
        Deferred.succeed(accepted, {
          objectKey,
          authorities: recipients.map(({ authority }) => authority),
          ignored: ignored.map(Distribution.describeIgnored)
        })
      ).pipe(Effect.ignore)
    }

    const waitingOf = (name: string) => Effect.fromNullable(callers.get(name))

    const gone = (names: ReadonlyArray<string>) =>
      Effect.forEach(names, (name) => {
        const waiting = files.get(name)
        files.delete(name)
        return waiting === undefined ? Effect.void : Deferred.succeed(waiting.stored, undefined)
      }).pipe(Effect.as({ names, problem: null }))

    const spool: SpoolShape = {
      look: Effect.sync(() => {
        reader.startOn([...files.keys()].sort())
        return { waiting: files.size, strangers: [], directories: [] }
      }),
      next: reader.next,
      gone: reader.gone,
      remove: gone,
      settle: Effect.void,
      trash: gone,
      changes: Stream.concat(Stream.make(undefined), Stream.fromPubSub(signs))
    }

    const endedAt =
      (objectKey: string) =>
      (authority: AuthorityName): Effect.Effect<Ended, QueueStoreError> =>
        Effect.flatMap(store.list(authority, { object: objectKey, limit: 1 }), ([item]) => {
          if (item === undefined) return Effect.succeed({ authority, state: "delivered", reason: null })
          return item.state === "dead" || item.state === "held"
            ? Effect.succeed({ authority, state: item.state, reason: item.lastError })
            : Effect.delay(endedAt(objectKey)(authority), lookEvery)
        })

    const submissions: SubmissionsShape = {
      submit,
      ended: ({ authorities, objectKey }) =>
        Effect.forEach(authorities, endedAt(objectKey), { concurrency: "unbounded" })
    }
    return Context.make(Submissions, submissions).pipe(
      Context.add(Spool, spool),
      Context.add(Events, {
        ...events,
        publish: (event) => Effect.zipRight(events.publish(event), see(event)),
        publishAll: (all) => Effect.zipRight(events.publishAll(all), Effect.forEach(all, see, { discard: true }))
      })
    )
  })
)
