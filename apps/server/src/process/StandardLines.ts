// @effect-diagnostics nodeBuiltinImport:off globalTimers:off
// This is about the process's own output.
/** Long output of a command: written as fast as it is read, and not longer than somebody reads it (`| head`). */
import process from "node:process"
import { Data, Effect, Stream } from "effect"

/** Standard output can't be written: the disk is full, for one. */
export class OutputUnusable extends Data.TaggedError("OutputUnusable")<{ readonly message: string }> {}

/** Lasts until the text was passed on. Answers whether somebody reads still. */
const write = (text: string): Effect.Effect<boolean, OutputUnusable> =>
  Effect.async((resume) => {
    process.stdout.write(text, (problem) =>
      resume(
        problem === null || problem === undefined
          ? Effect.succeed(true)
          : Object(problem).code === "EPIPE"
            ? Effect.succeed(false)
            : new OutputUnusable({ message: `Standard output can't be written: ${problem.message}.` })
      )
    )
  })

const heard = () => undefined

/** What `write` is told is an event, too, a moment later: one that nobody hears would end the process. */
const hearing = Effect.acquireRelease(
  Effect.sync(() => process.stdout.on("error", heard)),
  () => Effect.sync(() => setImmediate(() => process.stdout.off("error", heard)))
)

/** Takes no more than is read, and ends without a word when nobody reads any more. */
export const print = <E, R>(lines: Stream.Stream<string, E, R>): Effect.Effect<void, E | OutputUnusable, R> =>
  Stream.unwrapScoped(
    Effect.as(
      hearing,
      Stream.chunks(lines).pipe(
        Stream.mapEffect((some) => write([...some].map((line) => `${line}\n`).join(""))),
        Stream.takeWhile((isRead) => isRead)
      )
    )
  ).pipe(Stream.runDrain)
