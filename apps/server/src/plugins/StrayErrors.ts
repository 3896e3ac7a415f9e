// @effect-diagnostics nodeBuiltinImport:off
// These errors come to the process, not to an effect.
/**
 * What plugins begin and nobody waits for: a promise that is rejected, an exception in a callback. Node.js would end the process
 * for it, and with it the deliveries of everybody.
 */
import process from "node:process"
import { pathToFileURL } from "node:url"
import { Effect, FiberSet } from "effect"

/** As long as the scope lives. `directory`: where plugins come from; what was thrown elsewhere ends the process as ever. */
export const contain = (directory: string) =>
  Effect.gen(function* () {
    const run = yield* FiberSet.makeRuntime()
    const places = [directory, pathToFileURL(directory).href]
    const isOfPlugin = (cause: unknown) =>
      cause instanceof Error && places.some((place) => cause.stack?.includes(place) === true)
    const report = (what: string, cause: unknown) =>
      run(
        Effect.annotateLogs(Effect.logError(what), {
          reason:
            cause instanceof Error ? (cause.stack ?? cause.message).split("\n").slice(0, 2).join(" ") : String(cause)
        })
      )
    const onRejection = (cause: unknown) => {
      report(
        isOfPlugin(cause)
          ? "A promise of a plugin was rejected, and the plugin waits for it nowhere. The connector goes on; correct the plugin."
          : "A promise was rejected, and nobody waits for it: perhaps a plugin made it. The connector goes on.",
        cause
      )
    }
    const onException = (cause: unknown) => {
      if (isOfPlugin(cause)) {
        report("A plugin threw in a callback of its own. The connector goes on; correct the plugin.", cause)
        return
      }
      process.stderr.write(`${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}\n`)
      process.exit(1)
    }
    process.on("unhandledRejection", onRejection)
    process.on("uncaughtException", onException)
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        process.off("unhandledRejection", onRejection)
        process.off("uncaughtException", onException)
      })
    )
  })
