/** Work that several ask for at the same time and that is done once for all of them: logins, lists of schools and roles. */
import { Effect, type Exit } from "effect"

/**
 * An effect that is under way once at most: who comes meanwhile waits and shares the outcome, be it a failure. When the one
 * who runs it is interrupted, the next in line runs it.
 */
export const make = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<Effect.Effect<A, E>> =>
  Effect.map(Effect.makeSemaphore(1), (one) => {
    let outcome: Exit.Exit<A, E> | null = null
    let finished = 0
    const run = Effect.flatMap(Effect.exit(effect), (exit) => {
      outcome = exit
      finished++
      return exit
    })
    return Effect.suspend(() => {
      const seen = finished
      return one.withPermits(1)(Effect.suspend(() => (finished > seen && outcome !== null ? outcome : run)))
    })
  })
