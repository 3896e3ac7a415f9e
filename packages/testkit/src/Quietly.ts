/** Programs whose log nobody is to read. */
import { Effect, FiberRef, HashSet, Logger, LogLevel } from "effect"

/**
 * The program without Effect's default logger, so that nothing is printed. Loggers that were added hear everything, down to what
 * is logged for nobody but a developer.
 */
export const quietly = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  effect.pipe(
    Logger.withMinimumLogLevel(LogLevel.All),
    Effect.locallyWith(FiberRef.currentLoggers, HashSet.remove(Logger.defaultLogger))
  )
