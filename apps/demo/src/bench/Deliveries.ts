/** How fast changes reach a target that takes its time. */
import { Array, Effect } from "effect"
import { type Measure, median, number, perSecond, rates } from "./Measure.js"
import * as Pupils from "./Pupils.js"
import * as Target from "./Target.js"
import * as World from "./World.js"

/** Of twenty mixed files one is a change, the others are what the target has; and one pupil in twenty is new. */
export type Kind = "creates" | "modifies" | "unchanged" | "mixed"

export interface Step {
  readonly kind: Kind
  /** Where they are not new: not more than were delivered before. */
  readonly users: number
  readonly latency: Target.Latency
  /** The median of an odd number of times counts. */
  readonly times: number
}

export interface Course {
  /** Null: the default. */
  readonly concurrency: number | null
  /** So many are delivered first, at once, and not measured. */
  readonly before: number
  readonly steps: ReadonlyArray<Step>
}

/**
 * So many are delivered before deliveries are measured: a connector runs for weeks, and is slower in its first ten seconds, in
 * which V8 compiles it (beside it, on the processors that the target needs, too).
 */
export const warm = 8_000

const defaultConcurrency = 4

/**
 * Each step after the other. A target that takes its time is waited for, and the ratio is one of time on the wall; with one that
 * answers at once all is work, and the ratio is one of processor time.
 */
export const measure = ({ before, concurrency, steps }: Course) =>
  Effect.gen(function* () {
    const added = steps.reduce((sum, { kind, times, users }) => sum + times * newOnes(kind, users), 0)
    const world = yield* World.make(before + added)
    const target = yield* Target.start
    world.configure(target.url, { active: true, ...(concurrency === null ? {} : { concurrency }) })
    const connector = yield* world.serve
    const filesOf = changes()
    const deliver = Effect.fnUntraced(function* (kind: Kind, users: number) {
      const files = filesOf(kind, users)
      const names = yield* world.files.stage(files)
      const [elapsed, done] = yield* connector.timed(target.during(expected(kind, users), world.files.moveIn(names)))
      return { done, elapsed, files: files.length }
    })
    const connections = concurrency ?? defaultConcurrency
    const measureStep = Effect.fnUntraced(function* ({ kind, latency, times, users }: Step) {
      const isAtOnce = latency.read === 0
      const at = latency.read === latency.write ? `${latency.read}` : `${latency.read}/${latency.write}`
      const bareRequests = isAtOnce ? 2_000 : 50 * connections
      yield* target.setLatency(latency)
      const once = Effect.gen(function* () {
        const { done, elapsed, files } = yield* deliver(kind, users)
        const bare = yield* target.bareRequests(bareRequests, connections)
        const [time, bareTime] = isAtOnce ? [elapsed.processor, bare.processor] : [elapsed.millis, bare.millis]
        return {
          id: `deliver.${kind}.${users}.${at}ms.x${connections}`,
          name: `delivering ${number(users)} ${kind}, ${at} ms, concurrency ${connections}`,
          figure: `${isAtOnce ? rates(files, elapsed) : perSecond(files, elapsed.millis)}, ${(done / files).toFixed(2)} requests each`,
          limit: {
            name: `bare GETs ${isAtOnce ? rates(bareRequests, bare) : perSecond(bareRequests, bare.millis)}`,
            ratio: bareTime / bareRequests / (time / done)
          }
        }
      })
      return median(
        yield* Effect.forEach(
          Array.makeBy(times, () => once),
          (each) => each
        )
      )
    })
    yield* deliver("creates", before)
    // The target is warm by now, but who asks it for the limit is not.
    yield* target.bareRequests(8_000, connections)
    const measures: ReadonlyArray<Measure> = yield* Effect.forEach(steps, measureStep)
    const peak = yield* connector.peakMiB
    const memory: Measure = {
      id: `deliver.memory.${before + added}.x${connections}`,
      name: `peak memory, ${number(before + added)} users delivered, concurrency ${connections}`,
      figure: `${Math.round(peak)} MiB`,
      limit: null
    }
    return [...measures, memory]
  }).pipe(Effect.scoped)

/** How many pupils come in addition. */
const newOnes = (kind: Kind, users: number): number => {
  if (kind === "creates") return users
  return kind === "mixed" ? users / 20 : 0
}

/** How many requests a delivery takes: a search each, and one more where something is written. */
const expected = (kind: Kind, users: number): number => {
  if (kind === "mixed") return users + 3 * (users / 20)
  return kind === "unchanged" ? users : 2 * users
}

/** Makes the files of one delivery after the other, and remembers what was delivered. */
const changes = () => {
  const versions: Array<number> = []
  const added = (count: number) => {
    const first = versions.length
    versions.push(...Array.makeBy(count, () => 0))
    return Pupils.files(first, count)
  }
  /** The first ones, of which some are changed. */
  const known = (count: number, isChanged: (index: number) => boolean) =>
    Array.makeBy(count, (index) => {
      const version = (versions[index] ?? 0) + (isChanged(index) ? 1 : 0)
      versions[index] = version
      return Pupils.file(index, version)
    })
  return (kind: Kind, users: number): ReadonlyArray<unknown> => {
    switch (kind) {
      case "creates":
        return added(users)
      case "modifies":
        return known(users, () => true)
      case "unchanged":
        return known(users, () => false)
      case "mixed":
        return [...known(users, (index) => index % 20 === 0), ...added(users / 20)]
    }
  }
}
