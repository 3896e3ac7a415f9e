// @effect-diagnostics globalTimers:off
// The turns of the event loop are what it is about.
/**
 * Work that is ready at the same time goes on one piece per turn of the event loop, in order. undici sends a request when
 * everything that is ready has been read: of many answers that came together, the request that follows from the first would
 * wait until what follows from all of them was done.
 */
import { Turn } from "@id-connector/core/queue/Turn"
import { Context, Effect, Layer } from "effect"

/** Does a piece of work now if it is the first one of this turn, else in one of the next turns. */
export class OnePerTurn extends Context.Tag("@id-connector/server/process/OnePerTurn")<
  OnePerTurn,
  (work: () => void) => void
>() {}

export const layer: Layer.Layer<OnePerTurn> = Layer.sync(OnePerTurn, () => {
  const waiting: Array<() => void> = []
  let isTaken = false
  const take = (work: () => void) => {
    isTaken = true
    setImmediate(nextTurn)
    work()
  }
  const nextTurn = () => {
    const work = waiting.shift()
    if (work === undefined) isTaken = false
    else take(work)
  }
  return (work) => {
    if (isTaken) waiting.push(work)
    else take(work)
  }
})

/** What waits for its turn comes after what is ready now. */
export const turn: Layer.Layer<never, never, OnePerTurn> = Layer.effect(
  Turn,
  Effect.map(OnePerTurn, (onePerTurn) => Effect.async<void>((resume) => onePerTurn(() => resume(Effect.void))))
)
