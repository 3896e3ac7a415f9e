/** How fast listener files are taken over, and how soon others are answered meanwhile: nobody delivers. */
import { Array, Effect } from "effect"
import { type Measure, median, number, perSecond, rates } from "./Measure.js"
import * as Pupils from "./Pupils.js"
import * as Requests from "./Requests.js"
import * as Stopwatch from "./Stopwatch.js"
import * as Wait from "./Wait.js"
import * as World from "./World.js"

export interface Course {
  /** So many files first: a process that has worked for a while is faster, and listener files come all day long. */
  readonly before: number
  /** Then these, each of a pupil of its own. The median of an odd number of times counts. */
  readonly sizes: ReadonlyArray<{ readonly files: number; readonly times: number }>
}

/** The ratio is one of processor time. */
export const measure = ({ before, sizes }: Course) =>
  Effect.gen(function* () {
    const world = yield* World.make(sizes.reduce((sum, { files, times }) => sum + files * times, before))
    world.configure(nowhere, { active: false })
    const connector = yield* world.serve
    let pupils = 0
    const accept = Effect.fnUntraced(function* (count: number) {
      const names = yield* world.files.stage(Pupils.files(pupils, count))
      pupils += count
      const raw = yield* world.files.readRaw(names)
      // To move them in is not the connector's work.
      yield* connector.suspended(world.files.moveIn(names))
      const [elapsed] = yield* connector.timed(world.files.untilTaken(names))
      return {
        id: `accept.${count}`,
        name: `accepting ${number(count)} files`,
        figure: rates(count, elapsed),
        limit: { name: `read and parse ${rates(count, raw)}`, ratio: raw.processor / elapsed.processor }
      }
    })
    const first = yield* accept(before)
    const rest = yield* Effect.forEach(sizes, ({ files, times }) =>
      Effect.map(
        Effect.forEach(
          Array.makeBy(times, () => files),
          accept
        ),
        median
      )
    )
    const peak = yield* connector.peakMiB
    const measures: ReadonlyArray<Measure> = [
      // V8 compiles it, which takes as long as it takes.
      { ...first, id: "accept.just-started", name: `${first.name}, just started`, limit: null },
      ...rest,
      { id: "accept.memory", name: "peak memory, accepting", figure: `${Math.round(peak)} MiB`, limit: null }
    ]
    return measures
  }).pipe(Effect.scoped)

/** Somebody asks, and in the end SIGTERM comes in the middle of it. */
export const measureAnswers = (before: number, count: number) =>
  Effect.gen(function* () {
    const world = yield* World.make(before + 2 * count)
    const { files } = world
    world.configure(nowhere, { active: false })
    const connector = yield* world.serve
    const api = yield* connector.api
    const early = yield* files.stage(Pupils.files(0, before))
    yield* files.moveIn(early)
    yield* files.untilTaken(early)
    const names = yield* files.stage(Pupils.files(before, count))
    const asking = yield* Requests.ask(api, requestsPerSecond)
    const [{ millis }] = yield* Stopwatch.timed(Effect.zipRight(files.moveInBeside(names), files.untilTaken(names)))
    const times = yield* asking.stop
    const late = yield* files.stage(Pupils.files(before + count, count))
    yield* files.moveInBeside(late)
    yield* Wait.until("the first file is taken over", Effect.negate(files.isWaiting(late[0])))
    const ended = yield* connector.end
    const isAmid = yield* files.isWaiting(late.at(-1))
    return [
      {
        id: `accept.${count}.answers`,
        name: `GET /queues, ${requestsPerSecond} per second, while ${number(count)} files are accepted`,
        figure: `${Requests.describe(times)}; accepting ${perSecond(count, millis)}`,
        limit: null
      },
      {
        id: "accept.end",
        name: "end after SIGTERM, in the middle of accepting",
        figure: isAmid ? `${Math.round(ended)} ms` : "too fast to measure",
        limit: null
      }
    ]
  }).pipe(Effect.scoped)

const requestsPerSecond = 50

const nowhere = "https://localhost:1/ucsschool/kelvin/v1/"
