// @effect-diagnostics nodeBuiltinImport:off
// The watch of a directory.
/** Signs that something has changed in the in queue's directory. */
import * as Fs from "node:fs"
import { Deferred, type Duration, Effect, FiberId, Stream } from "effect"

/** Of a burst of changes one sign is enough, in milliseconds. */
const burst = 5

/** One change, and no more. */
interface Watch {
  /** Waits for it, and until a burst is over. */
  readonly change: Effect.Effect<void>
  readonly end: () => void
}

/**
 * Emits once the directory is watched, then for every burst of changes. The watch ends with its first change, and before it
 * emits there is another one: whoever looks after a sign misses nothing, and 100,000 files cost a few watches instead of
 * 200,000 events, at 10 microseconds each. Without a sign of change it emits at this interval, and watches anew: the watch may
 * miss a change when very many files come at once, or the directory can't be watched.
 */
export const changes = (directory: string, interval: Duration.DurationInput): Stream.Stream<void> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      let isReported = false
      let watch: Watch = { change: Effect.void, end: () => undefined }
      yield* Effect.addFinalizer(() => Effect.sync(() => watch.end()))
      const fallBack = (reason: string) =>
        Effect.gen(function* () {
          if (!isReported) {
            yield* Effect.annotateLogs(
              Effect.logWarning("Cannot watch the in queue's directory. It is checked every 30 seconds instead."),
              { reason }
            )
          }
          isReported = true
          return { change: Effect.never, end: () => undefined }
        })
      return Stream.repeatEffect(
        Effect.gen(function* () {
          yield* Effect.timeoutOption(watch.change, interval)
          watch.end()
          watch = yield* Effect.catchAll(start(directory), fallBack)
        })
      )
    })
  )

const start = (directory: string): Effect.Effect<Watch, string> =>
  Effect.try({
    try: () => {
      const changed = Deferred.unsafeMake<void>(FiberId.none)
      const watcher = Fs.watch(directory, sign)
      // What breaks the watch may be a change, too.
      watcher.on("error", sign)
      return { change: Effect.zipRight(Deferred.await(changed), Effect.sleep(burst)), end: () => watcher.close() }
      function sign() {
        watcher.close()
        Deferred.unsafeDone(changed, Effect.void)
      }
    },
    catch: (cause) => (cause instanceof Error ? cause.message : String(cause))
  })
