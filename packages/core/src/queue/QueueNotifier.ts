/** Wakes out queues when items arrived for them, so that nobody has to poll. */
import { Context, Effect, Layer, PubSub, type Queue, type Scope } from "effect"
import type { AuthorityName } from "../schools/SchoolAuthority.js"

export interface QueueNotifierShape {
  readonly ring: (authorities: Iterable<AuthorityName>) => Effect.Effect<void>
  /** Every ring, for whichever authority, from now on. */
  readonly rings: Effect.Effect<Queue.Dequeue<AuthorityName>, never, Scope.Scope>
}

export class QueueNotifier extends Context.Tag("@id-connector/core/queue/QueueNotifier")<
  QueueNotifier,
  QueueNotifierShape
>() {}

export const layer: Layer.Layer<QueueNotifier> = Layer.effect(
  QueueNotifier,
  Effect.map(PubSub.unbounded<AuthorityName>(), (hub) => ({
    ring: (authorities) => PubSub.publishAll(hub, authorities),
    rings: PubSub.subscribe(hub)
  }))
)
