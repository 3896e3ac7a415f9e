/** Wakes the out queue of an authority when there is something for it to do, so that nobody has to poll. */
import { Context, Effect, Layer, type Scope } from "effect"
import type { AuthorityName } from "../schools/SchoolAuthority.js"

export interface QueueNotifierShape {
  /** Says that items of these authorities have arrived or changed. */
  readonly notify: (authorities: Iterable<AuthorityName>) => Effect.Effect<void>
  /** Runs `wakeUp` at each notification of the authority, until the scope ends. */
  readonly subscribe: (
    authority: AuthorityName,
    wakeUp: Effect.Effect<unknown>
  ) => Effect.Effect<void, never, Scope.Scope>
}

export class QueueNotifier extends Context.Tag("@id-connector/core/queue/QueueNotifier")<
  QueueNotifier,
  QueueNotifierShape
>() {}

export const layer: Layer.Layer<QueueNotifier> = Layer.sync(QueueNotifier, () => {
  const subscribers = new Map<AuthorityName, ReadonlyArray<Effect.Effect<unknown>>>()
  const of = (authority: AuthorityName) => subscribers.get(authority) ?? []
  return {
    notify: (authorities) => Effect.forEach([...authorities].flatMap(of), (wakeUp) => wakeUp, { discard: true }),
    subscribe: (authority, wakeUp) =>
      Effect.acquireRelease(
        Effect.sync(() => void subscribers.set(authority, [...of(authority), wakeUp])),
        () =>
          Effect.sync(() => {
            const others = of(authority).filter((other) => other !== wakeUp)
            if (others.length === 0) subscribers.delete(authority)
            else subscribers.set(authority, others)
          })
      )
  }
})
