/**
 * What all who watch have in common: the events of the last second, and how everything is if that has changed. It runs only while
 * somebody watches, once for all of them.
 */
import type { Overview } from "@id-connector/api/OverviewApi"
import type { ConnectorEvent } from "@id-connector/core/events/ConnectorEvent"
import { Events } from "@id-connector/core/events/Events"
import {
  Chunk,
  Clock,
  Context,
  Effect,
  Layer,
  Option,
  PubSub,
  Queue,
  RcRef,
  Schedule,
  type Scope,
  Stream
} from "effect"
import * as CurrentOverview from "./CurrentOverview.js"

/** What there is to tell after a second. */
export interface Tick {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly events: ReadonlyArray<ConnectorEvent>
  /** Null: it is as it was. */
  readonly overview: typeof Overview.Type | null
}

export class Watching extends Context.Tag("@id-connector/server/http/Watching")<
  Watching,
  {
    /** A tick each second in which there is something to tell. The first comes at once and has an overview. */
    readonly ticks: Effect.Effect<Stream.Stream<Tick>, never, Scope.Scope>
  }
>() {}

const every = "1 second"

/** What is changed by hand is no event. So often it is looked at all the same, in ticks. */
const lookAgainAfter = 5

/** More of them within a second are not told one by one: the oldest are left out. */
const mostEvents = 4_096

/** Who reads slower than that misses ticks. */
const mostTicks = 16

export const layer = Layer.scoped(
  Watching,
  Effect.gen(function* () {
    const events = yield* Events
    const overview = Effect.option(yield* CurrentOverview.make)

    const running = yield* RcRef.make({
      acquire: Effect.gen(function* () {
        const hub = yield* PubSub.sliding<Tick>(mostTicks)
        const fresh = yield* Queue.sliding<ConnectorEvent>(mostEvents)
        yield* Effect.forkScoped(Stream.runForEachChunk(events.stream, (chunk) => Queue.offerAll(fresh, chunk)))
        let known = ""
        let unseen = 0
        const tick = Effect.gen(function* () {
          const happened = Chunk.toReadonlyArray(yield* Queue.takeAll(fresh))
          unseen += 1
          const isLooking = happened.length > 0 || unseen >= lookAgainAfter
          const now = isLooking ? Option.getOrNull(yield* overview) : null
          if (isLooking) unseen = 0
          const print = now === null ? known : CurrentOverview.fingerprint(now)
          const changed = print === known ? null : now
          known = print
          if (happened.length === 0 && changed === null) return
          yield* PubSub.publish(hub, { at: yield* Clock.currentTimeMillis, events: happened, overview: changed })
        })
        yield* Effect.forkScoped(Effect.schedule(tick, Schedule.spaced(every)))
        return hub
      })
    })

    return {
      ticks: Effect.gen(function* () {
        const hub = yield* RcRef.get(running)
        const later = yield* Stream.fromPubSub(hub, { scoped: true })
        const first: Tick = {
          at: yield* Clock.currentTimeMillis,
          events: [],
          overview: Option.getOrNull(yield* overview)
        }
        return Stream.concat(Stream.succeed(first), later)
      })
    }
  })
)
