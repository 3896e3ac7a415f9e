/**
 * The same year delivered twice: to targets that answer, and to targets that fail, lie still, restart and forget tokens
 * while the connector is killed again and again. Both have to end the same.
 */

import { FileSystem } from "@effect/platform"
import { Clock, Effect, Fiber, Schedule } from "effect"
import * as Comparison from "./Comparison.js"
import * as Disturbance from "./Disturbance.js"
import * as Rig from "./Rig.js"
import * as Year from "./Year.js"

export interface Options extends Year.Size {
  readonly kills: number
  readonly executable: Rig.Executable
  /** Called with what happens, now and then. */
  readonly progress: (line: string) => Effect.Effect<void>
}

export interface Outcome {
  readonly files: number
  /** Objects that differ from the undisturbed run, or from what the year says: none is expected. */
  readonly differences: ReadonlyArray<string>
  /** What the history does not have, or has twice, after the rough run and the calm one: none is expected. */
  readonly unwritten: ReadonlyArray<string>
  /** Log lines about what was given up. */
  readonly deadLetters: ReadonlyArray<string>
  readonly targets: ReadonlyArray<{
    readonly name: string
    readonly users: number
    readonly classes: number
    readonly requests: number
    /** Requests that were answered with a fault, or not at all. */
    readonly faults: number
    /** The longest time without a request until the last write, in seconds. */
    readonly longestPause: number
  }>
  /** Seconds, from the first file to the last request. */
  readonly calm: number
  readonly rough: number
}

/** How many portions the files come in, while the connector is killed. */
const portions = 40

/** A year that was delivered. */
interface Delivered {
  readonly rig: Rig.Rig
  /** When it began, in milliseconds. */
  readonly start: number
  /** What is left in the queues. */
  readonly left: ReadonlyArray<string>
}

export const run = (options: Options): Effect.Effect<Outcome, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const year = Year.make(options)
    yield* options.progress(`${options.users} users, ${options.classes} classes, ${year.files.length} listener files`)
    const random = Year.generator(options.seed + 1)
    const calm = yield* calmly(yield* newRig(options, random), year)
    const left = calm.left.length === 0 ? "" : `, left ${calm.left.join(", ")}`
    yield* options.progress(`undisturbed: ${seconds(calm)} s${left}`)
    const rough = yield* roughly(yield* newRig(options, random), year, options, random)
    const unwritten = [...(yield* rough.rig.unwritten), ...(yield* calm.rig.unwritten)]
    return outcomeOf(year, calm, rough, unwritten)
  }).pipe(Effect.scoped)

const newRig = ({ executable }: Options, random: () => number) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* Effect.orDie(fs.makeTempDirectoryScoped({ prefix: "id-connector-faults-" }))
    return yield* Rig.make(directory, executable, random)
  })

const calmly = (rig: Rig.Rig, year: Year.Year): Effect.Effect<Delivered> =>
  Effect.gen(function* () {
    const start = yield* Clock.currentTimeMillis
    yield* rig.start
    rig.drop(year.files, 0)
    return { rig, start, left: yield* rig.settled }
  }).pipe(Effect.scoped)

const roughly = (
  rig: Rig.Rig,
  year: Year.Year,
  { kills, progress }: Options,
  random: () => number
): Effect.Effect<Delivered> =>
  Effect.gen(function* () {
    for (const { simulator } of rig.targets) Disturbance.failing(simulator)
    const start = yield* Clock.currentTimeMillis
    const restarts = yield* Effect.forkScoped(Disturbance.restarting(rig, random))
    const files = yield* Effect.forkScoped(dropSlowly(rig, year))
    yield* Disturbance.killing(rig, kills, random, progress)
    yield* rig.start
    yield* Fiber.join(files)
    // Faults end with the files; what they left behind must not.
    yield* Fiber.interrupt(restarts)
    for (const { simulator } of rig.targets) simulator.clearFaults()
    yield* Effect.forkScoped(Effect.repeat(progress("waiting for the rest"), Schedule.spaced("20 seconds")))
    return { rig, start, left: yield* rig.settled }
  }).pipe(Effect.scoped)

const dropSlowly = (rig: Rig.Rig, { files }: Year.Year) => {
  const size = Math.ceil(files.length / portions)
  return Effect.forEach(
    Array.from({ length: portions }, (_, index) => index * size),
    (first) =>
      Effect.zipRight(
        Effect.sync(() => rig.drop(files.slice(first, first + size), first)),
        Effect.sleep("500 millis")
      ),
    { discard: true }
  )
}

const outcomeOf = (year: Year.Year, calm: Delivered, rough: Delivered, unwritten: ReadonlyArray<string>): Outcome => ({
  files: year.files.length,
  differences: [
    ...[...calm.left, ...rough.left].map((line) => `left in the queue of ${line}`),
    ...rough.rig.targets.flatMap(({ name, simulator }, index) => {
      const undisturbed = calm.rig.targets[index]?.simulator.state() ?? { users: [], classes: [] }
      return [
        ...Comparison.differences(name, undisturbed, simulator.state()),
        ...Comparison.unexpected(name, year.users[name] ?? [], undisturbed)
      ]
    })
  ],
  unwritten,
  deadLetters: [calm, rough].flatMap(({ rig }) => rig.logged("dead letter")),
  targets: rough.rig.targets.map(({ name, simulator }) => {
    const requests = simulator.requests()
    const { classes, users } = simulator.state()
    return {
      name,
      users: users.length,
      classes: classes.length,
      requests: requests.length,
      faults: requests.filter(({ status }) => status === 0 || status === 429 || status >= 500).length,
      longestPause: Comparison.longestPause(requests)
    }
  }),
  calm: seconds(calm),
  rough: seconds(rough)
})

const seconds = ({ rig, start }: Delivered) =>
  (Math.max(...rig.targets.map(({ simulator }) => simulator.requests().at(-1)?.at ?? start)) - start) / 1000
