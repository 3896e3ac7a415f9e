/**
 * Tries a configuration out: the whole connector, from the in queue to the plugins, on a time of its own and simulated targets.
 * What came of it is a value that says what was decided and why, what was sent, and what each target has in the end.
 */

import { QueueStore } from "@id-connector/core/queue/QueueStore"
import { Plugins } from "@id-connector/core/targets/Plugin"
import { Context, Duration, Effect, Exit, Layer, Scope } from "effect"
import { MemorySpool } from "../memory/MemorySpool.js"
import * as KelvinSimulator from "../simulator/KelvinSimulator.js"
import * as Input from "./Input.js"
import * as InputShape from "./InputShape.js"
import * as Mirror from "./Mirror.js"
import type { Outcome } from "./Outcome.js"
import * as Outcomes from "./Outcomes.js"
import * as Recorder from "./Recorder.js"
import * as Script from "./Script.js"
import * as VirtualTime from "./VirtualTime.js"
import * as World from "./World.js"

export type { Input, InputInvalid, TargetInput } from "./Input.js"
export type { Outcome } from "./Outcome.js"
export type { Fault } from "./Script.js"

export interface Harness {
  /** Puts changes into the in queue, see `Input.changes`. */
  readonly drop: (...changes: ReadonlyArray<unknown>) => Effect.Effect<void>
  /** Lets so much time pass. */
  readonly advance: (time: Duration.DurationInput) => Effect.Effect<void>
  /**
   * Lets time pass until everything is delivered or given up, or nothing will be: a queue that is paused until somebody does
   * something. Longest `limit` (default one hour): the outcome says what still waits, and why.
   */
  readonly settle: (limit?: Duration.DurationInput) => Effect.Effect<void>
  /** Ends the connector and starts it again on what it has stored. */
  readonly restart: Effect.Effect<void>
  readonly outcome: Effect.Effect<Outcome>
}

/** A world that is still, until it is told what to do. */
export const make = (input: Input.Input): Effect.Effect<Harness, Input.InputInvalid, Scope.Scope> =>
  Effect.gen(function* () {
    const read = yield* Input.read(input)
    const time = VirtualTime.make(read.start, input.seed ?? "harness")
    const recorder = Recorder.make(time.now)
    const targets = new Map<string, Recorder.Reached>()
    const byAuthority = new Map<string, Recorder.Reached>()
    for (const { authority, file, host } of read.authorities) {
      const { faults = [], ...options } = input.targets?.[authority.name] ?? {}
      const isReal = input.real?.authorities.includes(authority.name) === true
      const simulator = yield* time.run(
        KelvinSimulator.make({
          ...World.defaults(authority.name, file, input),
          ...(isReal ? { schools: [] } : {}),
          ...options
        })
      )
      const mirror = isReal ? Mirror.make(simulator, time) : null
      const target = { simulator, script: Script.make(faults, read.start), mirror }
      byAuthority.set(authority.name, target)
      targets.set(host, target)
    }
    const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => time.run(Scope.close(scope, Exit.void)))
    const stores = yield* time.run(
      Effect.orDie(Layer.buildWithScope(World.stores(input, read, recorder, targets, time), scope))
    )
    const spool = Context.get(stores, MemorySpool)
    let running = yield* time.run(World.start(stores))
    yield* Effect.addFinalizer(() => time.run(Scope.close(running.scope, Exit.void)))
    let dropped = 0

    const isQuiet = Effect.gen(function* () {
      const files = (yield* spool.names).filter((name) => name.endsWith(".json"))
      const queues = yield* Effect.orDie(running.connector.status)
      return files.length === 0 && queues.every(Outcomes.isAtRest)
    })

    const settle = (limit: Duration.DurationInput = "1 hour") =>
      Effect.gen(function* () {
        const until = time.now() + Duration.toMillis(InputShape.duration("settle", limit))
        yield* time.settle
        while (!(yield* time.run(isQuiet)) && (yield* time.step(until)));
      })

    const harness: Harness = {
      drop: (...changes) =>
        time
          .run(
            Effect.forEach(Input.files(changes, dropped + 1), ({ content, file }) => spool.put(file, content), {
              discard: true
            })
          )
          .pipe(
            Effect.zipRight(
              Effect.sync(() => {
                dropped += changes.length
              })
            )
          ),
      advance: (duration) =>
        Effect.suspend(() => time.run(Effect.sleep(InputShape.duration("advance", duration)))).pipe(
          Effect.zipRight(time.settle)
        ),
      settle,
      restart: Effect.gen(function* () {
        yield* time.run(Scope.close(running.scope, Exit.void))
        running = yield* time.run(World.start(stores))
        yield* time.settle
      }),
      outcome: time.run(
        Effect.suspend(() => Effect.orDie(running.connector.status)).pipe(
          Effect.flatMap((status) =>
            Outcomes.make({
              authorities: read.authorities.map(({ authority }) => authority),
              mapping: input.mapping,
              hasDirectory: input.directory !== undefined,
              recorder,
              targets: byAuthority,
              plugins: Context.get(stores, Plugins),
              store: Context.get(stores, QueueStore),
              status
            })
          )
        )
      )
    }
    return harness
  })

/** Everything is dropped at once, and delivered. */
export const run = (input: Input.Input): Effect.Effect<Outcome, Input.InputInvalid> =>
  Effect.scoped(
    Effect.gen(function* () {
      const harness = yield* make(input)
      yield* harness.drop(...(input.changes ?? []))
      yield* harness.settle()
      return yield* harness.outcome
    })
  )

/** {@link run} for who does not use Effect. Rejects with `InputInvalid`. */
export const promise = (input: Input.Input): Promise<Outcome> => Effect.runPromise(run(input))
