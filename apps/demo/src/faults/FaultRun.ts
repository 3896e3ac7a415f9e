/**
 * The same year delivered twice: to targets that answer, and to targets that fail, lie still, restart and forget tokens
 * while the connector is killed again and again. Both have to end the same.
 */

import { FileSystem } from "@effect/platform"
import type { HeldClass, HeldUser } from "@id-connector/testkit/simulator/KelvinSimulator"
import { Clock, Effect, Fiber, Schedule } from "effect"
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

/** How many portions the files come in. */
const portions = 40

export const run = (options: Options): Effect.Effect<Outcome, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const year = Year.make(options)
    const { progress } = options
    yield* progress(`${options.users} users, ${options.classes} classes, ${year.files.length} listener files`)
    const random = Year.generator(options.seed + 1)

    const calm = yield* newRig(options, random)
    const calmStart = yield* Clock.currentTimeMillis
    const calmLeft = yield* Effect.scoped(
      Effect.gen(function* () {
        yield* calm.start
        calm.drop(year.files, 0)
        return yield* calm.settled
      })
    )
    yield* progress(
      `undisturbed: ${seconds(calm, calmStart)} s${calmLeft.length === 0 ? "" : `, left ${calmLeft.join(", ")}`}`
    )

    const rough = yield* newRig(options, random)
    for (const { simulator } of rough.targets) disturb(simulator)
    const roughStart = yield* Clock.currentTimeMillis
    const size = Math.ceil(year.files.length / portions)
    const dropping = Effect.forEach(
      Array.from({ length: portions }, (_, index) => index * size),
      (first) =>
        Effect.zipRight(
          Effect.sync(() => rough.drop(year.files.slice(first, first + size), first)),
          Effect.sleep("500 millis")
        ),
      { discard: true }
    )
    const restarting = Effect.gen(function* () {
      const target = rough.targets[Math.floor(random() * rough.targets.length)]
      yield* Effect.sleep(3_000 + random() * 4_000)
      if (target === undefined) return
      yield* target.restart(`${200 + Math.floor(random() * 1_500)} millis`)
      target.simulator.revokeTokens()
    }).pipe(Effect.forever)
    const killing = Effect.forEach(
      Array.from({ length: options.kills }, (_, index) => index + 1),
      (nth) =>
        Effect.scoped(
          Effect.gen(function* () {
            yield* rough.start
            yield* Effect.sleep(1_000 + random() * 3_000)
          })
        ).pipe(Effect.zipRight(nth % 5 === 0 ? progress(`killed ${nth} times`) : Effect.void)),
      { discard: true }
    )
    const roughLeft = yield* Effect.scoped(
      Effect.gen(function* () {
        const restarts = yield* Effect.forkScoped(restarting)
        const files = yield* Effect.forkScoped(dropping)
        yield* killing
        yield* rough.start
        yield* Fiber.join(files)
        // Faults end with the files; what they left behind must not.
        yield* Fiber.interrupt(restarts)
        for (const { simulator } of rough.targets) simulator.clearFaults()
        yield* Effect.forkScoped(Effect.repeat(progress("waiting for the rest"), Schedule.spaced("20 seconds")))
        return yield* rough.settled
      })
    )
    const differences = [...calmLeft, ...roughLeft].map((line) => `left in the queue of ${line}`)
    for (const [index, { name, simulator }] of rough.targets.entries()) {
      const undisturbed = calm.targets[index]?.simulator.state() ?? { users: [], classes: [] }
      differences.push(...compare(name, undisturbed, simulator.state()))
      const expected = year.users[name] ?? []
      const held = undisturbed.users.map((user) => user.name).sort()
      if (JSON.stringify(held) !== JSON.stringify(expected)) {
        differences.push(`${name}: undisturbed it holds ${held.length} users, ${expected.length} are expected`)
      }
    }
    return {
      files: year.files.length,
      differences,
      deadLetters: [...calm.logged("dead letter"), ...rough.logged("dead letter")],
      targets: rough.targets.map(({ name, simulator }) => {
        const requests = simulator.requests()
        const { classes, users } = simulator.state()
        return {
          name,
          users: users.length,
          classes: classes.length,
          requests: requests.length,
          faults: requests.filter(({ status }) => status === 0 || status === 429 || status >= 500).length,
          longestPause: longestPause(requests)
        }
      }),
      calm: seconds(calm, calmStart),
      rough: seconds(rough, roughStart)
    }
  }).pipe(Effect.scoped)

