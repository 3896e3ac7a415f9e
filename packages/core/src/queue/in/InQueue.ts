/**
 * The in queue: takes listener files from the spool directory, in the order of their names, decides who gets them and
 * hands them to the out queues. Previous states, items and the end of the files are stored together, and the files are removed
 * only after that.
 */
import { Duration, Effect, Queue, Stream } from "effect"
import { ConfigStore } from "../../config/ConfigStore.js"
import { Events } from "../../events/Events.js"
import { persistently } from "../Supervision.js"
import * as Drain from "./Drain.js"
import { Spool } from "./Spool.js"

export type Control = Drain.Control

export const makeControl = (): Control => ({
  waiting: 0,
  head: null,
  heldUp: null,
  heldBack: null,
  left: { accepted: 0, unaffected: 0, discarded: 0 }
})

/**
 * Runs the in queue for ever. Interrupting it is safe at any time: a file is removed only after what it says is stored.
 * While no school authority is configured it leaves all files alone.
 */
export const run = (control: Control) =>
  Effect.gen(function* () {
    const config = yield* ConfigStore
    const events = yield* Events
    const spool = yield* Spool
    const drain = yield* Drain.make(control)
    const signs = yield* signsOfChange
    let isReported = false

    const leaveAlone = Effect.gen(function* () {
      if (!isReported) yield* events.publish({ _tag: "NothingConfigured" })
      isReported = true
      control.waiting = (yield* persistently(spool.look)).waiting
      yield* Queue.take(signs)
    })

    // The log says each time that it failed; who looks at the queue is told, too, until it goes on.
    const showFailure = ({ message }: { readonly message: string }) =>
      Effect.sync(() => {
        control.heldUp = message
      })

    const work = Effect.gen(function* () {
      isReported = false
      const lookAgainIn = yield* persistently(Effect.tapError(drain, showFailure))
      if (lookAgainIn === null) return yield* Queue.take(signs)
      if (lookAgainIn > 0) yield* Effect.timeoutOption(Queue.take(signs), Duration.millis(lookAgainIn))
    })

    return yield* Effect.forever(
      Effect.flatMap(config.current, ({ authorities }) => (authorities.length === 0 ? leaveAlone : work))
    )
  }).pipe(Effect.scoped, Effect.annotateLogs({ module: "InQueue" }))

/** Holds something when directory or configuration may have changed. */
const signsOfChange = Effect.gen(function* () {
  const config = yield* ConfigStore
  const spool = yield* Spool
  const signs = yield* Queue.bounded<void>(1)
  // While there is a sign, nobody has to watch the directory: the next one is waited for when this one is taken.
  yield* spool.changes.pipe(
    Stream.runForEach(() => Queue.offer(signs, undefined)),
    persistently,
    Effect.forkScoped
  )
  yield* config.changes.pipe(
    Stream.runForEach(() => Effect.sync(() => signs.unsafeOffer(undefined))),
    persistently,
    Effect.forkScoped
  )
  return signs
})
