/** The requests that are being answered. Long work lets them go first. */
import * as MonotonicClock from "@id-connector/core/queue/MonotonicClock"
import { Context, Effect, Layer } from "effect"

export interface OpenRequestsShape {
  /** Counts a request as open while it is answered. */
  readonly during: <A, E, R>(answer: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** How many there are. */
  readonly count: () => number
  /** Whether there is one that was asked since, in milliseconds since 1970. */
  readonly hasAnySince: (time: number) => boolean
}

export class OpenRequests extends Context.Tag("@id-connector/server/process/OpenRequests")<
  OpenRequests,
  OpenRequestsShape
>() {}

export const layer: Layer.Layer<OpenRequests> = Layer.sync(OpenRequests, () => {
  /** When they were asked. */
  const open = new Map<symbol, number>()
  const begin = Effect.map(MonotonicClock.currentTimeMillis, (now) => {
    const request = Symbol()
    open.set(request, now)
    return request
  })
  const during = <A, E, R>(answer: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.acquireUseRelease(
      begin,
      () => answer,
      (request) => Effect.sync(() => open.delete(request))
    )
  return { during, count: () => open.size, hasAnySince: (time) => [...open.values()].some((asked) => asked >= time) }
})