const newRig = ({ executable }: Options, random: () => number) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* Effect.orDie(fs.makeTempDirectoryScoped({ prefix: "id-connector-faults-" }))
    return yield* Rig.make(directory, executable, random)
  })

/** Faults as long as they are not cleared: each of these answers comes at random. */
const disturb = (simulator: Rig.Target["simulator"]) => {
  const writes = ["POST", "PATCH", "DELETE"]
  const always = { times: Number.POSITIVE_INFINITY }
  for (const method of writes) {
    simulator.fail({
      ...always,
      method,
      path: /^\/(users|classes)/,
      probability: 0.03,
      effect: { _tag: "Status", status: 500 }
    })
    simulator.fail({ ...always, method, path: /^\/(users|classes)/, probability: 0.01, effect: { _tag: "DropAfter" } })
  }
  simulator.fail({ ...always, probability: 0.01, effect: { _tag: "Drop" } })
  simulator.fail({
    ...always,
    probability: 0.002,
    effect: { _tag: "Status", status: 503, body: "<html>Service Unavailable</html>", headers: { "retry-after": "2" } }
  })
  simulator.fail({
    ...always,
    probability: 0.002,
    effect: { _tag: "Status", status: 429, headers: { "retry-after": "1" } }
  })
  simulator.fail({ ...always, probability: 0.001, effect: { _tag: "Hang" } })
  simulator.fail({ ...always, path: "/token", probability: 0.1, effect: { _tag: "Status", status: 500 } })
}

interface Held {
  readonly users: ReadonlyArray<HeldUser>
  readonly classes: ReadonlyArray<HeldClass>
}

const compare = (name: string, expected: Held, actual: Held): ReadonlyArray<string> => [
  ...compareBy(`${name}: user`, expected.users, actual.users, (user) => user.name),
  ...compareBy(`${name}: class`, expected.classes, actual.classes, (each) => `${each.school}-${each.name}`)
]

const compareBy = <A>(
  what: string,
  expected: ReadonlyArray<A>,
  actual: ReadonlyArray<A>,
  keyOf: (object: A) => string
): ReadonlyArray<string> => {
  const wanted = new Map(expected.map((object) => [keyOf(object), JSON.stringify(object)]))
  const held = new Map(actual.map((object) => [keyOf(object), JSON.stringify(object)]))
  return [
    ...[...wanted.keys()].filter((key) => !held.has(key)).map((key) => `${what} ${key} is missing`),
    ...[...held.keys()].filter((key) => !wanted.has(key)).map((key) => `${what} ${key} should not be there`),
    ...[...wanted].flatMap(([key, text]) =>
      held.has(key) && held.get(key) !== text ? [`${what} ${key} is ${held.get(key)} instead of ${text}`] : []
    )
  ]
}

const longestPause = (
  requests: ReadonlyArray<{ readonly at: number; readonly method: string; readonly path: string }>
) => {
  const lastWrite = requests.findLastIndex(({ method, path }) => method !== "GET" && path !== "/token")
  let longest = 0
  for (let index = 1; index <= lastWrite; index++) {
    longest = Math.max(longest, (requests[index]?.at ?? 0) - (requests[index - 1]?.at ?? 0))
  }
  return longest / 1000
}

const seconds = (rig: Rig.Rig, start: number) =>
  (Math.max(...rig.targets.map(({ simulator }) => simulator.requests().at(-1)?.at ?? start)) - start) / 1000
