/** Wakes out queues when items arrived for them, so that nobody has to poll. */
import { Context, Effect, Layer, PubSub, type Queue, type Scope } from "effect"
import type { AuthorityName } from "./SchoolAuthority.js"

export interface BellShape {
  readonly ring: (authorities: Iterable<AuthorityName>) => Effect.Effect<void>
  /** Every ring, for whichever authority, from now on. */
  readonly rings: Effect.Effect<Queue.Dequeue<AuthorityName>, never, Scope.Scope>
}

export class Bell extends Context.Tag("@id-connector/core/Bell")<Bell, BellShape>() {}

export const layer: Layer.Layer<Bell> = Layer.effect(
  Bell,
  Effect.map(PubSub.unbounded<AuthorityName>(), (hub) => ({
    ring: (authorities) => PubSub.publishAll(hub, authorities),
    rings: PubSub.subscribe(hub)
  }))
)
